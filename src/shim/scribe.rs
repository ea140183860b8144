//! Events on their way to the journal, in order, never waited for by who tells them.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::host::journal::{Journal, event};
use crate::model::event::Event;
use crate::model::log::Origin;

/// Events not yet written; beyond, journald is gone for good and they go to stdout.
const WAITING: usize = 256;
/// How long the last events may take to be written when the shim ends.
const FAREWELL: Duration = Duration::from_secs(5);

enum Order {
    Write(Box<(Event, Origin)>),
    Flush(oneshot::Sender<()>),
}

/// Writes events in a task of its own on the current runtime.
pub(super) struct Scribe {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl Scribe {
    pub(super) fn start() -> Scribe {
        let (orders, inbox) = mpsc::channel(WAITING);
        Scribe {
            orders,
            task: tokio::spawn(write_all(inbox)),
        }
    }

    /// Hands an event over.
    pub(super) fn write(&self, event: Event, origin: &Origin) {
        let order = Order::Write(Box::new((event, origin.clone())));
        if let Err(mpsc::error::TrySendError::Full(Order::Write(both))) =
            self.orders.try_send(order)
        {
            event::print(&both.0);
        }
    }

    /// Returns when everything handed over is written, or after five seconds.
    pub(super) async fn flush(&self) {
        let (done, waiting) = oneshot::channel();
        if self.orders.try_send(Order::Flush(done)).is_ok() {
            let _ = tokio::time::timeout(FAREWELL, waiting).await;
        }
    }

    /// Writes what is left and ends.
    pub(super) async fn close(self) {
        drop(self.orders);
        let _ = tokio::time::timeout(FAREWELL, self.task).await;
    }
}

async fn write_all(mut inbox: mpsc::Receiver<Order>) {
    let mut journal = Journal::open().ok();
    while let Some(order) = inbox.recv().await {
        match order {
            Order::Flush(done) => {
                // Who asked may have given up.
                let _ = done.send(());
            }
            Order::Write(both) => {
                let (event, origin) = *both;
                journal = journal.or_else(|| Journal::open().ok());
                match &mut journal {
                    Some(journal) => journal.write_event(&event, &origin, None).await,
                    None => event::print(&event),
                }
            }
        }
    }
}
