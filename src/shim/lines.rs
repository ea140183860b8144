//! The shim's side of the log's journey: what the carrier needs, what it tells, the last lines for a report.

use tokio::sync::mpsc;

use super::Shim;
use super::end::Ending;
use super::logs::Wiring;
use crate::host::docker::Docker;
use crate::host::{files, journal};
use crate::model::event::Event;
use crate::model::observed::Container;

/// What the carrier wants told and the shim has not yet told; beyond, it tells the journal itself.
const EVENTS_WAITING: usize = 32;
/// A line in a report is cut to so many characters.
const REPORT_WIDTH: usize = 500;

/// What the carrier tells, in order.
pub(super) struct Events {
    sender: mpsc::Sender<Event>,
    receiver: mpsc::Receiver<Event>,
}

impl Default for Events {
    fn default() -> Events {
        let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
        Events { sender, receiver }
    }
}

impl Events {
    /// Waits for the next.
    pub(super) async fn next(&mut self) -> Event {
        match self.receiver.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// Returns the next if it is there.
    pub(super) fn try_next(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok()
    }
}

impl Shim {
    /// Returns what a carrier of this container's lines needs.
    ///
    /// # Errors
    /// The journal does not answer, or there is no place to remember the position in.
    pub(super) fn wiring(&self, docker: &Docker, seen: &Container) -> Result<Wiring, Ending> {
        files::private_folder(&self.site.runtime)
            .map_err(|why| Ending::failed(format!("{}: {why}", self.site.runtime.display())))?;
        Ok(Wiring {
            docker: docker.clone(),
            journal: journal::Journal::open().map_err(|why| Ending::failed(why.to_string()))?,
            origin: self.voice.origin.clone(),
            settings: self.service.logs.clone(),
            memory: self.site.runtime.join("log-position"),
            tty: seen.tty,
            events: self.log_events.sender.clone(),
        })
    }

    /// Returns the last lines of this container out of the journal, the oldest first.
    pub(super) async fn report_lines(&self, count: usize) -> Vec<String> {
        let Some(id) = &self.container else {
            return Vec::new();
        };
        let matches = [
            ("CONTAINER_ID_FULL", id.as_str()),
            ("STREAM", "stdout"),
            ("STREAM", "stderr"),
        ];
        // A journal that cannot be read makes a shorter report, not another failure.
        let records = journal::read::tail(&matches, count)
            .await
            .unwrap_or_default();
        let text = |it: &journal::read::Record| {
            let message = it
                .get("MESSAGE")
                .map(|it| String::from_utf8_lossy(it).into_owned());
            message
                .unwrap_or_default()
                .chars()
                .take(REPORT_WIDTH)
                .collect()
        };
        records.iter().map(text).collect()
    }
}
