//! The service under test: answers its revision's name, and can be bad in every way a revision can be.

mod connection;
mod datagrams;
mod life;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

use crate::say;
use crate::serve::life::Life;
use crate::words::Words;

/// What the kernel keeps for us while we are busy.
const BACKLOG: u32 = 1024;

/// How a revision behaves; every value is a flag or a variable of the same name in capitals.
pub(crate) struct Manner {
    revision: String,
    port: u16,
    /// 200; 500, or 301 to https.
    answer: u16,
    listen_after: Duration,
    never_listens: bool,
    crash_after: Option<Duration>,
    /// From then on `/health` says 503 and everything else goes on.
    unhealthy_after: Option<Duration>,
    /// Bytes per second.
    eat: usize,
    on_term: OnTerm,
    /// The longest it takes to go.
    drain: Duration,
    /// Websockets stay until their clients go, or the drain is over.
    keep_sockets: bool,
}

/// What it does when it is told to stop.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum OnTerm {
    /// Answers everything with `Connection: close`, and goes when nobody comes any more.
    Drain,
    /// Stops listening and leaves idle connections at once, finishes the rest: as most servers do.
    Close,
    Abrupt,
    Ignore,
}

pub(crate) async fn serve(words: &Words) -> Result<ExitCode, String> {
    let life = Arc::new(Life::new(manner(words)?));
    life.begin()?;
    let manner = &life.manner;
    tokio::time::sleep(manner.listen_after).await;
    if manner.never_listens {
        say::line(&format!("{} does not listen", manner.revision));
        return Ok(ExitCode::from(life.end().await));
    }
    let cannot = |why: std::io::Error| format!("port {}: {why}", manner.port);
    let listener = listener(manner.port).map_err(cannot)?;
    datagrams::echo(manner.port, Arc::clone(&life)).map_err(cannot)?;
    say::line(&format!("{} on port {}", manner.revision, manner.port));
    let accepting = tokio::spawn(accept(listener, Arc::clone(&life)));
    life.stops_listening().await;
    accepting.abort();
    Ok(ExitCode::from(life.end().await))
}

/// Both families where there is IPv6, else IPv4 alone.
fn listener(port: u16) -> std::io::Result<TcpListener> {
    let open = |socket: std::io::Result<TcpSocket>, at: &str| {
        let socket = socket?;
        socket.set_reuseaddr(true)?;
        let at = format!("{at}:{port}").parse();
        socket.bind(at.map_err(|_| std::io::ErrorKind::InvalidInput)?)?;
        socket.listen(BACKLOG)
    };
    open(TcpSocket::new_v6(), "[::]").or_else(|_| open(TcpSocket::new_v4(), "0.0.0.0"))
}

async fn accept(listener: TcpListener, life: Arc<Life>) {
    loop {
        // Out of file descriptors, or a client gone before it was met: the next one may do.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection::serve(stream, Arc::clone(&life)));
        }
    }
}

fn manner(words: &Words) -> Result<Manner, String> {
    let seconds = |flag: &str| -> Result<Option<Duration>, String> {
        Ok(words.value(flag)?.map(Duration::from_secs_f64))
    };
    let revision = words.text("revision").or_else(|| {
        let file = std::fs::read_to_string("/revision").ok()?;
        Some(file.trim().to_owned())
    });
    Ok(Manner {
        revision: revision.unwrap_or_else(|| "1".to_owned()),
        port: words.value("port")?.unwrap_or(8080),
        answer: words.value("answer")?.unwrap_or(200),
        listen_after: seconds("listen-after")?.unwrap_or_default(),
        never_listens: words.value("never-listens")?.unwrap_or(false),
        crash_after: seconds("crash-after")?,
        unhealthy_after: seconds("unhealthy-after")?,
        eat: words.value("eat")?.unwrap_or(0),
        on_term: match words.text("on-term").as_deref() {
            None | Some("" | "drain") => OnTerm::Drain,
            Some("close") => OnTerm::Close,
            Some("abrupt") => OnTerm::Abrupt,
            Some("ignore") => OnTerm::Ignore,
            Some(other) => return Err(format!("--on-term cannot be `{other}`")),
        },
        drain: seconds("drain")?.unwrap_or(Duration::from_secs(30)),
        keep_sockets: words.value("keep-sockets")?.unwrap_or(false),
    })
}
