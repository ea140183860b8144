//! The journal, for now as lines on stderr.
use crate::model::event::Event;
use crate::model::log::Origin;
pub struct Journal;
impl Journal {
    pub fn open() -> Journal {
        Journal
    }
    pub fn write_event(&self, event: &Event, _o: &Origin, _u: Option<&str>) {
        use std::io::Write;
        let _ = writeln!(
            std::io::stderr(),
            "{} {} {:?}",
            event.kind.name(),
            event.message,
            event.data
        );
    }
}
