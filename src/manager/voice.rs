//! What the manager says: events to the journal, a line per step to whoever follows, one status line.

use std::io;

use crate::host::journal::Journal;
use crate::host::{clock, files, notify};
use crate::model::channel::Wish;
use crate::model::event::{Event, Kind};
use crate::model::ledger::{Outcome, StepLine};
use crate::model::log::{Origin, Priority};
use crate::model::places::Places;
use crate::model::revision::RevisionId;
use crate::model::stamp;

/// Bytes of the steps file beyond which it is begun anew, the last half kept.
const STEPS_LONGEST: usize = 256 * 1024;

/// Speaks for the manager of one service.
pub(super) struct Voice {
    journal: Option<Journal>,
    service: String,
    places: Places,
    /// Where the rollout under way leads.
    pub(super) revision: Option<RevisionId>,
    status: String,
    /// Problems told and not over: each is told once.
    problems: Vec<Kind>,
    /// What the service wants of the alerts.
    pub(super) alerts: Wish,
}

impl Voice {
    pub(super) fn new(service: &str, places: &Places) -> Voice {
        Voice {
            journal: Journal::open().ok(),
            service: service.to_owned(),
            places: places.clone(),
            revision: None,
            status: String::new(),
            problems: Vec::new(),
            alerts: Wish::default(),
        }
    }

    /// Shows one line in `systemctl status`.
    pub(super) fn status(&mut self, text: &str) {
        if self.status != text {
            text.clone_into(&mut self.status);
            // Outside systemd nobody looks.
            let _ = notify::status(text);
        }
    }

    /// Tells a step: to the journal, in the story of `unit` where it concerns one, and to followers.
    pub(super) async fn step(&mut self, event: Event, outcome: Outcome, unit: Option<&str>) {
        let line = StepLine {
            when: stamp::format(nanos()),
            revision: self.revision.clone(),
            text: event.message.clone(),
            outcome,
        };
        if let Err(why) = self.follow(&line) {
            self.status(&format!("cannot write the steps down: {why}"));
        }
        self.tell(event, unit).await;
    }

    pub(super) async fn tell(&mut self, event: Event, unit: Option<&str>) {
        let event = event.with_wish(&self.alerts);
        let origin = Origin {
            service: self.service.clone(),
            revision: self
                .revision
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            ..Origin::default()
        };
        if self.journal.is_none() {
            self.journal = Journal::open().ok();
        }
        match &mut self.journal {
            Some(journal) => journal.write_event(&event, &origin, unit).await,
            None => crate::host::journal::event::print(&event),
        }
    }

    /// Tells of a problem once, until [`Voice::over`].
    pub(super) async fn problem(&mut self, kind: Kind, text: String) {
        self.status(&text);
        if !self.problems.contains(&kind) {
            self.problems.push(kind);
            self.tell(Event::new(kind, Priority::WARNING, text), None)
                .await;
        }
    }

    /// Whether that problem had been told; it is over now.
    pub(super) fn over(&mut self, kind: Kind) -> bool {
        let before = self.problems.len();
        self.problems.retain(|it| *it != kind);
        self.problems.len() < before
    }

    fn follow(&self, line: &StepLine) -> io::Result<()> {
        let path = self.places.steps();
        let mut text = files::read(&path).unwrap_or_default();
        if text.len() > STEPS_LONGEST {
            let half = text[text.len() / 2..]
                .find('\n')
                .map(|it| text.len() / 2 + it + 1);
            text.drain(..half.unwrap_or(text.len()));
        }
        text += &serde_json::to_string(line).map_err(io::Error::other)?;
        text.push('\n');
        files::write(&path, text.as_bytes(), 0o644)
    }
}

/// Nanoseconds since the epoch.
pub(super) fn nanos() -> u64 {
    u64::try_from(clock::wall().as_nanos()).unwrap_or(u64::MAX)
}
