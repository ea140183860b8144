//! What one reading of the daemon's log showed of one stream: a mark per line instead of its text.

use std::collections::VecDeque;

/// Marks kept per stream; a longer log loses its oldest ones, which only counting needs.
pub const KEPT: usize = 1_000_000;

/// One whole line in the daemon's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The daemon's stamp of its first piece, nanoseconds since the epoch.
    pub time: u64,
    pub hash: u64,
    /// It ends with the bytes the new stream began with, so it may be the line the stream cut.
    pub ends: bool,
    /// It was logged in several pieces, so its time may be far older than its end.
    pub pieces: bool,
}

/// The marks of one stream, numbered from the first line of the reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Lines older than the kept ones.
    dropped: u64,
    marks: VecDeque<Mark>,
    /// Lines with a time up to the anchor: the number of the first line after it.
    pub after: u64,
}

impl Listing {
    /// Takes the next line of the log.
    pub fn push(&mut self, mark: Mark, anchor: u64) {
        // Times go back when the clock is set: only the head of the log is before the anchor.
        if mark.time <= anchor && self.after == self.end() {
            self.after += 1;
        }
        if self.marks.len() == KEPT {
            self.marks.pop_front();
            self.dropped += 1;
        }
        self.marks.push_back(mark);
    }

    /// The number behind the last line.
    pub fn end(&self) -> u64 {
        self.dropped + self.marks.len() as u64
    }

    /// The number of the oldest mark kept.
    pub fn start(&self) -> u64 {
        self.dropped
    }

    pub fn get(&self, number: u64) -> Option<&Mark> {
        let index = number.checked_sub(self.dropped)?;
        self.marks.get(usize::try_from(index).ok()?)
    }

    /// The number of the first line from `from` on that has this time and hash.
    pub fn find(&self, time: u64, hash: u64) -> Option<u64> {
        let same = |it: &Mark| it.time == time && it.hash == hash;
        let index = self.marks.iter().position(same)?;
        Some(self.dropped + index as u64)
    }
}
