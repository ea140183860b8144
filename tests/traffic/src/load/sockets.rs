//! Open websockets that echo now and then, and come again when they are sent away.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use crate::frames::{self, Frame};
use crate::load::Load;
use crate::load::fetch::Connection;
use crate::load::loops::Ticks;
use crate::load::tally::{Failure, Outcome};

/// Any 16 bytes in base64; the server turns it into its answer.
const KEY: &str = "d2hhcmYgaW4gdHJhZmZpYw==";

struct Socket {
    connection: Connection,
    revision: String,
}

pub(crate) async fn echo(load: Arc<Load>, mut ticks: Ticks) {
    let mut open = None;
    let mut number = 0u64;
    while ticks.next(&load).await {
        number += 1;
        let since = Instant::now();
        let outcome = match timeout(load.answer, once(&load, &mut open, number)).await {
            Ok(Ok(revision)) => Ok(Outcome {
                revision,
                took: since.elapsed(),
            }),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Timeout),
        };
        if outcome.is_err() {
            open = None;
        }
        load.note("ws", outcome);
    }
    if let Some(mut socket) = open {
        let stream = &mut socket.connection.reader.stream;
        // The load is over; a server that is gone by now is no failure.
        let _ = frames::write(stream, &Frame::Close(Vec::new()), true).await;
    }
}

/// One echo, over the socket there is or a new one; returns the revision that gave it.
async fn once(load: &Load, open: &mut Option<Socket>, number: u64) -> Result<String, Failure> {
    loop {
        let mut socket = match open.take() {
            Some(socket) => socket,
            None => connect(load).await?,
        };
        let stream = &mut socket.connection.reader.stream;
        let sent = Frame::Text(format!("{number}").into_bytes());
        frames::write(stream, &sent, true).await?;
        match frames::read(stream).await? {
            Frame::Text(payload) if Frame::Text(payload.clone()) == sent => {
                let revision = socket.revision.clone();
                *open = Some(socket);
                return Ok(revision);
            }
            Frame::Text(_) => return Err(Failure::Wrong),
            // Sent away in good order; the echo is still owed, and comes from whoever is next.
            Frame::Close(reason) => {
                frames::write(stream, &Frame::Close(reason), true).await?;
                let mut tally = load.tally.lock().unwrap_or_else(|it| it.into_inner());
                tally.account("ws").told += 1;
            }
        }
    }
}

async fn connect(load: &Load) -> Result<Socket, Failure> {
    let mut connection = Connection::open(load.at, load.connect).await?;
    let headers = format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
    );
    let head = connection.head("GET", "/ws", &headers).await?;
    let accepted = head.header("sec-websocket-accept");
    if head.word(1) != "101" || accepted != Some(frames::accepted(KEY).as_str()) {
        return Err(Failure::Wrong);
    }
    let revision = head.header("x-revision").unwrap_or("?").to_owned();
    Ok(Socket {
        connection,
        revision,
    })
}
