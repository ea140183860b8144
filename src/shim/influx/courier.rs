//! The task that delivers: what came back first, then the disk, then the queue, so that order holds.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, task::spawn_blocking, time::sleep};

use super::queue::Queue;
use crate::host::{
    influx::{Influx, Outcome},
    spool::{Batch, Spool},
};
use crate::model::delivery::Delivery;

/// Bytes of one write taken from memory.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes on disk, for one service: some hundred thousand points.
const SPOOL_BYTES: u64 = 32 << 20;
/// How long a point waits for company, so that a burst is one write.
const LINGER: Duration = Duration::from_millis(100);
/// Between tries, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Of the second an end may take, what the last delivery may; the rest is the disk's.
const FAREWELL_LIMIT: Duration = Duration::from_millis(500);

pub(super) struct Courier<T> {
    influx: Arc<Influx>,
    directory: PathBuf,
    /// None before the start, and when the disk does not work.
    spool: Option<Arc<Mutex<Spool>>>,
    queue: Arc<Queue>,
    /// Taken from the queue and not yet known to be stored.
    carried: Vec<String>,
    state: State,
    pause: Duration,
    lost: u64,
    bad_told: bool,
    tell: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Delivering,
    Away,
    Refused,
}

enum Turn {
    Delivered,
    Nothing,
    Failed,
}

impl<T: FnMut(Delivery)> Courier<T> {
    pub(super) fn new(influx: Influx, directory: PathBuf, queue: Arc<Queue>, tell: T) -> Self {
        Courier {
            influx: Arc::new(influx),
            directory,
            spool: None,
            queue,
            carried: Vec::new(),
            state: State::Delivering,
            pause: FIRST_PAUSE,
            lost: 0,
            bad_told: false,
            tell,
        }
    }

    /// Delivers until `stopped`. Every step keeps what it carries in `self` until it is safe
    /// elsewhere, so it may be left at any await.
    pub(super) async fn run(mut self, stopped: oneshot::Receiver<()>) {
        self.open_spool().await;
        tokio::select! {
            () = self.deliver() => {}
            _ = stopped => {}
        }
        if self.state == State::Delivering {
            // Over time is the same as not delivered: it goes to disk.
            let _ = tokio::time::timeout(FAREWELL_LIMIT, self.deliver_the_rest()).await;
        }
        self.save().await;
    }

    async fn deliver(&mut self) {
        loop {
            match self.turn().await {
                Turn::Delivered => {}
                Turn::Nothing => {
                    self.queue.arrival().await;
                    sleep(LINGER).await;
                }
                Turn::Failed => {
                    self.save().await;
                    self.rest().await;
                }
            }
        }
    }

    async fn deliver_the_rest(&mut self) {
        while matches!(self.turn().await, Turn::Delivered) {}
    }

    async fn turn(&mut self) -> Turn {
        self.count_lost().await;
        if self.carried.is_empty()
            && let Some(batch) = self.oldest().await
        {
            if !self.write(&batch.records).await {
                return Turn::Failed;
            }
            self.on_disk(move |spool| spool.remove(&batch)).await;
            return Turn::Delivered;
        }
        if self.carried.is_empty() {
            self.carried = self.queue.take(BATCH_BYTES);
        }
        if self.carried.is_empty() {
            return Turn::Nothing;
        }
        let lines = self.carried.clone();
        if !self.write(&lines).await {
            return Turn::Failed;
        }
        self.carried.clear();
        Turn::Delivered
    }

