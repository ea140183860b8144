//! The entries of the daemon's log become whole lines with the daemon's time of each.

use crate::decide::lines::{Lines, Whole};
use crate::model::stamp;

/// Bytes of one piece of a long line: the daemon's reader cuts there.
const PIECE: usize = 16 * 1024;

/// A stamp and the blank behind it.
const OPENING: usize = stamp::LENGTH + 1;

/// One stream of the daemon's log.
///
/// A line longer than a piece is logged as whole pieces of one stamp and a shorter rest. Behind the
/// rest docker's `json-file` log has a newline and its `local` log has none, so the shorter piece
/// is the end in itself.
#[derive(Debug, Default)]
pub struct Logged {
    lines: Lines,
    /// Of the first piece of the line under way.
    time: Option<u64>,
    pieces: u32,
    /// The piece before was a whole one, so more of its line follows.
    more: bool,
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
    /// with its newline or, cut by the daemon, after 16 KiB, or where the next one's stamp begins.
    pub fn unframed(&mut self, bytes: &[u8], mut each: impl FnMut(Dated<'_>)) {
        self.entry.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.entry);
        let mut rest = &held[..];
        while let Some(end) = entry_end(rest, self.more) {
            self.entry(&rest[..end], &mut each);
            rest = &rest[end..];
        }
        self.entry = rest.to_vec();
    }

    /// The log is read and its container has ended: lends what is left as an unterminated line.
    pub fn end(&mut self, mut each: impl FnMut(Dated<'_>)) {
        let entry = std::mem::take(&mut self.entry);
        if !entry.is_empty() {
            self.entry(&entry, &mut each);
        }
        let (time, pieces) = (self.time.take().unwrap_or(0), self.pieces > 1);
        self.pieces = 0;
        self.more = false;
        self.lines.end(|line| each(Dated { line, time, pieces }));
    }

    fn entry(&mut self, entry: &[u8], mut each: impl FnMut(Dated<'_>)) {
        let stamp = entry.get(..stamp::LENGTH).and_then(stamp::parse);
        let (time, text) = match stamp {
            Some(time) => (time, entry.get(OPENING..).unwrap_or_default()),
            None => (self.time.unwrap_or(0), entry),
        };
        if self.lines.pending() && !self.more {
            // What came last had no newline and nothing to follow: an earlier run's last words.
            self.text(b"\n", &mut each);
        }
        let rest = self.more && text.len() < PIECE && !text.ends_with(b"\n");
        self.more = text.len() >= PIECE && !text.ends_with(b"\n");
        if !text.is_empty() {
            self.time.get_or_insert(time);
            self.pieces += 1;
            self.text(text, &mut each);
        }
        if rest {
            self.text(b"\n", &mut each);
        }
    }

    fn text(&mut self, text: &[u8], each: &mut impl FnMut(Dated<'_>)) {
        let (time, pieces) = (self.time.unwrap_or(0), self.pieces > 1);
        self.lines
            .push(text, |line| each(Dated { line, time, pieces }));
        if !self.lines.pending() {
            self.time = None;
            self.pieces = 0;
        }
    }
}

/// Where the first entry ends. `rest`: it may be the rest of a long line, which no newline ends.
fn entry_end(bytes: &[u8], rest: bool) -> Option<usize> {
    let text = bytes.get(OPENING..)?;
    let within = &text[..text.len().min(PIECE)];
    let newline = memchr::memchr(b'\n', within).map(|it| it + 1);
    let next = if rest {
        stamp_in(&within[..newline.unwrap_or(within.len())])
    } else {
        None
    };
    let full = (within.len() == PIECE).then_some(PIECE);
    next.or(newline).or(full).map(|it| OPENING + it)
}

/// Where the first stamp begins.
fn stamp_in(text: &[u8]) -> Option<usize> {
    let ends = memchr::memmem::find_iter(text, b"Z ").map(|it| it + 1);
    ends.filter_map(|end| end.checked_sub(stamp::LENGTH).map(|it| (it, end)))
        .find(|(from, to)| stamp::parse(&text[*from..*to]).is_some())
        .map(|(from, _)| from)
}

#[cfg(test)]
mod tests {
    use super::{Dated, Logged, PIECE};

    const STAMP: &str = "2026-11-21T08:45:00.00000000";

    /// Lines, the second in three pieces of one stamp with or without a newline, the last without an end.
    fn entries(end: &str) -> Vec<Vec<u8>> {
        let long = "x".repeat(PIECE);
        [
            format!("{STAMP}1Z one\r\n"),
            format!("{STAMP}2Z {long}"),
            format!("{STAMP}2Z {long}"),
            format!("{STAMP}2Z 2026{end}"),
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

    fn seen(feed: impl FnOnce(&mut Logged, &mut dyn FnMut(Dated<'_>))) -> Seen {
        let mut log = Logged::default();
        let mut seen: Seen = Vec::new();
        let mut each = |it: Dated<'_>| {
            seen.push((it.line.text.len(), it.time, it.pieces, it.line.unterminated));
        };
        feed(&mut log, &mut each);
        log.end(&mut each);
        seen
    }

    #[test]
    fn framed_pieces_become_dated_lines() {
        for (size, end) in [
            (1, "\n"),
            (7, ""),
            (100, "\n"),
            (40_000, ""),
            (40_000, "\n"),
        ] {
            let found = seen(|log, each| {
                for entry in entries(end) {
                    let count = entry.chunks(size).count();
                    for (number, piece) in entry.chunks(size).enumerate() {
                        log.framed(piece, number + 1 == count, &mut *each);
                    }
                }
            });
            assert_eq!(found, expected());
        }
    }

    #[test]
    fn a_terminals_log_has_no_frames() {
        for (size, end) in [
            (1, "\n"),
            (100, ""),
            (16_384, "\n"),
            (100_000, ""),
            (100_000, "\n"),
        ] {
            let all = entries(end).concat();
            let found = seen(|log, each| {
                for piece in all.chunks(size) {
                    log.unframed(piece, &mut *each);
                }
            });
            assert_eq!(found, expected());
        }
    }

    #[test]
    fn a_line_of_whole_pieces_ends_with_an_empty_one() {
        for end in ["", "\n"] {
            let long = "x".repeat(PIECE);
            let entries = [
                format!("{STAMP}2Z {long}"),
                format!("{STAMP}2Z {end}"),
                format!("{STAMP}3Z next\n"),
            ];
            let framed = seen(|log, each| {
                for entry in &entries {
                    log.framed(entry.as_bytes(), true, &mut *each);
                }
            });
            let lengths: Vec<usize> = framed.iter().map(|it| it.0).collect();
            assert_eq!(lengths, [PIECE, 4]);
            let all = entries.concat();
            assert_eq!(seen(|log, each| log.unframed(all.as_bytes(), each)), framed);
        }
    }

    #[test]
    fn last_words_of_an_earlier_run_stay_apart() {
        let entries = [format!("{STAMP}2Z tail"), format!("{STAMP}3Z next\n")];
        let found = seen(|log, each| {
            for entry in &entries {
                log.framed(entry.as_bytes(), true, &mut *each);
            }
        });
        assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [4, 4]);
    }
}
