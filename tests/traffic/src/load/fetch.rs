//! One client's connection and its requests, each within its limit.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::load::tally::Failure;
use crate::request::{Head, Reader};

pub(crate) struct Connection {
    pub(crate) reader: Reader<TcpStream>,
    /// A byte of the answer to the last request has come.
    pub(crate) began: bool,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) revision: String,
    /// The server closes the connection.
    pub(crate) closes: bool,
    pub(crate) length: usize,
}

impl Connection {
    pub(crate) async fn open(at: SocketAddr, limit: Duration) -> Result<Connection, Failure> {
        let stream = timeout(limit, TcpStream::connect(at)).await??;
        stream.set_nodelay(true)?;
        let reader = Reader::new(stream);
        Ok(Connection {
            reader,
            began: false,
        })
    }

    /// Asks and reads the whole answer; `last`: and lets the server close, so that its port stays free here.
    pub(crate) async fn get(
        &mut self,
        path: &str,
        last: bool,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let asked = async {
            let answer = self.ask("GET", path, if last { "Connection: close\r\n" } else { "" });
            let answer = answer.await?;
            self.reader.body(answer.length).await?;
            if last {
                let mut rest = [0; 16];
                // The answer is whole; how the end looks does not matter to anybody.
                let _ = self.reader.stream.read(&mut rest).await;
            }
            Ok(answer)
        };
        timeout(limit, asked).await?
    }

    /// Asks and reads the head of the answer.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
    ) -> Result<Answer, Failure> {
        let head = self.head(method, path, headers).await?;
        let status = head.word(1).parse().map_err(|_| Failure::Wrong)?;
        Ok(Answer {
            status,
            revision: head.header("x-revision").unwrap_or("?").to_owned(),
            closes: head.closes(),
            length: head.length(),
        })
    }

    pub(crate) async fn head(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
    ) -> Result<Head, Failure> {
        let text = format!("{method} {path} HTTP/1.1\r\nHost: traffic\r\n{headers}\r\n");
        self.began = false;
        self.reader.stream.write_all(text.as_bytes()).await?;
        let head = self.reader.head().await;
        self.began = self.reader.holds_something() || matches!(head, Ok(Some(_)));
        head?.ok_or(Failure::Reset)
    }
}
