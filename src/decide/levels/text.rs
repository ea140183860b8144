//! Level names in lines written for people.

use super::named;
use crate::model::log::Priority;

/// Words behind a time of day in which a level may stand: zone, process, thread, logger.
const WORDS: usize = 6;

/// Returns the level a line opens with, or names shortly after the time it opens with.
pub(super) fn level(head: &str) -> Option<Priority> {
    let head = head.trim_start();
    if !dated(head) {
        return opening(head);
    }
    // An access log quotes what others sent: nothing behind a quote is the writer's own word.
    let own = head.split('"').next().unwrap_or(head);
    own.split([' ', '\t'])
        .filter(|it| !it.is_empty())
        .skip(1)
        .take(WORDS)
        .find_map(standing)
}

/// Whether it begins like a date or a time of day.
fn dated(head: &str) -> bool {
    let bare = head.strip_prefix('[').unwrap_or(head);
    let first = bare.split([' ', '\t', ']']).next().unwrap_or_default();
    let digits = first.bytes().filter(u8::is_ascii_digit).count();
    let marks = first.bytes().filter(|it| b":-/.".contains(it)).count();
    // 08:45, 2026-11-21, 21/11/26, but not an address or a bare number.
    digits >= 4 && marks >= 1 && digits + marks + 4 >= first.len() && !address(first)
}

fn address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}

/// A line that begins with its level: `ERROR …`, `error: …`, `[error] …`, `WARNING:root:…`.
fn opening(head: &str) -> Option<Priority> {
    if let Some((word, _)) = head.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return named(word.trim());
    }
    let end = head.find(|it: char| !it.is_ascii_alphabetic())?;
    let (word, rest) = head.split_at(end);
    let found = named(word)?;
    let upper = word.bytes().all(|it| it.is_ascii_uppercase());
    let marked = rest.starts_with([':', '|']);
    let apart = upper && rest.starts_with([' ', '\t', ']']);
    (marked || apart).then_some(found)
}

/// A word that stands there as a level: upper case, or in brackets, or before a colon.
fn standing(word: &str) -> Option<Priority> {
    let bare = word.trim_matches(['[', ']', '(', ')', ':', '|', '-']);
    let upper = !bare.is_empty() && bare.bytes().all(|it| it.is_ascii_uppercase());
    let marked = word.starts_with('[') || word.ends_with(':');
    // A comma or a full stop makes it a word of a sentence.
    (upper || marked).then(|| named(bare)).flatten()
}
