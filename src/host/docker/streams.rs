//! A container's output: the living stream, and the daemon's own log of it.

use std::{io, time::Duration};

use super::{Docker, Error, chunks::Chunks, frames::Frames, raw::Answer};
use crate::model::log::Stream;

/// Bytes read from the daemon at once.
const PIECE: usize = 64 * 1024;

/// The longest silence in the middle of the daemon's log before it counts as away.
const SILENCE: Duration = Duration::from_secs(30);

/// The living output of a container, from the moment it was asked for.
pub struct Attach {
    answer: Answer,
    frames: Frames,
    piece: Vec<u8>,
}

/// The daemon's log of a container, as raw bytes of what `logs` answers.
pub struct LogBytes {
    answer: Answer,
    chunks: Chunks,
    frames: Frames,
    piece: Vec<u8>,
}

impl Docker {
    /// Opens the living output; before the container starts, it will hold every byte.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such container, [`Error::Conflict`] for one that is paused.
    pub async fn attach(&self, id: &str, tty: bool) -> Result<Attach, Error> {
        let path = self.container_path(id, "attach?stream=1&stdout=1&stderr=1");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
        );
        Ok(Attach {
            answer: self.raw(&request).await?,
            frames: Frames::new(tty),
            piece: vec![0; PIECE],
        })
    }

    /// Opens the daemon's log as it stands now, from `since` (nanoseconds since the epoch) on, each
    /// entry opened by its stamp.
    ///
    /// # Errors
    /// [`Error::Other`] when the container's log driver cannot be read.
    pub async fn log_bytes(&self, id: &str, tty: bool, since: u64) -> Result<LogBytes, Error> {
        let (seconds, nanos) = (since / 1_000_000_000, since % 1_000_000_000);
        let rest = format!("logs?stdout=1&stderr=1&timestamps=1&since={seconds}.{nanos:09}");
        let path = self.container_path(id, &rest);
        let request = format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
        Ok(LogBytes {
            answer: self.raw(&request).await?,
            chunks: Chunks::default(),
            frames: Frames::new(tty),
            piece: vec![0; PIECE],
        })
    }
}

impl Attach {
    /// Waits for more, lends it piece by piece and returns its size in bytes; 0 at the end.
    /// Losing interest while it waits loses nothing.
    ///
    /// # Errors
    /// When the connection breaks: the daemon is gone.
    pub async fn read(&mut self, mut each: impl FnMut(Stream, &[u8])) -> io::Result<usize> {
        let early = std::mem::take(&mut self.answer.rest);
        if !early.is_empty() {
            self.frames.feed(&early, |it| each(it.stream, it.bytes));
            return Ok(early.len());
        }
        let got = receive(&self.answer, &mut self.piece).await?;
        self.frames
            .feed(&self.piece[..got], |it| each(it.stream, it.bytes));
        Ok(got)
    }
}

impl LogBytes {
    /// Waits for more and lends each piece with whether an entry ends there; returns false at the
    /// end. A container with a terminal has no ends to tell: its entries are told apart by their stamps.
    ///
    /// # Errors
    /// When the answer breaks off, by an end before its last chunk too, or is silent for 30 s.
    pub async fn read(&mut self, mut each: impl FnMut(Stream, &[u8], bool)) -> io::Result<bool> {
        if self.chunks.over() {
            return Ok(false);
        }
        let early = std::mem::take(&mut self.answer.rest);
        let piece = match early.is_empty() {
            false => &early[..],
            true => {
                let receiving = receive(&self.answer, &mut self.piece);
                let got = tokio::time::timeout(SILENCE, receiving).await??;
                &self.piece[..got]
            }
        };
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let frames = &mut self.frames;
        let fed = self.chunks.feed(piece, |it| {
            frames.feed(it, |it| each(it.stream, it.bytes, it.last));
        });
        fed.map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(true)
    }
}

pub(super) async fn receive(answer: &Answer, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        answer.socket.readable().await?;
        match answer.socket.try_read(piece) {
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}
