//! Did the last batch before a sudden end arrive? The journal knows.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::host::journal::{
    event::encode,
    read::{Record, tail},
};
use crate::model::{
    event::{Event, Kind},
    log::Priority,
};

use super::{
    deliver::STALL,
    pump::{Pump, now},
};

/// How long the journal may take to show a record it was given.
const LIMIT: Duration = Duration::from_secs(2);

const RETRY: Duration = Duration::from_millis(20);

impl Pump {
    /// Settles the ledger's doubt. Returns false when the journal cannot be asked: the batch is then
    /// taken for arrived.
    pub(super) async fn settle(&mut self) -> bool {
        let Some(pending) = self.ledger.pending.clone() else {
            return true;
        };
        let answer = self.ask(&pending.batch).await;
        self.ledger.settle(answer.unwrap_or(true));
        self.remember();
        answer.is_some()
    }

    /// Sends a mark behind everything sent before and looks for both: the journal's queue keeps
    /// its order, so where the mark is readable and the batch is not, it never came.
    async fn ask(&mut self, batch: &str) -> Option<bool> {
        let mark = format!("{batch}.{:x}", now());
        let message = "looking in the journal for the last line carried";
        let event = Event::new(Kind::LogsResumed, Priority::DEBUG, message);
        let records = encode(&event, &self.origin, None, &[("LOG_BATCH", &mark)]);
        let sending = self.journal.send(records.bytes());
        timeout(STALL, sending).await.ok()?.ok()?;
        let matches = [("LOG_BATCH", batch), ("LOG_BATCH", &mark)];
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let found = tail(&matches, 2).await.ok()?;
            let has = |name: &str| found.iter().any(|it| named(it, name));
            if has(&mark) {
                return Some(has(batch));
            }
            sleep(RETRY).await;
        }
        None
    }
}

fn named(record: &Record, batch: &str) -> bool {
    record
        .get("LOG_BATCH")
        .is_some_and(|it| it == batch.as_bytes())
}
