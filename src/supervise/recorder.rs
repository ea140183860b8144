//! One task for the output of all services: it follows their files, and the journal gets every line once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::Ears;
use super::pen::{Pen, Tail};
use super::track::Track;
use crate::decide::alert::listen::Tidings;
use crate::host::clock;
use crate::host::journal::{self, Journal};
use crate::host::workload::follow::Follow;
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority, Stream};
use crate::model::service::Logs;

/// Orders not yet taken; beyond, who gives them waits.
const ORDERS: usize = 1024;
/// News are gathered this long, so that many lines go in one batch.
const GATHER: Duration = Duration::from_millis(10);
/// Lines that wait to be joined are looked at this often.
const JOINING: Duration = Duration::from_millis(200);
/// How long somebody waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(5);

/// What a service writes to.
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) logs: Logs,
    /// Where its place is kept.
    pub(super) memory: PathBuf,
    /// The files to follow; `spare`: it is ours, and what was read is given back.
    pub(super) files: Vec<(Stream, PathBuf)>,
    pub(super) spare: bool,
    pub(super) tail: Tail,
}

enum Order {
    /// Follow these, from where they were carried to.
    Open(Box<Source>),
    Settings(String, Logs),
    /// Read to the end; the process is gone.
    End(String, oneshot::Sender<()>),
    Tell(Box<(Event, Origin)>),
    Flush(oneshot::Sender<()>),
}

/// Speaks to the task.
#[derive(Clone)]
pub(super) struct Recorder {
    orders: mpsc::Sender<Order>,
    /// There is a journal to carry lines to.
    pub(super) carries: bool,
}

impl Recorder {
    /// Starts the task. Without a journal lines stay in their files, and events go to stdout.
    pub(super) fn start(ears: Ears, unit: String) -> Recorder {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let journal = Journal::open().ok();
        let carries = journal.is_some();
        let task = Task {
            journal,
            follow: Follow::new().ok(),
            ears,
            unit,
            tracks: BTreeMap::new(),
            numbers: HashMap::new(),
            dirty: HashSet::new(),
        };
        tokio::task::spawn_local(task.run(inbox));
        Recorder { orders, carries }
    }

    pub(super) async fn open(&self, source: Source) {
        let _ = self.orders.send(Order::Open(Box::new(source))).await;
    }

    pub(super) async fn settings(&self, service: &str, logs: Logs) {
        let order = Order::Settings(service.to_owned(), logs);
        let _ = self.orders.send(order).await;
    }

    /// Returns when the last lines of a service are in the journal, or after a bounded time.
    pub(super) async fn end(&self, service: &str) {
        let (done, waiting) = oneshot::channel();
        let _ = self.orders.send(Order::End(service.to_owned(), done)).await;
        let _ = timeout(LAST_LINES, waiting).await;
    }

    pub(super) async fn tell(&self, event: Event, origin: &Origin) {
        let order = Order::Tell(Box::new((event, origin.clone())));
        let _ = self.orders.send(order).await;
    }

    /// Returns when everything told is written, or after a bounded time.
    pub(super) async fn flush(&self) {
        let (done, waiting) = oneshot::channel();
        let _ = self.orders.send(Order::Flush(done)).await;
        let _ = timeout(LAST_LINES, waiting).await;
    }
}

