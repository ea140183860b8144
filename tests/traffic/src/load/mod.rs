//! Six loads at once on one address, none of which drops anything by itself.

mod download;
mod fetch;
mod loops;
mod sockets;
pub(crate) mod tally;
mod udp;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::load::fetch::Connection;
use crate::load::tally::{Failure, Outcome, Tally};
use crate::say;
use crate::words::Words;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is asked, how often, and what became of it.
struct Load {
    at: SocketAddr,
    udp: SocketAddr,
    /// The longest a connection may take, and the longest without a byte of an answer.
    connect: Duration,
    answer: Duration,
    datagram: Duration,
    over: watch::Sender<bool>,
    tally: Mutex<Tally>,
}

/// How many of one load, and how often each asks per second; 0: as fast as it can.
#[derive(Clone, Copy)]
struct Pace {
    clients: usize,
    rate: f64,
}

impl Load {
    fn over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits for the end.
    async fn ends(&self) {
        let mut over = self.over.subscribe();
        // The sender lives as long as we do.
        let _ = over.wait_for(|it| *it).await;
    }

    fn note(&self, load: &'static str, outcome: Result<Outcome, Failure>) {
        let mut tally = self.tally.lock().unwrap_or_else(|it| it.into_inner());
        tally.note(load, outcome);
    }
}

/// Loads until the time is over or the file is there; 1 when anything failed.
pub(crate) async fn load(words: &Words) -> Result<ExitCode, String> {
    let at = address(words.bare(0).ok_or("load needs an ADDRESS, IP:PORT")?)?;
    let udp = words.text("udp").map_or(Ok(at), |it| address(&it))?;
    let seconds = |flag: &str, usual: f64| -> Result<Duration, String> {
        let value = words.value(flag)?.unwrap_or(usual);
        Duration::try_from_secs_f64(value).map_err(|why| format!("--{flag}: {why}"))
    };
    let load = Arc::new(Load {
        at,
        udp,
        connect: seconds("connect-limit", 5.0)?,
        answer: seconds("answer-limit", 5.0)?,
        datagram: seconds("datagram-limit", 2.0)?,
        over: watch::Sender::new(false),
        tally: Mutex::new(Tally::new()),
    });
    let mut clients = JoinSet::new();
    for (name, pace) in paces(words)? {
        for index in 0..pace.clients {
            spawn(&mut clients, &load, name, index, pace, words)?;
        }
    }
    let limit = seconds("seconds", f64::from(u32::MAX))?;
    wait(limit, words.text("until-file")).await;
    load.over.send_replace(true);
    while clients.join_next().await.is_some() {}
    let tally = load.tally.lock().unwrap_or_else(|it| it.into_inner());
    match words.has("json") {
        true => say::line(&say::json(&tally)),
        false => say::line(&say::table(&tally)),
    }
    Ok(ExitCode::from(u8::from(tally.failed() > 0)))
}

/// The six, unless `--only new,ka` names some of them.
fn paces(words: &Words) -> Result<Vec<(&'static str, Pace)>, String> {
    let only = words.text("only");
    let mut paces = Vec::new();
    for (name, clients, rate) in [
        ("new", 8, 8.0),
        ("ka", 6, 5.0),
        ("ws", 6, 5.0),
        ("dl", 2, 0.4),
        ("long", 1, 1.0),
        ("udpfix", 1, 20.0),
        ("udpfresh", 1, 20.0),
    ] {
        let family = if name == "long" { "dl" } else { name };
        if only
            .as_ref()
            .is_some_and(|it| !it.split(',').any(|it| it == family))
        {
            continue;
        }
        let clients = words.value(&format!("{name}-clients"))?.unwrap_or(clients);
        let rate = words.value(&format!("{name}-rate"))?.unwrap_or(rate);
        paces.push((name, Pace { clients, rate }));
    }
    Ok(paces)
}

fn spawn(
    clients: &mut JoinSet<()>,
    load: &Arc<Load>,
    name: &'static str,
    index: usize,
    pace: Pace,
    words: &Words,
) -> Result<(), String> {
    let load = Arc::clone(load);
    let ticks = loops::Ticks::new(pace, index);
    match name {
        "new" => drop(clients.spawn(loops::fresh(load, ticks))),
        "ka" => drop(clients.spawn(loops::kept(load, ticks))),
        "ws" => drop(clients.spawn(sockets::echo(load, ticks))),
        "dl" => drop(clients.spawn(download::repeat(load, ticks, "dl", 2.5))),
        "long" => {
            let seconds = words.value("long-seconds")?.unwrap_or(60.0);
            drop(clients.spawn(download::repeat(load, ticks, "long", seconds)));
        }
        "udpfix" => drop(clients.spawn(udp::fixed(load, ticks))),
        _ => drop(clients.spawn(udp::fresh(load, ticks))),
    }
    Ok(())
}

async fn wait(limit: Duration, file: Option<String>) {
    let file_is_there = async {
        while !file
            .as_ref()
            .is_some_and(|it| std::path::Path::new(it).exists())
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    // Either of the two ends it.
    let _ = tokio::time::timeout(limit, file_is_there).await;
}

/// Asks once, as a health check does: 0 for 200, else 1.
pub(crate) async fn ask(words: &Words) -> Result<ExitCode, String> {
    let at = address(words.bare(0).ok_or("ask needs an ADDRESS, IP:PORT")?)?;
    let path = words.bare(1).unwrap_or("/");
    let limit = Duration::from_secs_f64(words.value("answer-limit")?.unwrap_or(5.0));
    let asked = async {
        let mut connection = Connection::open(at, limit).await?;
        connection.get(path, true, limit).await
    };
    match asked.await {
        Ok(answer) => {
            say::line(&format!("{} {}", answer.status, answer.revision));
            Ok(ExitCode::from(u8::from(answer.status != 200)))
        }
        Err(failure) => {
            say::complain(&format!("{at}: {}", failure.word()));
            Ok(ExitCode::from(1))
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not IP:PORT"))
}
