//! One line on another host, its output handed on line by line while it runs.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child,
    sync::mpsc::{self, Receiver, Sender},
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
        each: impl FnMut(Stream, &[u8]),
    ) -> Result<Exit, Unreached> {
        let child = self.start(destination, line, stdin.is_some())?;
        match timeout(limit, to_the_end(child, stdin, each)).await {
            Ok(exit) => exit,
            Err(_) => Err(late(limit)),
        }
    }
}

type Piece = (Stream, Vec<u8>);

async fn to_the_end(
    mut child: Child,
    stdin: Option<Vec<u8>>,
    each: impl FnMut(Stream, &[u8]),
) -> Result<Exit, Unreached> {
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (sender, receiver) = mpsc::channel(WAITING_MOST);
    let mut last = Vec::new();
    let status = {
        let streams = pin!(async {
            let other = sender.clone();
            tokio::join!(
                feed(input, stdin),
                pieces(stdout, Stream::Stdout, sender),
                pieces(stderr, Stream::Stderr, other),
                hand_on(receiver, each, &mut last),
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
async fn hand_on(
    mut pieces: Receiver<Piece>,
    mut each: impl FnMut(Stream, &[u8]),
    last: &mut Vec<u8>,
) {
    while let Some((stream, text)) = pieces.recv().await {
        if stream == Stream::Stderr {
            last.extend_from_slice(&text);
            last.push(b'\n');
            if last.len() > STDERR_KEPT {
                last.drain(..last.len() - STDERR_KEPT);
            }
            if text == ENDED_255.as_bytes() || text == SUDO_REFUSED.as_bytes() {
                continue;
            }
        }
        each(stream, &text);
    }
}

async fn pieces(from: Option<impl AsyncRead + Unpin>, stream: Stream, to: Sender<Piece>) {
    let Some(mut from) = from else { return };
    let (mut chunk, mut rest) = (vec![0; CHUNK], Vec::new());
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        rest.extend_from_slice(&chunk[..read]);
        while let Some(piece) = cut(&mut rest) {
            if to.send((stream, piece)).await.is_err() {
                return;
            }
        }
    }
    if !rest.is_empty() {
        let _ = to.send((stream, rest)).await;
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
