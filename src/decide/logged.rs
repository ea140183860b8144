//! The entries of the daemon's log become whole lines with the daemon's time of each.

use crate::decide::lines::{Lines, Whole};
use crate::model::stamp;

/// Bytes of one piece of a long line: the daemon's reader cuts there.
const PIECE: usize = 16 * 1024;

/// A stamp and the blank behind it.
const OPENING: usize = stamp::LENGTH + 1;

/// One stream of the daemon's log.
#[derive(Debug, Default)]
pub struct Logged {
    lines: Lines,
    /// Of the first piece of the line under way.
    time: Option<u64>,
    pieces: u32,
    /// The entry under way, until it is whole.
    entry: Vec<u8>,
}

/// A line of the daemon's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated<'a> {
    pub line: Whole<'a>,
    /// The daemon's stamp of its first piece, nanoseconds since the epoch.
    pub time: u64,
    /// It was logged in several pieces.
    pub pieces: bool,
}

impl Logged {
    /// Takes a piece of a framed entry; `last` when the entry ends with it.
    pub fn framed(&mut self, bytes: &[u8], last: bool, each: impl FnMut(Dated<'_>)) {
        if !last {
            self.entry.extend_from_slice(bytes);
        } else if self.entry.is_empty() {
            self.entry(bytes, each);
        } else {
            let mut entry = std::mem::take(&mut self.entry);
            entry.extend_from_slice(bytes);
            self.entry(&entry, each);
            entry.clear();
            self.entry = entry;
        }
    }

    /// Takes a piece of a terminal's log, where entries follow each other without frames: each ends
    /// with its newline or, cut by the daemon, after 16 KiB.
    pub fn unframed(&mut self, bytes: &[u8], mut each: impl FnMut(Dated<'_>)) {
        self.entry.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.entry);
        let mut rest = &held[..];
        while let Some(end) = entry_end(rest) {
            self.entry(&rest[..end], &mut each);
            rest = &rest[end..];
        }
        self.entry = rest.to_vec();
    }

    /// The log is read: lends what is left as an unterminated line.
    pub fn end(&mut self, mut each: impl FnMut(Dated<'_>)) {
        let entry = std::mem::take(&mut self.entry);
        self.entry(&entry, &mut each);
        let (time, pieces) = (self.time.take().unwrap_or(0), self.pieces > 1);
        self.pieces = 0;
        self.lines.end(|line| each(Dated { line, time, pieces }));
    }

    fn entry(&mut self, entry: &[u8], mut each: impl FnMut(Dated<'_>)) {
        let stamp = entry.get(..stamp::LENGTH).and_then(stamp::parse);
        let (time, text) = match stamp {
            Some(time) => (time, entry.get(OPENING..).unwrap_or_default()),
            None => (self.time.unwrap_or(0), entry),
        };
        if text.is_empty() {
            return;
        }
        let time = *self.time.get_or_insert(time);
        self.pieces += 1;
        let pieces = self.pieces > 1;
        self.lines
            .push(text, |line| each(Dated { line, time, pieces }));
        if !self.lines.pending() {
            self.time = None;
            self.pieces = 0;
        }
    }
}

fn entry_end(bytes: &[u8]) -> Option<usize> {
    let text = bytes.get(OPENING..)?;
    let within = &text[..text.len().min(PIECE)];
    match memchr::memchr(b'\n', within) {
        Some(end) => Some(OPENING + end + 1),
        None => (within.len() == PIECE).then_some(OPENING + PIECE),
    }
}

#[cfg(test)]
mod tests {
    use super::{Logged, PIECE};

    const STAMP: &str = "2026-11-21T08:45:00.00000000";

    /// Two lines, the second in three pieces of one stamp, the third without an end.
    fn entries() -> Vec<Vec<u8>> {
        let long = "x".repeat(PIECE);
        [
            format!("{STAMP}1Z one\r\n"),
            format!("{STAMP}2Z {long}"),
            format!("{STAMP}2Z {long}"),
            format!("{STAMP}2Z 2026\n"),
            format!("{STAMP}3Z \n"),
            format!("{STAMP}4Z tail"),
        ]
        .map(String::into_bytes)
        .to_vec()
    }

    type Seen = Vec<(usize, u64, bool, bool)>;

    fn expected() -> Seen {
        let time = crate::model::stamp::parse(format!("{STAMP}0Z").as_bytes()).unwrap();
        vec![
            (4, time + 1, false, false),
            (2 * PIECE + 4, time + 2, true, false),
            (0, time + 3, false, false),
            (4, time + 4, false, true),
        ]
    }

    #[test]
    fn framed_pieces_become_dated_lines() {
        for size in [1, 7, 100, 40_000] {
            let mut log = Logged::default();
            let mut seen: Seen = Vec::new();
            let mut each = |it: super::Dated<'_>| {
                seen.push((it.line.text.len(), it.time, it.pieces, it.line.unterminated));
            };
            for entry in entries() {
                let count = entry.chunks(size).count();
                for (number, piece) in entry.chunks(size).enumerate() {
                    log.framed(piece, number + 1 == count, &mut each);
                }
            }
            log.end(&mut each);
            assert_eq!(seen, expected());
        }
    }

    #[test]
    fn a_terminals_log_has_no_frames() {
        let all = entries().concat();
        for size in [1, 100, 16_384, 100_000] {
            let mut log = Logged::default();
            let mut seen: Seen = Vec::new();
            let mut each = |it: super::Dated<'_>| {
                seen.push((it.line.text.len(), it.time, it.pieces, it.line.unterminated));
            };
            for piece in all.chunks(size) {
                log.unframed(piece, &mut each);
            }
            log.end(&mut each);
            assert_eq!(seen, expected());
        }
    }
}
