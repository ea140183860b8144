//! One client's connection: requests one after the other, until either side has had enough.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::frames::{self, Frame, GOING_AWAY};
use crate::request::{Head, Reader};
use crate::serve::life::{Life, Stage, crash};

/// How long a client may take to close a connection it was told to close.
const LINGER: Duration = Duration::from_secs(2);
const PIECES_PER_SECOND: f64 = 20.0;

type Client = Reader<TcpStream>;

pub(crate) async fn serve(stream: TcpStream, life: Arc<Life>) {
    life.connection(1);
    // A client that goes away in the middle is the client's matter.
    let _ = requests(stream, &life).await;
    life.connection(-1);
}

async fn requests(stream: TcpStream, life: &Life) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = Reader::new(stream);
    loop {
        let head = tokio::select! {
            biased;
            head = client.head() => head?,
            () = life.leaves_idle_ones() => None,
        };
        let Some(head) = head else {
            return finish(client).await;
        };
        life.request(1);
        let answered = match head.header("upgrade") {
            Some(_) => socket(&mut client, &head, life).await.map(|()| true),
            None => answer(&mut client, &head, life).await,
        };
        life.request(-1);
        if answered? {
            return finish(client).await;
        }
    }
}

/// Answers one request; returns whether the connection is over.
async fn answer(client: &mut Client, head: &Head, life: &Life) -> io::Result<bool> {
    client.body(head.length()).await?;
    let (path, query) = head.word(1).split_once('?').unwrap_or((head.word(1), ""));
    let mut status = life.manner.answer;
    let mut pieces = None;
    match (head.word(0), path) {
        ("POST", "/lame") => life.reach(Stage::Lame),
        ("POST", "/unhealthy") => life.unhealthy.store(true, Ordering::Relaxed),
        ("POST", "/healthy") => life.unhealthy.store(false, Ordering::Relaxed),
        ("POST", "/crash") => crash("as it was told to"),
        (_, "/health") if !life.healthy() => status = 503,
        (_, "/slow") => tokio::time::sleep(Duration::from_millis(number(query, "ms") as u64)).await,
        (_, "/download") => pieces = Some((number(query, "seconds"), number(query, "bytes"))),
        _ => {}
    }
    // Asked as late as it can be: the answer to a slow request already sends its client away.
    let closes = head.closes() || life.leaving();
    if let (Some((seconds, bytes)), 200) = (pieces, status) {
        let length = bytes as usize;
        let text = first_part(life, status, length, closes);
        client.stream.write_all(text.as_bytes()).await?;
        download(client, seconds, length).await?;
    } else {
        let body = format!("{}\n", life.manner.revision);
        let text = first_part(life, status, body.len(), closes) + &body;
        client.stream.write_all(text.as_bytes()).await?;
    }
    Ok(closes)
}

fn first_part(life: &Life, status: u16, length: usize, closes: bool) -> String {
    let revision = &life.manner.revision;
    let mut text = format!(
        "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nContent-Type: text/plain\r\nX-Revision: {revision}\r\n"
    );
    if status == 301 {
        text += "Location: https://localhost/\r\n";
    }
    if closes {
        text += "Connection: close\r\n";
    }
    text + "\r\n"
}

async fn download(client: &mut Client, seconds: f64, length: usize) -> io::Result<()> {
    let pieces = (seconds * PIECES_PER_SECOND).max(1.0) as usize;
    let pause = Duration::from_secs_f64(seconds / pieces as f64);
    let mut ticks = tokio::time::interval(pause.max(Duration::from_micros(1)));
    let mut sent = 0;
    for piece in 1..=pieces {
        ticks.tick().await;
        let until = length * piece / pieces;
        client.stream.write_all(&vec![b'x'; until - sent]).await?;
        sent = until;
    }
    Ok(())
}

/// Closes our half first, and reads what is still under way: a close with unread bytes would be a reset.
async fn finish(mut client: Client) -> io::Result<()> {
    client.stream.shutdown().await?;
    let mut rest = Vec::new();
    let reading = client.stream.read_to_end(&mut rest);
    tokio::time::timeout(LINGER, reading).await.map(drop)?;
    Ok(())
}

/// A websocket: every text comes back as it was, until one of us closes.
async fn socket(client: &mut Client, head: &Head, life: &Life) -> io::Result<()> {
    let key = head.header("sec-websocket-key").unwrap_or_default();
    let text = format!(
        "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\nX-Revision: {}\r\n\r\n",
        frames::accepted(key),
        life.manner.revision
    );
    client.stream.write_all(text.as_bytes()).await?;
    loop {
        let frame = frames::read(&mut client.stream).await?;
        let closes = matches!(frame, Frame::Close(_));
        frames::write(&mut client.stream, &frame, false).await?;
        if closes {
            return Ok(());
        }
        if life.leaving() && !life.manner.keep_sockets {
            let away = Frame::Close(GOING_AWAY.to_vec());
            frames::write(&mut client.stream, &away, false).await?;
            return frames::read(&mut client.stream).await.map(drop);
        }
    }
}

fn number(query: &str, name: &str) -> f64 {
    let pairs = query.split('&').filter_map(|it| it.split_once('='));
    let found = pairs.filter(|(key, _)| *key == name).map(|it| it.1).next();
    found.and_then(|it| it.parse().ok()).unwrap_or(0.0)
}
