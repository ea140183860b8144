//! The carrier's loop: read, write down, hand over; wait for nothing it cannot name.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::decide::resume::ledger::Ledger;
use crate::host::{
    clock,
    docker::{Docker, streams::Attach},
    journal::Journal,
    memo::Memo,
};
use crate::model::{
    event::Event,
    log::{Origin, Stream},
    service::Logs,
};

use super::{Error, Order, Stats, Wiring, deliver::BATCH_BYTES, inlet::Inlets, scribe::Scribe};

/// A batch waits for more lines at most this long.
pub(super) const BATCH_TIME: Duration = Duration::from_millis(10);

/// Without a byte for so long, everything written has come, and the daemon's log has it too.
const QUIET: Duration = Duration::from_millis(250);

/// Between two tries to read again, or to hand a stalled batch over.
const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Pump {
    pub(super) docker: Docker,
    pub(super) journal: Journal,
    pub(super) origin: Origin,
    pub(super) tty: bool,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) memo: Memo,
    pub(super) ledger: Ledger,
    pub(super) attach: Option<Attach>,
    pub(super) intake: Intake,
    /// The daemon's log of this container can be read.
    pub(super) log_reads: bool,
    /// The ledger is of this container, as it stands.
    pub(super) opened: bool,
    /// Settings not in force yet.
    pub(super) wanted: Option<Logs>,
    /// The journal could not be asked whether the last batch arrived.
    pub(super) doubtful: bool,
    /// The batch has its name and the ledger knows it: no line may join it.
    pub(super) sealed: bool,
    /// Lines have come since the anchor.
    pub(super) moved: bool,
    /// When the loop looks up by itself.
    pub(super) alarm: Alarm,
}

/// Where bytes go.
pub(super) struct Intake {
    pub(super) inlets: Inlets,
    pub(super) scribe: Scribe,
}

/// The next thing to do by the clock.
#[derive(Clone, Copy, Default)]
pub(super) struct Alarm {
    /// Hand the batch over.
    pub(super) batch: Option<Instant>,
    /// All is quiet.
    pub(super) quiet: Option<Instant>,
    /// Read again, or hand over what is stalled.
    pub(super) retry: Option<Instant>,
}

impl Intake {
    pub(super) fn take(&mut self, stream: Stream, bytes: &[u8], now: u64) {
        self.inlets.take(stream, bytes, now, &mut self.scribe);
    }
}

pub(super) fn now() -> u64 {
    u64::try_from(clock::wall().as_nanos()).unwrap_or(u64::MAX)
}

impl Pump {
    pub(super) fn new(wiring: Wiring) -> Result<Pump, Error> {
        let memo = Memo::open(&wiring.memory).map_err(|why| Error::Memory {
            path: wiring.memory.clone(),
            why,
        })?;
        let scribe = Scribe::new(&wiring.origin, wiring.settings);
        Ok(Pump {
            ledger: Ledger::fresh(&wiring.origin.container_id, now()),
            docker: wiring.docker,
            journal: wiring.journal,
            origin: wiring.origin,
            tty: wiring.tty,
            events: wiring.events,
            memo,
            attach: None,
            intake: Intake {
                inlets: Inlets::default(),
                scribe,
            },
            log_reads: true,
            opened: false,
            wanted: None,
            doubtful: false,
            sealed: false,
            moved: false,
            alarm: Alarm::default(),
        })
    }

    pub(super) fn stats(&self) -> Arc<Mutex<Stats>> {
        Arc::clone(&self.intake.scribe.stats)
    }

    /// Carries until told to end.
    pub(super) async fn run(&mut self, mut inbox: mpsc::Receiver<Order>) {
        loop {
            let wake = self.alarm.next();
            select! {
                biased;
                order = inbox.recv() => match order {
                    Some(order) => if self.obey(order).await { return },
                    None => return,
                },
                got = read(&mut self.attach, &mut self.intake), if !self.sealed => {
                    self.received(got).await;
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    self.woken().await;
                }
            }
        }
    }

