//! Where in the daemon's log a stream opened mid-way begins.

use crate::decide::resume::{Sure, listing::Listing};

/// Whole lines behind the cut one that must agree, where the stream has shown as many.
const AGREE: u64 = 4;

const TWINS: &str = "equal lines in quick succession hid where the new stream begins";

/// What the new stream has shown so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Its first bytes were an empty line, which every line ends with.
    pub blank: bool,
    /// Hashes of the whole lines after the first, which may have been cut.
    pub whole: Vec<u64>,
    /// When it was asked for, nanoseconds since the epoch: what it brings was stamped later.
    pub asked: u64,
    /// When the newline of its first line was received.
    pub received: u64,
    /// It came slowly enough that the daemon's stamps can be trusted to the millisecond.
    pub settled: bool,
}

/// Returns the number of the log's line the stream's first line is, or is the end of, among those
/// from `from` on; None when the log does not show enough yet.
pub fn seam(log: &Listing, from: u64, live: &Live) -> Option<(u64, Sure)> {
    let from = from.max(log.start());
    let distance = |it: &u64| {
        log.get(*it)
            .map_or(u64::MAX, |mark| mark.time.abs_diff(live.received))
    };
    let fitting = || (from..log.end()).filter(|it| fits(log, *it, live));
    let nearest = fitting().min_by_key(distance)?;
    let sure = if live.settled || fitting().nth(1).is_none() {
        Sure::Exact
    } else {
        Sure::Estimated(TWINS)
    };
    Some((nearest, sure))
}

fn fits(log: &Listing, number: u64, live: &Live) -> bool {
    let Some(mark) = log.get(number) else {
        return false;
    };
    let timely = mark.time >= live.asked || (mark.pieces && !live.blank);
    let shown = (live.whole.len() as u64).min(AGREE);
    let same = |(hash, next): (&u64, u64)| log.get(next).is_none_or(|it| it.hash == *hash);
    mark.ends
        && timely
        && number + shown < log.end()
        && live.whole.iter().zip(number + 1..).all(same)
}
