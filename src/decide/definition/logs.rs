//! `logs`: how lines become journal records.

use std::time::Duration;

use crate::decide::quote::quoted;
use crate::model::service::{Logs, Multiline};

use super::{fields::Entry, findings::Findings, keys};

/// Lines above the rate that may come at once.
const BURST: u32 = 10_000;
/// Warning: much of what programs write to stderr is no error.
const STDERR_PRIORITY: u8 = 4;
const MULTILINE_LINES: u64 = 500;
const MOST_MULTILINE_LINES: u64 = 10_000;
const MULTILINE_TIMEOUT_MS: u64 = 200;
/// A line is never held back for longer than this.
const LONGEST_MULTILINE_TIMEOUT_MS: u64 = 60_000;

const PRIORITIES: [(&str, u8); 19] = [
    ("emerg", 0),
    ("alert", 1),
    ("crit", 2),
    ("err", 3),
    ("warning", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
    ("critical", 2),
    ("error", 3),
    ("warn", 4),
    ("0", 0),
    ("1", 1),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5", 5),
    ("6", 6),
    ("7", 7),
];

/// Nothing is held back and nothing joined unless it is asked for.
pub(super) fn default() -> Logs {
    Logs {
        rate: None,
        burst: BURST,
        stderr_priority: STDERR_PRIORITY,
        multiline: None,
        fields: Vec::new(),
    }
}

pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Logs> {
    let fields = entry.fields(keys::LOGS, found)?;
    let priority = |it: &Entry<'_>, found: &mut Findings| it.choice(&PRIORITIES, found);
    let logs = Logs {
        rate: fields.read("rate", found, Entry::count),
        burst: fields.read("burst", found, Entry::count).unwrap_or(BURST),
        stderr_priority: fields
            .read("stderr_priority", found, priority)
            .unwrap_or(STDERR_PRIORITY),
        multiline: fields.read("multiline", found, multiline),
        fields: fields.read("fields", found, promoted).unwrap_or_default(),
    };
    if let (None, Some(entry)) = (fields.get("rate"), fields.get("burst")) {
        entry.mistake_with(
            "`burst` without `rate` limits nothing",
            "add `rate: 1000` (lines per second)",
            found,
        );
    }
    Some(logs)
}

fn multiline(entry: &Entry<'_>, found: &mut Findings) -> Option<Multiline> {
    let fields = entry.fields(keys::MULTILINE, found)?;
    let start = fields.read("start", found, Entry::word);
    let indent = fields.read("continuation", found, |it, found| {
        it.choice(&[("indent", ())], found)
    });
    let lines = |it: &Entry<'_>, found: &mut Findings| it.whole(2..=MOST_MULTILINE_LINES, found);
    let wait =
        |it: &Entry<'_>, found: &mut Findings| it.whole(1..=LONGEST_MULTILINE_TIMEOUT_MS, found);
    let max_lines = fields
        .read("max_lines", found, lines)
        .unwrap_or(MULTILINE_LINES);
    let max_lines = usize::try_from(max_lines).unwrap_or(usize::MAX);
    let timeout = fields.read("timeout_ms", found, wait);
    let timeout = Duration::from_millis(timeout.unwrap_or(MULTILINE_TIMEOUT_MS));
    match (start, indent) {
        (Some(prefix), None) => Some(Multiline::Start {
            prefix,
            max_lines,
            timeout,
        }),
        (None, Some(())) => Some(Multiline::Indent { max_lines, timeout }),
        _ => {
            let hint = "write `start: \"[\"` (a new record starts so) or `continuation: indent`";
            entry.mistake_with(
                "`multiline` needs exactly one of `start` and `continuation`",
                hint,
                found,
            );
            None
        }
    }
}

/// Keys of JSON lines; what the journal cannot name is refused.
fn promoted(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let items = entry.items(found);
    let mut keys = Vec::new();
    for item in &items {
        let Some(key) = item.word(found) else {
            continue;
        };
        let fits = |it: char| it.is_ascii_alphanumeric() || "_.-@".contains(it);
        if key.chars().all(fits) && key.len() <= 62 {
            keys.push(key);
        } else {
            let hint = "letters, digits, `_`, `.`, `-` and `@`, at most 62 of them";
            item.mistake_with(
                format!("{} cannot become a journal field", quoted(&key)),
                hint,
                found,
            );
        }
    }
    Some(keys)
}
