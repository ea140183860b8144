//! One check asked once: look up, probe, judge.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::decide::{
    address::{Choice, choose},
    expect,
};
use crate::host::docker::{Docker, exec::Leftover};
use crate::host::{probe, process};
use crate::model::{
    check::{Answer, Ask, Check, Expected, Order, Probe, Stdin},
    seen::{NoAnswer, Output},
};

/// Containers followed from one that shares another's network.
const MOST_FOLLOWED: usize = 3;
/// Bytes of a file fed to a command.
const STDIN_LONGEST: usize = 1 << 20;
/// The answer's own time is measured by who asks.
const UNTIMED: Duration = Duration::ZERO;

/// The container that is asked.
pub(super) struct Subject {
    container: String,
    network: Option<String>,
    began: Instant,
    age: Duration,
    address: Mutex<Option<String>>,
}

impl Subject {
    pub(super) fn new(container: &str, network: Option<String>, age: Duration) -> Subject {
        Subject {
            container: container.to_owned(),
            network,
            began: Instant::now(),
            age,
            address: Mutex::default(),
        }
    }

    pub(super) fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }

    /// How old the container is now.
    pub(super) fn age(&self) -> Duration {
        self.age + self.began.elapsed()
    }

    /// The next check that needs the address looks it up: docker may have given another.
    pub(super) fn forget_address(&self) {
        self.remember(None);
    }

    fn remember(&self, address: Option<String>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    async fn address(&self, docker: &Docker) -> Result<String, String> {
        let known = self
            .address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(address) = known {
            return Ok(address);
        }
        let address = self.look_up(docker).await?;
        self.remember(Some(address.clone()));
        Ok(address)
    }

    async fn look_up(&self, docker: &Docker) -> Result<String, String> {
        whereabouts(docker, &self.container, self.network()).await
    }
}

/// Returns the address at which checks reach this container.
///
/// # Errors
/// Why it has none, in words.
pub(in crate::shim) async fn whereabouts(
    docker: &Docker,
    container: &str,
    mut network: Option<&str>,
) -> Result<String, String> {
    let mut at = container.to_owned();
    for _ in 0..=MOST_FOLLOWED {
        let seen = docker.inspect(&at).await.map_err(|why| why.to_string())?;
        let seen = seen.ok_or_else(|| format!("container {at} is gone"))?;
        match choose(&seen, network) {
            Choice::Ask(address) => return Ok(address),
            // The name is one of this service's networks, not of the other's.
            Choice::Follow(other) => (at, network) = (other, None),
            Choice::Nowhere(why) => return Err(why),
        }
    }
    Err("the containers share a network in a circle".into())
}

/// Asks once; None when nobody could tell, which counts for nothing. A command in the container that outlived its limit is put in `left`, and while it
/// still runs no other is started. The limit is the check's own; looking up the address is part of it.
pub(super) async fn once(
    docker: &Docker,
    subject: &Subject,
    check: &Check,
    left: &mut Option<Leftover>,
) -> Option<Answer> {
    let limit = check.timeout;
    Some(match &check.probe {
        Probe::Present => return present(docker, subject, limit).await,
        Probe::Tcp { host, port } => tcp(docker, subject, host.as_deref(), *port, limit).await,
        Probe::Http(ask) => http(docker, subject, ask, limit).await,
        Probe::Exec(order) => return in_container(docker, subject, order, limit, left).await,
        Probe::Host(order) => on_host(order, limit).await,
        Probe::Notify => expect::bad("the application speaks by itself".into(), UNTIMED),
    })
}

/// A daemon that does not answer says nothing of the container, which may well run on without it.
async fn present(docker: &Docker, subject: &Subject, limit: Duration) -> Option<Answer> {
    let met = tokio::time::timeout(limit, docker.inspect(&subject.container)).await;
    Some(expect::present(met.ok()?.ok()?, UNTIMED))
}

async fn tcp(
    docker: &Docker,
    subject: &Subject,
    host: Option<&str>,
    port: u16,
    limit: Duration,
) -> Answer {
    let (host, left) = match reach(docker, subject, host, limit).await {
        Ok(reached) => reached,
        Err(why) => return expect::bad(format!("tcp port {port}: {why}"), UNTIMED),
    };
    let met = probe::tcp(&host, port, left).await;
    expect::tcp(&probe::place(&host, port), met, UNTIMED)
}

async fn http(docker: &Docker, subject: &Subject, ask: &Ask, limit: Duration) -> Answer {
    let wanted = match &ask.expected_body {
        Some(Expected::File(path)) => match probe::read(path, probe::BODY_KEPT, limit).await {
            Ok(bytes) => Some(bytes),
            Err(why) => return expect::bad(format!("expected body: {why}"), UNTIMED),
        },
        Some(Expected::Text(_) | Expected::Contains(_)) | None => None,
    };
    let (host, left) = match reach(docker, subject, ask.host.as_deref(), limit).await {
        Ok(reached) => reached,
        Err(why) => return expect::bad(format!("{} {}: {why}", ask.method, ask.path), UNTIMED),
    };
    let met = probe::http(ask, &host, left).await;
    expect::http(
        ask,
        &probe::url(ask, &host),
        met,
        wanted.as_deref(),
        UNTIMED,
    )
}

/// Where to ask, and what is left of the limit.
async fn reach(
    docker: &Docker,
    subject: &Subject,
    host: Option<&str>,
    limit: Duration,
) -> Result<(String, Duration), String> {
    if let Some(host) = host {
        return Ok((host.to_owned(), limit));
    }
    let asked = Instant::now();
    match tokio::time::timeout(limit, subject.address(docker)).await {
        Ok(address) => Ok((address?, limit.saturating_sub(asked.elapsed()))),
        Err(_) => Err(format!("docker: {}", NoAnswer::Late(limit))),
    }
}

async fn in_container(
    docker: &Docker,
    subject: &Subject,
    order: &Order,
    limit: Duration,
    left: &mut Option<Leftover>,
) -> Option<Answer> {
    const KIND: &str = "command in the container";
    if let Some(leftover) = left.take() {
        // When docker cannot tell, another one would only be one more.
        if docker.exec_runs(&leftover).await.unwrap_or(true) {
            *left = Some(leftover);
            let why = "the one asked before still runs, no other is started".to_owned();
            let met = Err(NoAnswer::Other(why));
            return Some(expect::command(KIND, order, met, UNTIMED));
        }
    }
    let met = match stdin(order, limit).await {
        Ok(stdin) => {
            let (met, over) = docker.exec(&subject.container, order, stdin, limit).await;
            *left = over;
            met
        }
        Err(why) => Err(why),
    };
    match met {
        // A restart of docker breaks a command off; that is no word about the container either.
        Err(NoAnswer::DockerAway(_)) => None,
        met => Some(expect::command(KIND, order, met, UNTIMED)),
    }
}

async fn on_host(order: &Order, limit: Duration) -> Answer {
    let met: Result<Output, NoAnswer> = match stdin(order, limit).await {
        Ok(stdin) => process::run(order, stdin, limit).await,
        Err(why) => Err(why),
    };
    expect::command("command on the host", order, met, UNTIMED)
}

async fn stdin(order: &Order, limit: Duration) -> Result<Option<Vec<u8>>, NoAnswer> {
    match &order.stdin {
        None => Ok(None),
        Some(Stdin::Text(text)) => Ok(Some(text.clone().into_bytes())),
        Some(Stdin::File(path)) => probe::read(path, STDIN_LONGEST, limit)
            .await
            .map(Some)
            .map_err(|why| NoAnswer::NotStarted(format!("stdin: {why}"))),
    }
}
