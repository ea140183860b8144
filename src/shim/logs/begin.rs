//! Opening the stream: before the container starts, or again while it runs.

use tokio::time::{Duration, Instant, timeout};

use crate::decide::resume::{
    Sure, hash,
    ledger::{Ledger, Place},
};
use crate::host::{docker, journal::read};
use crate::model::{
    event::{Event, Kind},
    log::{Priority, Stream},
};

use super::pump::{Pump, now, read as read_stream};

/// A stream opened again is watched this long before the daemon's log is asked, so that what was
/// under way when it was opened has reached the log.
const SETTLE: Duration = Duration::from_millis(150);

/// Of those, what is surely over for the daemon's logger too, in nanoseconds.
const CERTAIN: u64 = 100_000_000;

/// Bytes that end the watching early: the container then waits while the log is read.
const ENOUGH: usize = 1024 * 1024;

/// Between two tries while docker does not give the stream.
const RETRY: Duration = Duration::from_secs(1);

impl Pump {
    /// Opens the stream of a container that has not started.
    pub(super) async fn open_fresh(&mut self) -> Result<(), docker::Error> {
        let id = self.origin.container_id.clone();
        self.attach = Some(self.docker.attach(&id, self.tty).await?);
        self.ledger = Ledger::fresh(&id, now());
        self.opened = true;
        self.remember();
        Ok(())
    }

    /// Prepares to go on where another shim left off; the loop does it first thing.
    pub(super) fn open_again(&mut self) {
        self.alarm.retry = Some(Instant::now());
    }

    /// Goes on with a running container, and tells how that went.
    pub(super) async fn open_again_now(&mut self) {
        if !self.opened {
            self.recall().await;
        }
        // Joined lines do not count as carried before they are written down.
        self.intake.scribe.flush_joined(u64::MAX);
        let id = self.origin.container_id.clone();
        let asked = now();
        match self.docker.attach(&id, self.tty).await {
            Ok(attach) => self.attach = Some(attach),
            Err(_) => {
                self.alarm.retry = Some(Instant::now() + RETRY);
                return;
            }
        }
        self.intake.inlets.open_seams(asked);
        self.moved = true;
        let end = Instant::now() + SETTLE;
        while self.intake.inlets.early() < ENOUGH {
            let reading = read_stream(&mut self.attach, &mut self.intake);
            match timeout(end - Instant::now(), reading).await {
                Ok(Ok(count)) if count > 0 => {}
                // It broke off again, or all is quiet.
                Ok(_) | Err(_) => break,
            }
        }
        let before = self.intake.scribe.caught_up();
        // Had a line been whole in the stream by now, its bytes would have come.
        let silent = self.intake.inlets.early() == 0;
        let horizon = if silent { asked + CERTAIN } else { asked };
        let Some(sure) = self.mend(horizon).await else {
            return;
        };
        if self.log_reads {
            let count = self.intake.scribe.caught_up() - before;
            self.tell_resumed(count, sure).await;
        }
        self.took().await;
    }

    /// Reads the ledger of the shim before, or makes one from what the journal shows.
    pub(super) async fn recall(&mut self) {
        self.opened = true;
        let text = self.memo.read().unwrap_or_default();
        match Ledger::from_text(&text, &self.origin.container_id) {
            Some(ledger) => {
                self.ledger = ledger;
                self.doubtful = !self.settle().await;
            }
            None => self.ledger = self.ledger_from_journal().await,
        }
        self.intake.scribe.reached = self.ledger.sent.clone();
    }

    async fn ledger_from_journal(&self) -> Ledger {
        let mut ledger = Ledger::fresh(&self.origin.container_id, 0);
        // Whatever the log shows, its head cannot be known for the container's first line.
        ledger.before = 1;
        for stream in [Stream::Stdout, Stream::Stderr] {
            let place = ledger.sent.of_mut(stream);
            let matches = [
                ("CONTAINER_ID_FULL", self.origin.container_id.as_str()),
                ("STREAM", stream.name()),
            ];
            match read::tail(&matches, crate::decide::resume::ledger::TAIL).await {
                Ok(records) => records.iter().for_each(|it| advance(place, it)),
                // Nothing is known: what the log has until now counts as carried.
                Err(_) => place.advance(0, now()),
            }
            place.lines = 0;
        }
        ledger
    }

    async fn tell_resumed(&mut self, count: u64, sure: Sure) {
        let kind = if sure == Sure::Exact {
            Kind::LogsResumed
        } else {
            Kind::LogsLost
        };
        let priority = if sure == Sure::Exact {
            Priority::INFO
        } else {
            Priority::WARNING
        };
        let (exactness, reason) = match sure {
            Sure::Exact => ("exact", ""),
            Sure::Estimated(why) => ("estimated", why),
            Sure::Lost => (
                "lost",
                "docker's log no longer reaches back to the last line carried",
            ),
        };
        let mut message = format!("{count} lines were read from docker's log");
        if !reason.is_empty() {
            message = format!("{message}; {reason}");
        }
        if self.doubtful {
            message +=
                "; the journal could not be asked for the last batch, which counts as arrived";
        }
        self.doubtful = false;
        let event = Event::new(kind, priority, message)
            .with("n_lines", count)
            .with("exactness", exactness);
        self.tell(event).await;
    }
}

fn advance(place: &mut Place, record: &read::Record) {
    let text = record.get("MESSAGE_RAW").or_else(|| record.get("MESSAGE"));
    let time = record
        .get("__REALTIME_TIMESTAMP")
        .and_then(|it| std::str::from_utf8(it).ok()?.parse::<u64>().ok());
    // Microseconds.
    place.advance(
        hash(text.map_or(&[][..], |it| it)),
        time.unwrap_or(0) * 1000,
    );
}
