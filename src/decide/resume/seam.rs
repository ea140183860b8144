//! Where in the daemon's log a stream opened mid-way begins.

use crate::decide::resume::{Sure, listing::Listing};

/// Whole lines behind the cut one that must agree, where the stream has shown as many.
const AGREE: u64 = 4;

/// By so much in all, in nanoseconds, the times of another place must fit worse for the best to be certain.
const MARGIN: u64 = 1_000_000;

const TWINS: &str = "equal lines in quick succession hid where the new stream begins";

/// What the new stream has shown so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Its first bytes were an empty line, which every line ends with.
    pub blank: bool,
    /// When it was asked for, nanoseconds since the epoch: what it brings was stamped later.
    pub asked: u64,
    /// When the newline of its first line, which may have been cut, was received.
    pub received: u64,
    /// The whole lines after the first.
    pub whole: Vec<Shown>,
    /// They were many: no other line ends with them by chance.
    pub long_cut: bool,
    /// It came slowly enough for the daemon's log to show all of it, with stamps of the lines and not of its queue.
    pub settled: bool,
}

/// A whole line of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub hash: u64,
    /// When its newline was received, nanoseconds since the epoch.
    pub received: u64,
}

/// Returns the number of the log's line the stream's first line is, or is the end of, among those
/// from `from` on; None when the log does not show enough yet.
///
/// Equal lines are told apart by their rhythm: of all places where the text agrees it is the one
/// where the daemon's times agree best with ours.
pub fn seam(log: &Listing, from: u64, live: &Live) -> Option<(u64, Sure)> {
    let from = from.max(log.start());
    let fitting = (from..log.end()).filter(|it| fits(log, *it, live));
    let mut found: Vec<(u64, u64)> = fitting.map(|it| (misfit(log, it, live), it)).collect();
    found.sort_unstable();
    let (best, number) = *found.first()?;
    let certain = match found.get(1) {
        None => live.settled || live.long_cut || tells_itself_apart(&live.whole),
        Some((next, _)) => live.settled && next - best >= MARGIN,
    };
    let sure = if certain {
        Sure::Exact
    } else {
        Sure::Estimated(TWINS)
    };
    Some((number, sure))
}

fn fits(log: &Listing, number: u64, live: &Live) -> bool {
    let Some(mark) = log.get(number) else {
        return false;
    };
    let timely = mark.time >= live.asked || (mark.pieces && !live.blank);
    let shown = (live.whole.len() as u64).min(AGREE);
    let same = |(it, next): (&Shown, u64)| log.get(next).is_none_or(|mark| mark.hash == it.hash);
    mark.ends
        && timely
        && number + shown < log.end()
        && live.whole.iter().zip(number + 1..).all(same)
}

/// Whether no shift of the lines shown agrees with them: equal and periodic ones do.
fn tells_itself_apart(whole: &[Shown]) -> bool {
    let shifted = |by: usize| {
        whole
            .iter()
            .zip(&whole[by..])
            .all(|(a, b)| a.hash == b.hash)
    };
    let agree = usize::try_from(AGREE).unwrap_or(usize::MAX);
    whole.len() > agree && !(1..=whole.len() - agree).any(shifted)
}

/// How far the times disagree in all. A line in pieces was stamped at its first one: it says nothing.
fn misfit(log: &Listing, number: u64, live: &Live) -> u64 {
    let received = std::iter::once(live.received).chain(live.whole.iter().map(|it| it.received));
    received
        .zip(number..)
        .filter_map(|(received, number)| {
            let mark = log.get(number)?;
            (!mark.pieces).then(|| mark.time.abs_diff(received))
        })
        .fold(0, u64::saturating_add)
}
