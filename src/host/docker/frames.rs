//! Docker's framing of two streams in one: eight bytes of header, then that many of payload.

use crate::model::log::Stream;

/// Takes the stream's bytes in any pieces and lends the payload on, without copying it.
#[derive(Debug)]
pub(super) struct Frames {
    /// A container with a terminal has one stream and no headers.
    plain: bool,
    header: [u8; 8],
    /// Bytes of the header seen.
    have: usize,
    /// Bytes of the payload still to come.
    left: usize,
}

/// One piece of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) stream: Stream,
    pub(super) bytes: &'a [u8],
    /// The frame ends with it.
    pub(super) last: bool,
}

impl Frames {
    pub(super) fn new(tty: bool) -> Frames {
        Frames {
            plain: tty,
            header: [0; 8],
            have: 0,
            left: 0,
        }
    }

    /// Lends the payload in `bytes`, piece by piece.
    pub(super) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Piece<'_>)) {
        if self.plain {
            each(Piece {
                stream: Stream::Stdout,
                bytes,
                last: true,
            });
            return;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.left == 0 {
                rest = self.head(rest);
                continue;
            }
            let (piece, tail) = rest.split_at(self.left.min(rest.len()));
            self.left -= piece.len();
            rest = tail;
            each(Piece {
                stream: self.stream(),
                bytes: piece,
                last: self.left == 0,
            });
        }
    }

    fn head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let take = (8 - self.have).min(bytes.len());
        self.header[self.have..self.have + take].copy_from_slice(&bytes[..take]);
        self.have += take;
        if self.have == 8 {
            let [_, _, _, _, size @ ..] = self.header;
            self.left = u32::from_be_bytes(size) as usize;
            self.have = 0;
        }
        &bytes[take..]
    }

    /// The daemon also has 0 (stdin, never sent) and 3 (its own errors), which go with stderr.
    fn stream(&self) -> Stream {
        match self.header[0] {
            1 => Stream::Stdout,
            _ => Stream::Stderr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Frames;
    use crate::model::log::Stream;

    #[test]
    fn frames_survive_every_cut() {
        let mut bytes = Vec::new();
        for (stream, text) in [(1u8, "one\ntw"), (2, "err\n"), (1, ""), (1, "o\n")] {
            bytes.extend([stream, 0, 0, 0]);
            bytes.extend((text.len() as u32).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        for size in 1..=bytes.len() {
            let mut frames = Frames::new(false);
            let (mut out, mut err, mut ends) = (Vec::new(), Vec::new(), 0);
            for piece in bytes.chunks(size) {
                frames.feed(piece, |it| {
                    ends += usize::from(it.last);
                    match it.stream {
                        Stream::Stdout => out.extend_from_slice(it.bytes),
                        Stream::Stderr => err.extend_from_slice(it.bytes),
                    }
                });
            }
            assert_eq!(
                (&out[..], &err[..], ends),
                (&b"one\ntwo\n"[..], &b"err\n"[..], 3)
            );
        }
    }
}
