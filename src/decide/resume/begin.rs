//! Which line of the daemon's log is the first that was not carried yet.

use crate::decide::resume::{
    Sure,
    ledger::Place,
    listing::{Listing, Mark},
};

/// How much later than we received it the daemon may stamp a line, in nanoseconds: its logger
/// reads from a queue of up to 1 MB behind the stream.
const LAG: u64 = 1_000_000_000;

/// The same for a daemon that is not held up: what counting and times must agree to, to be certain.
const PROMPT: u64 = 20_000_000;

const TWINS: &str = "equal lines left several places to go on from";
const SHORT: &str = "the daemon's log lacks lines that were carried";
const BY_TIME: &str = "none of the last lines carried is in the daemon's log";

/// Returns the number of the first line to carry. `reaches`: the log goes back to the anchor.
pub fn begin(log: &Listing, place: &Place, reaches: bool) -> (u64, Sure) {
    if place.tail.is_empty() {
        return (log.start(), Sure::Exact);
    }
    let counted = log.after + place.lines;
    if reaches && counted_fits(log, place, counted) {
        return (counted, Sure::Exact);
    }
    by_content(log, place)
        .or_else(|| by_older_lines(log, place))
        .unwrap_or_else(|| by_time(log, place))
}

/// The count alone would be fooled by a rotation among equal lines, so times and the last lines
/// must agree with it.
fn counted_fits(log: &Listing, place: &Place, counted: u64) -> bool {
    let first = log.get(log.after).map_or(0, |it| it.time);
    let head_is_there = place.lines == 0 || log.start() > 0 || first <= place.first + PROMPT;
    let compared = (counted.saturating_sub(log.start())).min(place.tail.len() as u64);
    head_is_there
        && counted <= log.end()
        && in_time(log, place, counted, PROMPT)
        && ends_with(log, counted, &place.tail, compared)
}

fn in_time(log: &Listing, place: &Place, number: u64, lag: u64) -> bool {
    let last = number.checked_sub(1).and_then(|it| log.get(it));
    last.is_none_or(|it| it.time <= place.received.saturating_add(lag))
}

/// Whether the last `count` hashes of `tail` are those of the lines before `number`.
fn ends_with(log: &Listing, number: u64, tail: &[u64], count: u64) -> bool {
    tail.iter()
        .rev()
        .take(usize::try_from(count).unwrap_or(usize::MAX))
        .zip(1..)
        .all(|(hash, back)| {
            number
                .checked_sub(back)
                .and_then(|it| log.get(it))
                .is_some_and(|it| it.hash == *hash)
        })
}

fn by_content(log: &Listing, place: &Place) -> Option<(u64, Sure)> {
    let count = place.tail.len() as u64;
    let whole = |it: &u64| it - log.start() >= count && ends_with(log, *it, &place.tail, count);
    // A rotation may have left only the end of the tail, at the log's head.
    let headless = |it: &u64| {
        let left = it - log.start();
        left < count && ends_with(log, *it, &place.tail, left)
    };
    let timely = |it: &u64| in_time(log, place, *it, LAG);
    let mut found = (log.start() + 1..=log.end()).filter(whole).filter(timely);
    let mut ends = (log.start() + 1..=log.end().min(log.start() + count))
        .rev()
        .filter(headless)
        .filter(timely);
    let old_enough = |it: &Mark| it.time <= place.received;
    match (found.next(), found.next_back(), ends.next()) {
        // The latest is the nearest to when the last line was received.
        (Some(_), Some(last), _) => Some((last, Sure::Estimated(TWINS))),
        (Some(only), None, None)
            if log.get(log.start()).is_some_and(old_enough) && singular(log, place, only) =>
        {
            Some((only, Sure::Exact))
        }
        (Some(only), None, _) => Some((only, Sure::Estimated(TWINS))),
        (None, _, end) => end.map(|it| (it, Sure::Estimated(SHORT))),
    }
}

/// Whether the only match is no chance: what follows it was stamped after the last line was
/// received, or none of the lines matched is in the log twice.
fn singular(log: &Listing, place: &Place, number: u64) -> bool {
    let newer = |it: &Mark| it.time.saturating_add(PROMPT) > place.received;
    let before_ends = log.get(number.saturating_sub(1)).is_some_and(newer);
    let once = |hash: &u64| {
        let same = |it: &u64| log.get(*it).is_some_and(|it| it.hash == *hash);
        (log.start()..log.end()).filter(same).nth(1).is_none()
    };
    before_ends || place.tail.iter().all(once)
}

/// The daemon died before it wrote the last lines down: those before them are still there.
fn by_older_lines(log: &Listing, place: &Place) -> Option<(u64, Sure)> {
    (1..place.tail.len()).rev().find_map(|count| {
        let older = &place.tail[..count];
        (log.start() + count as u64..=log.end())
            .rev()
            .filter(|it| in_time(log, place, *it, LAG))
            .find(|it| ends_with(log, *it, older, count as u64))
            .map(|it| (it, Sure::Estimated(SHORT)))
    })
}

fn by_time(log: &Listing, place: &Place) -> (u64, Sure) {
    let newer = |it: &u64| log.get(*it).is_some_and(|it| it.time > place.received);
    let first = (log.start()..log.end()).find(newer).unwrap_or(log.end());
    if first == log.start() {
        return (first, Sure::Lost);
    }
    (first, Sure::Estimated(BY_TIME))
}
