//! Handing a batch to the journal so that a death at any instant leaves doubt about one batch at most.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::decide::resume::ledger::Pending;
use crate::host::journal;
use crate::model::{
    event::{Event, Kind},
    log::Priority,
};

use super::pump::{Pump, now};

/// A batch goes when it has this many bytes of encoded records.
pub(super) const BATCH_BYTES: usize = 128 * 1024;

/// How long journald may leave a batch waiting before the container is let go: its lines then stay
/// in docker's log and are read from there.
pub(super) const STALL: Duration = Duration::from_secs(5);

/// Between two tries of a stalled batch.
const RETRY: Duration = Duration::from_millis(250);

/// One try of a batch that has stalled before.
const SHORT_TRY: Duration = Duration::from_secs(1);

impl Pump {
    /// Hands the batch over; what cannot be handed over stays and is tried again by the clock.
    pub(super) async fn hand_over(&mut self) {
        self.alarm.batch = None;
        let patience = if self.sealed { SHORT_TRY } else { STALL };
        if !self.seal() {
            return;
        }
        let sending = self.journal.send(self.intake.scribe.records.bytes());
        match timeout(patience, sending).await {
            Ok(Ok(())) => self.arrived(),
            Ok(Err(why)) => {
                self.refused(&why).await;
                self.arrived();
            }
            Err(_) => self.stalled(),
        }
    }

    /// Names the batch and writes down where it leads; returns false when there is nothing to send.
    fn seal(&mut self) -> bool {
        if self.sealed {
            return true;
        }
        let scribe = &mut self.intake.scribe;
        if scribe.records.is_empty() {
            // Suppressed lines leave no record and are carried all the same.
            if self.ledger.sent != scribe.reached {
                self.ledger.sent = scribe.reached.clone();
                self.ledger.pending = None;
                self.remember();
            }
            return false;
        }
        let short = self.origin.container_id.get(..12).unwrap_or_default();
        let batch = format!("{short}.{:x}", now());
        scribe.records.field("LOG_BATCH", batch.as_bytes());
        self.ledger.pending = Some(Pending {
            batch,
            places: scribe.reached.clone(),
        });
        self.sealed = true;
        self.remember();
        true
    }

    fn arrived(&mut self) {
        self.sealed = false;
        // The file keeps the doubt: it is settled for free by the next write.
        self.ledger.settle(true);
        self.intake.scribe.clear();
        self.apply_settings();
    }

    /// Docker's log holds what comes while nobody reads; without such a log, the container waits.
    fn stalled(&mut self) {
        if self.log_reads {
            self.attach = None;
        }
        self.alarm.retry = Some(Instant::now() + RETRY);
    }

    async fn refused(&mut self, why: &journal::Error) {
        let count = self.intake.scribe.records.count();
        if let Ok(mut stats) = self.intake.scribe.stats.lock() {
            stats.refused += count as u64;
        }
        let message = format!("{count} lines were not taken by the journal: {why}");
        let event = Event::new(Kind::LogsLost, Priority::WARNING, message).with("n_lost", count);
        self.tell(event).await;
    }

    /// Writes the ledger down. A full runtime directory costs the exact position after a crash, no line.
    pub(super) fn remember(&self) {
        let _ = self.memo.write(&self.ledger.to_text());
    }
}
