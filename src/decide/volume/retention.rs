//! Which snapshots a purge takes away: `1h:1d:1w:4w:1y` thins out with age, `1h/4:1d/3` counts.

use std::collections::HashSet;
use std::fmt;

use crate::model::volume::outcome::Purged;
use crate::model::volume::{Snapshot, Uuid};

const MICROS: u64 = 1_000_000;
/// Steps of a pattern; more than anybody can read.
const STEPS_MOST: usize = 16;
/// Years that one step can have.
const LONGEST: u64 = 100 * 365 * 86_400;
/// Snapshots of one step.
const COUNT_MOST: u64 = 10_000;
const EXAMPLE: &str = "write 1h:1d:1w:4w:1y, steps growing from left to right, or 1h/4:1d/3 with a count on each step; units are m h d w y";

/// As typed, and as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    typed: String,
    /// Seconds, growing.
    steps: Vec<u64>,
    /// How many of each step; None: the steps are bounds.
    counts: Option<Vec<u64>>,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// Reads a pattern.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn pattern(text: &str) -> Result<Pattern, String> {
    let wrong = |what: &str| format!("invalid purge pattern {text:?}: {what}; {EXAMPLE}");
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > STEPS_MOST {
        return Err(wrong("it has too many steps"));
    }
    let counted = parts.iter().filter(|it| it.contains('/')).count();
    if counted != 0 && counted != parts.len() {
        return Err(wrong("either every step has a count or none has"));
    }
    let mut steps: Vec<u64> = Vec::new();
    let mut counts = Vec::new();
    for part in parts {
        let (step, count) = part.split_once('/').unwrap_or((part, "1"));
        let step = seconds(step).ok_or_else(|| wrong("a step is a number and a unit"))?;
        if steps.last().is_some_and(|it| *it >= step) {
            return Err(wrong("its steps do not grow"));
        }
        steps.push(step);
        let count = digits(count).filter(|it| (1..=COUNT_MOST).contains(it));
        counts.push(count.ok_or_else(|| wrong("a count is a number from 1 to 10000"))?);
    }
    Ok(Pattern {
        typed: text.to_owned(),
        steps,
        counts: (counted > 0).then_some(counts),
    })
}

fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let one = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    let number = digits(&text[..text.len() - 1])?;
    let all = number.checked_mul(one)?;
    (1..=LONGEST).contains(&all).then_some(all)
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Returns every snapshot that the pattern would not keep, oldest first, and of those which are spared all
/// the same: the newest, and what the next transfer to or from another node starts from (`common`).
/// `now` is in microseconds since the epoch.
pub fn purge(
    pattern: &Pattern,
    snapshots: &[Snapshot],
    common: &HashSet<Uuid>,
    now: u64,
) -> Vec<Purged> {
    let mut sorted: Vec<&Snapshot> = snapshots.iter().collect();
    sorted.sort_by_key(|it| (it.name.micros, it.name.before));
    let kept = match &pattern.counts {
        None => thinned(&pattern.steps, &sorted, now),
        Some(counts) => counted(&pattern.steps, counts, &sorted),
    };
    let newest = snapshots.iter().max_by_key(|it| it.subvolume.created);
    let newest = newest.map(|it| it.subvolume.uuid);
    let unkept = sorted.iter().zip(kept).filter(|it| !it.1);
    let judged = unkept.map(|(snapshot, _)| {
        let spared = if Some(snapshot.subvolume.uuid) == newest {
            Some("it is the newest")
        } else if common.contains(&snapshot.subvolume.id()) {
            Some("the next transfer starts from it")
        } else {
            None
        };
        Purged {
            snapshot: snapshot.name.clone(),
            gone: spared.is_none(),
            spared,
        }
    });
    judged.collect()
}

/// Young ones all stay; of the others the oldest of each stretch of the calendar, as long as the step they
/// have outgrown. Stretches are counted from the epoch, so that which one stays does not change with the
/// moment somebody looks.
fn thinned(steps: &[u64], sorted: &[&Snapshot], now: u64) -> Vec<bool> {
    let mut seen = HashSet::new();
    let keep = |it: &&Snapshot| {
        let age = now.saturating_sub(it.name.micros);
        let outgrown = steps.iter().rposition(|step| age > step * MICROS);
        match outgrown {
            None => true,
            Some(last) if last + 1 == steps.len() => false,
            Some(at) => seen.insert((at, it.name.micros / (steps[at] * MICROS))),
        }
    };
    sorted.iter().map(keep).collect()
}

/// The oldest of each of the last stretches that have any, as many as each step counts.
fn counted(steps: &[u64], counts: &[u64], sorted: &[&Snapshot]) -> Vec<bool> {
    let mut kept = vec![false; sorted.len()];
    for (step, count) in steps.iter().zip(counts) {
        let stretch = |it: &Snapshot| it.name.micros / (step * MICROS);
        let mut oldest: Vec<usize> = Vec::new();
        for (index, snapshot) in sorted.iter().enumerate() {
            let same = oldest.last().map(|it| stretch(sorted[*it]));
            if same != Some(stretch(snapshot)) {
                oldest.push(index);
            }
        }
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        for index in oldest.into_iter().rev().take(count) {
            kept[index] = true;
        }
    }
    kept
}

#[cfg(test)]
mod tests;