struct Task {
    journal: Option<Journal>,
    follow: Option<Follow>,
    ears: Ears,
    unit: String,
    tracks: BTreeMap<String, Box<Track>>,
    numbers: HashMap<i32, String>,
    dirty: HashSet<String>,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut due: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                told = news(self.follow.as_ref()) => self.told(told),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    due = None;
                    self.carry_dirty().await;
                }
            }
            if due.is_none() {
                due = self.next_turn();
            }
        }
    }

    fn next_turn(&self) -> Option<Instant> {
        if !self.dirty.is_empty() {
            return Some(Instant::now() + GATHER);
        }
        let joins = self.tracks.values().any(|it| it.waits());
        joins.then(|| Instant::now() + JOINING)
    }

    fn told(&mut self, numbers: HashSet<i32>) {
        let names = numbers.iter().filter_map(|it| self.numbers.get(it));
        self.dirty.extend(names.cloned());
    }

    async fn carry_dirty(&mut self) {
        let mut names = std::mem::take(&mut self.dirty);
        let joining = self.tracks.iter().filter(|(_, it)| it.waits());
        names.extend(joining.map(|(name, _)| name.clone()));
        for name in names {
            self.carry(&name, false).await;
        }
    }

    async fn carry(&mut self, name: &str, end: bool) {
        let (Some(track), Some(journal)) = (self.tracks.get_mut(name), self.journal.as_mut())
        else {
            return;
        };
        let refused = track.carry(journal, clock::wall(), end).await;
        let origin = track.origin.clone();
        for (stream, count) in track.suppressed(clock::wall()) {
            let text = format!(
                "{count} lines on {} above the rate were not stored",
                stream.name()
            );
            let event = Event::new(Kind::Suppressed, Priority::WARNING, text)
                .with("n_suppressed", count)
                .with("stream", stream.name());
            self.tell(&event, &origin).await;
        }
        if let Err(why) = refused {
            let text = format!("lines could not be carried to the journal: {why}");
            self.tell(
                &Event::new(Kind::LogsLost, Priority::WARNING, text),
                &origin,
            )
            .await;
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Open(source) => self.open(*source).await,
            Order::Settings(name, logs) => {
                if let Some(track) = self.tracks.get_mut(&name) {
                    track.pen.set(logs);
                }
            }
            Order::End(name, done) => {
                self.carry(&name, true).await;
                self.close(&name);
                let _ = done.send(());
            }
            Order::Tell(told) => self.tell(&told.0, &told.1).await,
            Order::Flush(done) => drop(done.send(())),
        }
    }

    async fn open(&mut self, source: Source) {
        self.close(&source.origin.service);
        let (name, files) = (source.origin.service.clone(), source.files.clone());
        let pen = Pen::new(&source.origin, source.logs, source.tail);
        let origin = source.origin.clone();
        let opened = Track::open(source.origin, pen, &source.memory, &files, source.spare);
        let mut track = match opened {
            Ok(track) => track,
            Err(why) => {
                let text = format!("its lines are not carried: {why}");
                let event = Event::new(Kind::LogsLost, Priority::WARNING, text);
                return self.tell(&event, &origin).await;
            }
        };
        track.settle().await;
        for (_, path) in &files {
            let number = self.follow.as_ref().and_then(|it| it.add(path).ok());
            if let Some(number) = number {
                self.numbers.insert(number, name.clone());
                track.numbers.push(number);
            }
        }
        self.tracks.insert(name.clone(), Box::new(track));
        // What came before somebody looked out for it.
        self.dirty.insert(name);
    }

    fn close(&mut self, name: &str) {
        let Some(track) = self.tracks.remove(name) else {
            return;
        };
        for number in track.numbers {
            self.numbers.remove(&number);
            if let Some(follow) = &self.follow {
                follow.remove(number);
            }
        }
    }

    async fn tell(&mut self, event: &Event, origin: &Origin) {
        if let Some(echo) = &self.ears.terminal {
            echo(event, &origin.service);
        }
        if let Some(alerts) = &self.ears.alerts {
            let next = format!("wharf supervise status {}", origin.service);
            let tidings = Tidings {
                event: event.clone().with("next", next),
                origin: origin.clone(),
                unit: String::new(),
                when: clock::wall().as_secs(),
            };
            // Who supervises waits for no mail: there is room for the storm of a host's worst hour.
            let _ = alerts.try_send(tidings);
        }
        match &mut self.journal {
            Some(journal) => journal.write_event(event, origin, Some(&self.unit)).await,
            None if self.ears.terminal.is_none() => journal::event::print(event),
            None => {}
        }
    }
}

async fn news(follow: Option<&Follow>) -> HashSet<i32> {
    match follow {
        Some(follow) => match follow.next().await {
            Ok(told) => told,
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
