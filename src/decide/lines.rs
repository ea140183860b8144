//! Bytes in any pieces become whole lines.

/// The longest line kept whole, in bytes; what is beyond is dropped and counted.
pub const LONGEST: usize = 2 * 1024 * 1024;

/// An emptied buffer keeps at most this many bytes, so that one long line does not cost memory for ever.
const KEPT: usize = 64 * 1024;

/// One stream's unfinished line.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    dropped: u64,
    open: bool,
}

/// A line without its newline, lent to whoever takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    pub text: &'a [u8],
    /// Bytes beyond [`LONGEST`], dropped but counted.
    pub truncated: u64,
    /// The stream ended without a newline.
    pub unterminated: bool,
}

impl Lines {
    /// Takes the next piece and lends each line that became whole to `each`; a line that lies
    /// inside the piece is not copied.
    pub fn push(&mut self, piece: &[u8], mut each: impl FnMut(Whole<'_>)) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = (&rest[..end], &rest[end + 1..]);
            if self.open {
                self.hold(head);
                self.give(false, &mut each);
            } else {
                each(within(head));
            }
            rest = tail;
        }
        if !rest.is_empty() {
            self.hold(rest);
        }
    }

    /// The stream is over: lends what is left, if there is any, as an unterminated line.
    pub fn end(&mut self, mut each: impl FnMut(Whole<'_>)) {
        if self.open {
            self.give(true, &mut each);
        }
    }

    /// Whether a line has begun and not ended.
    pub fn pending(&self) -> bool {
        self.open
    }

    /// The bytes of the unfinished line so far.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// Forgets the unfinished line.
    pub fn clear(&mut self) {
        self.held.clear();
        self.held.shrink_to(KEPT);
        self.dropped = 0;
        self.open = false;
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.open = true;
        let room = LONGEST - self.held.len();
        let kept = &bytes[..bytes.len().min(room)];
        self.held.extend_from_slice(kept);
        self.dropped += (bytes.len() - kept.len()) as u64;
    }

    fn give(&mut self, unterminated: bool, each: &mut impl FnMut(Whole<'_>)) {
        each(Whole {
            text: &self.held,
            truncated: self.dropped,
            unterminated,
        });
        self.clear();
    }
}

fn within(line: &[u8]) -> Whole<'_> {
    let kept = &line[..line.len().min(LONGEST)];
    Whole {
        text: kept,
        truncated: (line.len() - kept.len()) as u64,
        unterminated: false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST, Lines};

    fn split(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
        let mut lines = Lines::default();
        let mut whole = Vec::new();
        for piece in pieces {
            lines.push(piece, |it| whole.push(it.text.to_vec()));
        }
        let mut last = None;
        lines.end(|it| {
            assert!(it.unterminated);
            last = Some(it.text.to_vec());
        });
        assert!(!lines.pending());
        (whole, last)
    }

    #[test]
    fn pieces_are_joined_and_empty_lines_kept() {
        let (whole, last) = split(&[b"a", b"b\n\nc", b"\n", b"\n", b"tail"]);
        assert_eq!(whole, [&b"ab"[..], b"", b"c", b""]);
        assert_eq!(last.as_deref(), Some(&b"tail"[..]));
        assert_eq!(split(&[]), (vec![], None));
        assert_eq!(split(&[b"", b"x\n"]).1, None);
    }

    #[test]
    fn a_line_beyond_the_longest_is_cut_and_counted() {
        for pieces in [1, 7] {
            let long = vec![b'x'; LONGEST + 100];
            let mut lines = Lines::default();
            for piece in long.chunks(long.len() / pieces + 1) {
                lines.push(piece, |_| panic!("not whole yet"));
            }
            let mut seen = Vec::new();
            lines.push(b"yz\nshort\n", |it| {
                seen.push((it.text.len(), it.truncated));
            });
            assert_eq!(seen, [(LONGEST, 102), (5, 0)]);
        }
        let mut seen = Vec::new();
        let mut long = vec![b'x'; LONGEST + 1];
        long.push(b'\n');
        Lines::default().push(&long, |it| seen.push((it.text.len(), it.truncated)));
        assert_eq!(seen, [(LONGEST, 1)]);
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]
        #[test]
        fn any_cut_gives_the_same_lines(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..400),
            cuts in proptest::collection::vec(0usize..400, 0..12),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|it| it.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|it| &text[it[0]..it[1]]).collect();
            let (whole, last) = split(&pieces);
            let mut expected: Vec<Vec<u8>> = text.split(|it| *it == b'\n').map(<[u8]>::to_vec).collect();
            let tail = expected.pop().filter(|it| !it.is_empty());
            prop_assert_eq!(whole, expected);
            prop_assert_eq!(last, tail);
        }
    }
}
