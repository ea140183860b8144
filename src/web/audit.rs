//! Who did what, for the journal of the host that serves the page.

use super::gate::Caller;
use crate::host::journal::{self, Journal};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};

/// Says that somebody did this, which is best said as a command.
pub(super) fn event(caller: &Caller, what: &str) -> Event {
    let text = format!("{} from {}: {what}", caller.name(), caller.address);
    Event::new(Kind::Page, Priority::INFO, text)
        .with("user", caller.name())
        .with("address", caller.address.to_string())
        .with("command", what)
}

/// On a host without a journal it goes to stdout.
pub(super) async fn write(event: Event) {
    match Journal::open() {
        Ok(mut journal) => journal.write_event(&event, &Origin::default(), None).await,
        Err(_) => journal::event::print(&event),
    }
}
