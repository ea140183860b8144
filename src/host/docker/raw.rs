//! Requests whose answer is a stream: plain HTTP on the daemon's socket, read at our own pace.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use super::{CALL_LIMIT, Docker, Error};

/// The longest head of an answer, in bytes; the daemon's own are below 400.
const LONGEST_HEAD: usize = 16 * 1024;

/// An answer whose head was good: the bytes of its body.
pub(super) struct Answer {
    pub(super) socket: UnixStream,
    /// What came together with the head.
    pub(super) rest: Vec<u8>,
}

impl Docker {
    /// Sends a request of our own making and reads the answer's head; the body is as it comes, in
    /// chunks or not.
    pub(super) async fn raw(&self, request: &str) -> Result<Answer, Error> {
        match timeout(CALL_LIMIT, self.raw_unbounded(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.away("no answer in 30 s")),
        }
    }

    async fn raw_unbounded(&self, request: &str) -> Result<Answer, Error> {
        let away = |why: std::io::Error| self.away(&why.to_string());
        let mut socket = UnixStream::connect(self.socket()).await.map_err(away)?;
        socket.write_all(request.as_bytes()).await.map_err(away)?;
        let mut head = Vec::with_capacity(1024);
        let end = loop {
            if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
                break end + 4;
            }
            let got = socket.read_buf(&mut head).await.map_err(away)?;
            if got == 0 || head.len() > LONGEST_HEAD {
                return Err(self.away("the answer broke off"));
            }
        };
        let rest = head.split_off(end);
        match status(&head) {
            Some(101 | 200) => Ok(Answer { socket, rest }),
            status => Err(self.refusal(status, socket, rest).await),
        }
    }

    async fn refusal(
        &self,
        status: Option<u16>,
        mut socket: UnixStream,
        mut body: Vec<u8>,
    ) -> Error {
        // The connection may stay open behind the message.
        let reading = timeout(Duration::from_millis(200), socket.read_to_end(&mut body));
        let _ = reading.await;
        let text = String::from_utf8_lossy(&body).into_owned();
        let message = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|it| it.get("message")?.as_str().map(str::to_owned))
            .unwrap_or(text);
        match status {
            Some(404) => Error::NotFound(message),
            Some(409) => Error::Conflict(message),
            Some(400) => Error::Refused(message),
            Some(_) => Error::Other(message),
            None => self.away("the answer is no HTTP"),
        }
    }

    /// The path of a request about one container, with the version agreed on.
    pub(super) fn container_path(&self, id: &str, rest: &str) -> String {
        format!("/v{}/containers/{id}/{rest}", self.api.client_version())
    }
}

fn status(head: &[u8]) -> Option<u16> {
    let first = head.split(|it| *it == b'\r').next()?;
    let text = std::str::from_utf8(first).ok()?;
    text.split(' ').nth(1)?.parse().ok()
}
