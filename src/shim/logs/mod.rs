//! The journey of a container's lines: the living stream, what docker's log kept meanwhile, the journal.

mod begin;
mod catch_up;
mod deliver;
mod doubt;
mod finish;
mod inlet;
mod pump;
mod reading;
mod scribe;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::host::{
    docker::{self, Docker},
    journal::{self, Journal},
};
use crate::model::{event::Event, log::Origin, service::Logs};

/// Orders under way; more only wait.
const ORDERS: usize = 8;

/// What a carrier needs.
pub struct Wiring {
    pub docker: Docker,
    /// One of its own: batches and their doubt rely on its order.
    pub journal: Journal,
    /// Its container's id is the one carried.
    pub origin: Origin,
    pub settings: Logs,
    /// The file that survives this process, in the runtime directory.
    pub memory: PathBuf,
    pub tty: bool,
    /// Where `suppressed`, `logs_resumed` and `logs_lost` are told. Never waited for: when it is
    /// full they go to the journal directly.
    pub events: mpsc::Sender<Event>,
}

/// What stands in the way of carrying at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Docker(#[from] docker::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error("cannot keep the log's position in {path}: {why}")]
    Memory { path: PathBuf, why: std::io::Error },
}

/// Counted since this process began to carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lines taken from the container.
    pub lines: u64,
    /// Their bytes, without newlines.
    pub bytes: u64,
    /// Lines above the rate.
    pub suppressed: u64,
    /// Lines that came from docker's log after an absence.
    pub caught_up: u64,
    /// Lines the journal would not take.
    pub refused: u64,
}

/// A container's lines on their way, in a task of its own on the current runtime.
pub struct Carrier {
    orders: mpsc::Sender<Order>,
    stats: Arc<Mutex<Stats>>,
    task: JoinHandle<()>,
}

enum Order {
    Settings(Logs),
    Origin(Box<Origin>),
    DockerBack,
    Finish(Duration, oneshot::Sender<()>),
    Leave(oneshot::Sender<()>),
}

impl Carrier {
    /// Opens the stream of a container that was created and not started: every byte will come.
    ///
    /// # Errors
    /// When docker does not give the stream, or the memory cannot be kept.
    pub async fn fresh(wiring: Wiring) -> Result<Carrier, Error> {
        let mut pump = pump::Pump::new(wiring)?;
        pump.open_fresh().await?;
        Ok(Carrier::started(pump))
    }

    /// Goes on with a running container where the journal has its last line; the task tells how it
    /// went as an event, and keeps trying while docker is away.
    ///
    /// # Errors
    /// When the memory cannot be kept.
    pub fn resume(wiring: Wiring) -> Result<Carrier, Error> {
        let mut pump = pump::Pump::new(wiring)?;
        pump.open_again();
        Ok(Carrier::started(pump))
    }

    fn started(mut pump: pump::Pump) -> Carrier {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let stats = pump.stats();
        let task = tokio::spawn(async move { pump.run(inbox).await });
        Carrier {
            orders,
            stats,
            task,
        }
    }

    /// New settings after a reload; they hold from the next line on.
    pub async fn set_settings(&self, settings: Logs) {
        // A task that has ended has nothing to set.
        let _ = self.orders.send(Order::Settings(settings)).await;
    }

    /// New constant fields; the container stays the same.
    pub async fn set_origin(&self, origin: Origin) {
        let _ = self.orders.send(Order::Origin(Box::new(origin))).await;
    }

    /// Docker answers again: try at once instead of at the next turn.
    pub async fn docker_back(&self) {
        let _ = self.orders.send(Order::DockerBack).await;
    }

    pub fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(|it| it.into_inner())
    }

    /// The container has ended: reads to the end, fills in what the stream did not bring and hands
    /// all of it to the journal. Takes at most `limit` and a second.
    pub async fn finish(self, limit: Duration) -> Stats {
        let (done, waiting) = oneshot::channel();
        if self.orders.send(Order::Finish(limit, done)).await.is_ok() {
            let _ = tokio::time::timeout(limit + Duration::from_secs(1), waiting).await;
        }
        self.task.abort();
        self.stats()
    }

    /// Hands over what was read and lets go of a container that runs on, for another shim to resume.
    pub async fn leave(self) -> Stats {
        let (done, waiting) = oneshot::channel();
        if self.orders.send(Order::Leave(done)).await.is_ok() {
            let _ = tokio::time::timeout(deliver::STALL, waiting).await;
        }
        self.task.abort();
        self.stats()
    }
}
