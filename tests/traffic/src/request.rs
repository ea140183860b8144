//! HTTP/1.1 heads, as both sides read them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A head that is longer is none.
const HEAD_MOST: usize = 16 * 1024;

/// The first line and the headers of a request or an answer.
#[derive(Debug)]
pub(crate) struct Head {
    text: String,
}

/// A stream with what has been read of it and not been used.
pub(crate) struct Reader<S> {
    pub(crate) stream: S,
    rest: Vec<u8>,
}

impl Head {
    /// The words of the first line.
    pub(crate) fn word(&self, index: usize) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first.split_whitespace().nth(index).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self
            .text
            .lines()
            .skip(1)
            .filter_map(|it| it.split_once(':'));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|it| it.eq_ignore_ascii_case("close"))
    }

    pub(crate) fn length(&self) -> usize {
        let length = self.header("content-length");
        length.and_then(|it| it.parse().ok()).unwrap_or(0)
    }
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(crate) fn new(stream: S) -> Reader<S> {
        let rest = Vec::new();
        Reader { stream, rest }
    }

    /// Returns the next head; None when the stream ended before its first byte.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = self.rest.windows(4).position(|it| it == b"\r\n\r\n") {
                let bytes: Vec<u8> = self.rest.drain(..end + 4).collect();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some(Head { text }));
            }
            if self.rest.len() > HEAD_MOST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                return match self.rest.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }

    /// Whether a part of something has come.
    pub(crate) fn holds_something(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Reads a body of a known length, piece by piece; at most `most` bytes in one.
    pub(crate) async fn piece(&mut self, most: usize) -> io::Result<Vec<u8>> {
        if self.rest.is_empty() && self.stream.read_buf(&mut self.rest).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = most.min(self.rest.len());
        Ok(self.rest.drain(..length).collect())
    }

    pub(crate) async fn body(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        while body.len() < length {
            body.extend(self.piece(length - body.len()).await?);
        }
        Ok(body)
    }
}
