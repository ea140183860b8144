//! What the shim says: events to the journal (and metrics), one status line to systemd.

use crate::host::journal::Journal;
use crate::host::notify;
use crate::host::surroundings::Surroundings;
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::service::Service;

/// Speaks for one service.
pub(super) struct Voice {
    pub(super) journal: Journal,
    pub(super) origin: Origin,
}

impl Voice {
    pub(super) fn open(service: &Service, site: &Surroundings) -> Voice {
        let origin = Origin {
            service: service.name.clone(),
            revision: revision(&site.unit),
            container_name: service.name.clone(),
            container_id: String::new(),
            image: service.container.image.clone(),
        };
        Voice {
            journal: Journal::open(),
            origin,
        }
    }

    /// Writes an event.
    pub(super) fn tell(&mut self, event: Event) {
        self.journal.write_event(&event, &self.origin, None);
    }

    pub(super) fn info(&mut self, kind: Kind, message: impl Into<String>) {
        self.tell(Event::new(kind, Priority::INFO, message));
    }

    pub(super) fn warn(&mut self, kind: Kind, message: impl Into<String>) {
        self.tell(Event::new(kind, Priority::WARNING, message));
    }

    /// Sets the line `systemctl status` shows.
    pub(super) fn status(&mut self, text: &str) {
        // Outside systemd nobody listens, and that is fine.
        let _ = notify::status(text);
    }

    /// Tells systemd that the service works.
    pub(super) fn ready(&mut self) {
        if let Err(why) = notify::ready() {
            self.warn(Kind::Failed, format!("cannot tell systemd READY=1: {why}"));
        }
    }
}

/// The instance of a unit that is named after a revision, `2-9f…`; empty for others.
fn revision(unit: &str) -> String {
    let instance = unit
        .split_once('@')
        .map_or("", |(_, it)| it.trim_end_matches(".service"));
    let looks = instance.split_once('-').is_some_and(|(generation, hash)| {
        generation.parse::<u64>().is_ok()
            && hash.len() == 32
            && hash.bytes().all(|it| it.is_ascii_hexdigit())
    });
    if looks {
        instance.to_owned()
    } else {
        String::new()
    }
}