    /// Returns true when it was the last order.
    async fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Settings(settings) => {
                self.wanted = Some(settings);
                self.apply_settings();
            }
            Order::Origin(origin) => {
                self.intake.scribe.set_origin(&origin);
                self.origin = *origin;
            }
            Order::DockerBack if self.attach.is_none() => self.alarm.retry = Some(Instant::now()),
            Order::DockerBack => {}
            Order::Finish(limit, done) => {
                self.finish(Instant::now() + limit).await;
                // Whoever asked may have given up.
                let _ = done.send(());
                return true;
            }
            Order::Leave(done) => {
                if !self.sealed {
                    self.intake.scribe.flush_joined(u64::MAX);
                }
                self.hand_over().await;
                self.remember();
                let _ = done.send(());
                return true;
            }
        }
        false
    }

    /// Settings wait for a sealed batch to arrive: joined lines of the old ones may not join it.
    pub(super) fn apply_settings(&mut self) {
        if !self.sealed
            && let Some(settings) = self.wanted.take()
        {
            self.intake.scribe.set_settings(settings);
        }
    }

    async fn received(&mut self, got: io::Result<usize>) {
        match got {
            // The container's end is told by the shim; until then it may be the daemon's.
            Ok(0) | Err(_) => self.break_off().await,
            Ok(_) => self.took().await,
        }
    }

    /// Lets go of a stream that ended or lost its daemon; it is opened again in a while.
    pub(super) async fn break_off(&mut self) {
        self.attach = None;
        self.hand_over().await;
        self.alarm.retry = Some(Instant::now() + RETRY);
    }

    /// Bytes came: mend a seam that shows, hand over a full batch, set the clock for the rest.
    pub(super) async fn took(&mut self) {
        self.moved = true;
        if self.intake.inlets.seam_shows() && self.mend(0).await.is_none() {
            return;
        }
        if self.intake.scribe.records.bytes().len() >= BATCH_BYTES {
            self.hand_over().await;
        } else if !self.intake.scribe.records.is_empty() {
            let due = Instant::now() + BATCH_TIME;
            self.alarm.batch.get_or_insert(due);
        }
        // A flood leaves the clock no turn of its own.
        if passed(self.alarm.batch) {
            self.batch_is_due().await;
        }
        self.watch_scribe();
        self.alarm.quiet = Some(Instant::now() + QUIET);
    }

    /// Joined lines and counts have times of their own.
    fn watch_scribe(&mut self) {
        if let Some(due) = self.intake.scribe.due() {
            let due = Instant::now() + due.saturating_sub(clock::wall());
            let batch = self.alarm.batch.map_or(due, |it| it.min(due));
            self.alarm.batch = Some(batch);
        }
    }

    async fn woken(&mut self) {
        if passed(self.alarm.retry) {
            self.alarm.retry = None;
            self.try_again().await;
        }
        if passed(self.alarm.batch) {
            self.batch_is_due().await;
            self.watch_scribe();
        }
        if passed(self.alarm.quiet) {
            self.alarm.quiet = None;
            self.drop_anchor();
        }
    }

    async fn batch_is_due(&mut self) {
        self.alarm.batch = None;
        if !self.sealed {
            self.intake.scribe.flush_joined(now());
            self.tell_suppressed(false).await;
        }
        self.hand_over().await;
    }

    async fn try_again(&mut self) {
        if self.sealed {
            self.hand_over().await;
        }
        if self.attach.is_some() || self.sealed {
            return;
        }
        match self.docker.inspect(&self.origin.container_id).await {
            Ok(Some(seen)) if seen.running => self.open_again_now().await,
            // It has ended: the shim will say so.
            Ok(_) => {}
            Err(_) => self.alarm.retry = Some(Instant::now() + RETRY),
        }
    }

    /// A quiet moment is a place both we and the daemon's log agree on.
    fn drop_anchor(&mut self) {
        let scribe = &mut self.intake.scribe;
        let busy = self.sealed
            || self.attach.is_none()
            || !scribe.records.is_empty()
            || scribe.joining()
            || self.intake.inlets.pending();
        if busy || !self.moved {
            return;
        }
        self.moved = false;
        self.ledger.sent = scribe.reached.clone();
        // Between the last byte and now.
        let quiet = u64::try_from(QUIET.as_nanos() / 2).unwrap_or(0);
        self.ledger.anchor_at(now().saturating_sub(quiet));
        scribe.reached = self.ledger.sent.clone();
        self.remember();
    }

    pub(super) async fn tell_suppressed(&mut self, all: bool) {
        for event in self.intake.scribe.suppressed(now(), all) {
            self.tell(event).await;
        }
    }

    /// Tells the shim, or, when it does not listen, the journal.
    pub(super) async fn tell(&mut self, event: Event) {
        if let Err(it) = self.events.try_send(event) {
            let event = it.into_inner();
            self.journal.write_event(&event, &self.origin, None).await;
        }
    }
}

impl Alarm {
    fn next(&self) -> Option<Instant> {
        [self.batch, self.quiet, self.retry]
            .into_iter()
            .flatten()
            .min()
    }
}

fn passed(alarm: Option<Instant>) -> bool {
    alarm.is_some_and(|it| it <= Instant::now())
}

/// Waits for bytes of the living stream; for ever when there is none.
pub(super) async fn read(attach: &mut Option<Attach>, intake: &mut Intake) -> io::Result<usize> {
    let Some(attach) = attach else {
        return std::future::pending().await;
    };
    let mut time = None;
    attach
        .read(|stream, bytes| {
            let now = *time.get_or_insert_with(now);
            intake.take(stream, bytes, now);
        })
        .await
}
