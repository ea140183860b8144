//! A websocket, spoken by hand: a handshake with whatever headers a test wants, and frames.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::client::{Login, Served};

/// An open socket.
pub(crate) struct Socket {
    stream: TcpStream,
    rest: Vec<u8>,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    End,
}

/// Asks for a socket; the status code where there is none.
pub(crate) fn open(
    served: &Served,
    login: &Login,
    url: &str,
    origin: Option<&str>,
) -> Result<Socket, u16> {
    let mut stream = served.connect();
    let origin = origin
        .map(|it| format!("Origin: {it}\r\n"))
        .unwrap_or_default();
    let text = format!(
        "GET {url} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{origin}Upgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        served.host(),
        login.cookie
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    match head.split(' ').nth(1).unwrap() {
        "101" => Ok(Socket {
            stream,
            rest: Vec::new(),
        }),
        status => Err(status.parse().unwrap()),
    }
}

impl Socket {
    pub(crate) fn binary(&mut self, bytes: &[u8]) {
        self.frame(2, bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.frame(1, text.as_bytes());
    }

    fn frame(&mut self, kind: u8, bytes: &[u8]) {
        let mut frame = vec![0x80 | kind];
        match u16::try_from(bytes.len()).unwrap() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            long => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
        }
        // A mask of zeros changes nothing.
        frame.extend([0; 4]);
        frame.extend(bytes);
        self.stream.write_all(&frame).unwrap();
    }

    pub(crate) fn next(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.whole() {
                return frame;
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk) {
                Ok(0) | Err(_) => return Frame::End,
                Ok(read) => self.rest.extend(&chunk[..read]),
            }
        }
    }

    fn whole(&mut self) -> Option<Frame> {
        let (first, second) = (*self.rest.first()?, *self.rest.get(1)?);
        let (length, begin) = match second {
            126 => (
                u16::from_be_bytes(self.rest.get(2..4)?.try_into().unwrap()).into(),
                4,
            ),
            127 => (
                u64::from_be_bytes(self.rest.get(2..10)?.try_into().unwrap()) as usize,
                10,
            ),
            short => (usize::from(short), 2),
        };
        let bytes = self.rest.get(begin..begin + length)?.to_vec();
        self.rest.drain(..begin + length);
        Some(match first & 15 {
            1 => Frame::Text(String::from_utf8(bytes).unwrap()),
            2 => Frame::Binary(bytes),
            _ => Frame::End,
        })
    }

    /// Reads until this has come, and returns everything up to there.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let mut seen = String::new();
        while !seen.contains(text) {
            match self.next() {
                Frame::Binary(bytes) => seen += &String::from_utf8_lossy(&bytes),
                Frame::Text(text) => seen += &text,
                Frame::End => panic!("it ended after {seen:?}"),
            }
        }
        seen
    }
}
