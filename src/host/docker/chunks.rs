//! HTTP's chunks: what tells an answer that has ended from one that broke off.

/// A chunk's size line is hexadecimal digits and rarely more.
const LONGEST_SIZE_LINE: usize = 128;

/// Takes the chunks off an answer's body, however it is cut into pieces.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    SizeLine,
    /// Bytes of the chunk still to come.
    Inside(usize),
    /// The line break behind a chunk.
    Behind,
    Over,
}

/// The body is not made of chunks.
#[derive(Debug)]
pub(super) struct NoChunk;

impl Chunks {
    /// Whether the last chunk has come: nothing will follow.
    pub(super) fn over(&self) -> bool {
        self.place == Place::Over
    }

    /// Lends what the piece holds of the body, in order.
    ///
    /// # Errors
    /// Where a chunk's size should stand, something else does.
    pub(super) fn feed(
        &mut self,
        mut piece: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), NoChunk> {
        while !piece.is_empty() {
            piece = match self.place {
                Place::Over => return Ok(()),
                Place::Inside(left) => {
                    let (inside, rest) = piece.split_at(left.min(piece.len()));
                    each(inside);
                    self.place = match left - inside.len() {
                        0 => Place::Behind,
                        left => Place::Inside(left),
                    };
                    rest
                }
                Place::SizeLine | Place::Behind => self.line(piece)?,
            };
        }
        Ok(())
    }

    /// Takes one byte of a line that belongs to HTTP.
    fn line<'a>(&mut self, piece: &'a [u8]) -> Result<&'a [u8], NoChunk> {
        let (byte, rest) = piece.split_first().ok_or(NoChunk)?;
        if *byte != b'\n' {
            self.line.push(*byte);
            return match self.line.len() {
                0..=LONGEST_SIZE_LINE => Ok(rest),
                _ => Err(NoChunk),
            };
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        self.place = match self.place {
            Place::SizeLine => match size(line).ok_or(NoChunk)? {
                0 => Place::Over,
                size => Place::Inside(size),
            },
            Place::Behind if line.is_empty() => Place::SizeLine,
            Place::Behind | Place::Inside(_) | Place::Over => return Err(NoChunk),
        };
        Ok(rest)
    }
}

/// What stands behind a `;` is for others.
fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|it| *it == b';').next()?;
    usize::from_str_radix(std::str::from_utf8(digits).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    const BODY: &[u8] = b"5\r\nhello\r\n1;x=y\r\n \r\nA\r\nworld\r\n\r\n!\r\n0\r\n\r\n";

    fn take(body: &[u8], step: usize) -> (Vec<u8>, bool) {
        let (mut chunks, mut taken) = (Chunks::default(), Vec::new());
        for piece in body.chunks(step) {
            chunks
                .feed(piece, |it| taken.extend_from_slice(it))
                .unwrap();
        }
        (taken, chunks.over())
    }

    #[test]
    fn a_body_is_the_same_however_it_is_cut() {
        for step in 1..=BODY.len() {
            assert_eq!(
                take(BODY, step),
                (b"hello world\r\n\r\n!".to_vec(), true),
                "{step}"
            );
        }
    }

    #[test]
    fn every_end_but_the_last_is_a_break() {
        let last_size = BODY.len() - 3;
        for end in 0..last_size {
            assert!(!take(&BODY[..end], 7).1, "{end}");
        }
    }

    #[test]
    fn something_else_is_refused() {
        for body in [&b"hello\r\n"[..], &b"5\r\nhelloo\r\n"[..], &[b'0'; 500]] {
            let mut chunks = Chunks::default();
            assert!(chunks.feed(body, |_| {}).is_err(), "{body:?}");
        }
    }
}
