//! One line on another host, its output handed on line by line while it runs.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child,
    sync::mpsc::{self, Sender},
    time::timeout,
};

use super::run::{STDERR_KEPT, feed, late};
use super::{Ssh, told};
use crate::model::fleet::{ENDED_255, SUDO_REFUSED, Unreached};
use crate::model::log::Stream;
use crate::model::seen::Exit;

/// Longest line handed on, in bytes; a longer one comes in pieces of this size.
pub(super) const PIECE_LONGEST: usize = 256 * 1024;
/// Lines that wait for whoever reads them; then the other host waits.
const WAITING_MOST: usize = 64;
/// How long streams may stay open after ssh has ended.
const STRAGGLER_GRACE: Duration = Duration::from_secs(1);
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// One line, and which of the two streams it came on.
pub type Piece = (Stream, Vec<u8>);

impl Ssh {
    /// Runs a line like [`Ssh::run`] and hands each line it writes to `each` as it comes, without its
    /// newline. The order holds within a stream, not between the two. `limit` is for the whole of it.
    ///
    /// # Errors
    /// As [`Ssh::run`]; what came before was handed on.
    pub async fn stream(
        &self,
        destination: &str,
        line: &str,
        stdin: Option<Vec<u8>>,
        limit: Duration,
        mut each: impl FnMut(Stream, &[u8]),
    ) -> Result<Exit, Unreached> {
        let (sender, mut pieces) = mpsc::channel::<Piece>(WAITING_MOST);
        let handed = async {
            while let Some((stream, text)) = pieces.recv().await {
                each(stream, &text);
            }
        };
        let lines = self.lines(destination, line, stdin, limit, sender);
        tokio::join!(lines, handed).0
    }

    /// The same, into a channel: where that is full, the other host waits.
    ///
    /// # Errors
    /// As [`Ssh::run`].
    pub async fn lines(
        &self,
        destination: &str,
        line: &str,
        stdin: Option<Vec<u8>>,
        limit: Duration,
        to: Sender<Piece>,
    ) -> Result<Exit, Unreached> {
        let child = self.start(destination, line, stdin.is_some())?;
        match timeout(limit, to_the_end(child, stdin, to)).await {
            Ok(exit) => exit,
            Err(_) => Err(late(limit)),
        }
    }
}

async fn to_the_end(
    mut child: Child,
    stdin: Option<Vec<u8>>,
    to: Sender<Piece>,
) -> Result<Exit, Unreached> {
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut last, mut unheard) = (Vec::new(), Vec::new());
    let status = {
        let streams = pin!(async {
            tokio::join!(
                feed(input, stdin),
                pieces(stdout, Stream::Stdout, to.clone(), &mut unheard),
                pieces(stderr, Stream::Stderr, to.clone(), &mut last),
            )
        });
        match select(streams, pin!(child.wait())).await {
            Either::Left((_, ending)) => ending.await,
            Either::Right((status, streams)) => {
                let _ = timeout(STRAGGLER_GRACE, streams).await;
                status
            }
        }
    };
    let status = status.map_err(|why| told::other(why.to_string()))?;
    told::exit(status, &mut last)
}

/// Hands everything on but our own marks, and keeps the end of stderr for the verdict.
async fn pieces(
    from: Option<impl AsyncRead + Unpin>,
    stream: Stream,
    to: Sender<Piece>,
    last: &mut Vec<u8>,
) {
    let Some(mut from) = from else { return };
    let (mut chunk, mut rest) = (vec![0; CHUNK], Vec::new());
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        rest.extend_from_slice(&chunk[..read]);
        if read == 0 && !rest.is_empty() {
            rest.push(b'\n');
        }
        while let Some(piece) = cut(&mut rest) {
            if stream == Stream::Stderr {
                keep_last(last, &piece);
            }
            let ours = piece == ENDED_255.as_bytes() || piece == SUDO_REFUSED.as_bytes();
            let ours = ours && stream == Stream::Stderr;
            // Whoever reads may have gone; the line is still run to its end.
            if !ours {
                let _ = to.send((stream, piece)).await;
            }
        }
        if read == 0 {
            return;
        }
    }
}

fn keep_last(last: &mut Vec<u8>, piece: &[u8]) {
    last.extend_from_slice(piece);
    last.push(b'\n');
    if last.len() > STDERR_KEPT {
        last.drain(..last.len() - STDERR_KEPT);
    }
}

/// Takes the first whole line off, or as much of an endless one as is handed on at once.
fn cut(rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (length, after) = match memchr::memchr(b'\n', rest) {
        Some(at) if at <= PIECE_LONGEST => (at, at + 1),
        Some(_) | None if rest.len() >= PIECE_LONGEST => (PIECE_LONGEST, PIECE_LONGEST),
        Some(_) | None => return None,
    };
    let piece = rest[..length].to_vec();
    rest.drain(..after);
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_endless_ones_in_pieces() {
        let mut rest = b"one\n\ntwo".to_vec();
        assert_eq!(cut(&mut rest), Some(b"one".to_vec()));
        assert_eq!(cut(&mut rest), Some(Vec::new()));
        assert_eq!(cut(&mut rest), None);
        assert_eq!(rest, b"two");
        let mut endless = vec![b'x'; PIECE_LONGEST + 1];
        assert_eq!(cut(&mut endless).map(|it| it.len()), Some(PIECE_LONGEST));
        assert_eq!(endless, b"x");
    }
}