    /// Returns whether all lines that can be stored are. A server that finds one line bad may have
    /// stored all, some or none of the others: halving finds the bad one, and storing a point twice
    /// changes nothing.
    async fn write(&mut self, lines: &[String]) -> bool {
        let mut parts = vec![lines];
        while let Some(part) = parts.pop() {
            match self.post(part.join("\n")).await {
                Outcome::Taken => self.delivered(),
                Outcome::Bad(why) if part.len() < 2 => self.bad(why),
                Outcome::Bad(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Outcome::Busy(why) | Outcome::Away(why) => {
                    let place = self.influx.place();
                    self.failed(State::Away, Delivery::Away { place, why });
                    return false;
                }
                Outcome::Refused(why) => {
                    let place = self.influx.place();
                    self.failed(State::Refused, Delivery::Refused { place, why });
                    return false;
                }
            }
        }
        true
    }

    /// A server may take its time; meanwhile a crowded queue goes to disk.
    async fn post(&mut self, body: String) -> Outcome {
        let influx = Arc::clone(&self.influx);
        let answer = influx.write(body);
        tokio::pin!(answer);
        loop {
            let queue = Arc::clone(&self.queue);
            tokio::select! {
                outcome = &mut answer => return outcome,
                () = queue.crowd(), if self.spool.is_some() => self.spill().await,
            }
        }
    }

    async fn rest(&mut self) {
        let pause = sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        tokio::pin!(pause);
        loop {
            let queue = Arc::clone(&self.queue);
            tokio::select! {
                () = &mut pause => return,
                () = queue.crowd(), if self.spool.is_some() => self.spill().await,
            }
        }
    }

    fn delivered(&mut self) {
        if self.state != State::Delivering {
            let place = self.influx.place();
            let lost = std::mem::take(&mut self.lost);
            (self.tell)(Delivery::Back { place, lost });
        }
        self.state = State::Delivering;
        self.pause = FIRST_PAUSE;
    }

    fn failed(&mut self, state: State, word: Delivery) {
        if self.state != state {
            (self.tell)(word);
        }
        self.state = state;
    }

    fn bad(&mut self, why: String) {
        // It answers, so it is there.
        self.delivered();
        if !self.bad_told {
            (self.tell)(Delivery::BadPoint { why });
        }
        self.bad_told = true;
    }

    /// Puts everything on disk, oldest first; without a disk it stays in memory.
    async fn save(&mut self) {
        let carried = self.carried.clone();
        let saved = self.on_disk(move |spool| spool.push_before(&carried)).await;
        if saved.is_some() {
            self.carried.clear();
            self.spill().await;
        }
    }

    async fn spill(&mut self) {
        let lines = self.queue.copy();
        let count = lines.len();
        let saved = self.on_disk(move |spool| spool.push(&lines)).await;
        if saved.is_some() {
            self.queue.forget(count);
        }
        self.count_lost().await;
    }

    async fn count_lost(&mut self) {
        let memory = self.queue.take_dropped();
        let disk = self.on_disk(|spool| Ok(spool.take_dropped())).await;
        let lost = memory + disk.unwrap_or(0);
        if lost > 0 && self.lost == 0 {
            (self.tell)(Delivery::Full { lost });
        }
        self.lost += lost;
    }

    async fn oldest(&mut self) -> Option<Batch> {
        self.on_disk(Spool::oldest).await.flatten()
    }

    async fn open_spool(&mut self) {
        let directory = self.directory.clone();
        let opened = spawn_blocking(move || Spool::open(&directory, SPOOL_BYTES)).await;
        match flat(opened) {
            Ok(spool) => self.spool = Some(Arc::new(Mutex::new(spool))),
            Err(why) => self.without_disk(&why),
        }
    }

    /// Returns None when there is no disk, or none any more.
    async fn on_disk<A: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Spool) -> io::Result<A> + Send + 'static,
    ) -> Option<A> {
        let spool = Arc::clone(self.spool.as_ref()?);
        let done = spawn_blocking(move || {
            let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut spool)
        });
        match flat(done.await) {
            Ok(answer) => Some(answer),
            Err(why) => {
                self.without_disk(&why);
                None
            }
        }
    }

    fn without_disk(&mut self, why: &io::Error) {
        self.spool = None;
        let why = format!("{}: {why}", self.directory.display());
        (self.tell)(Delivery::NoSpool { why });
    }
}

fn flat<A>(done: Result<io::Result<A>, tokio::task::JoinError>) -> io::Result<A> {
    done.unwrap_or_else(|why| Err(io::Error::other(why)))
}
