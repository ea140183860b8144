//! The story of host processes: each found, started, watched and ended, one of them for a unit or many without.

mod alone;
mod board;
mod census;
mod checks;
mod client;
mod crew;
mod desk;
mod end;
mod find;
mod keeper;
mod load;
mod orders;
mod pen;
mod reap;
mod recorder;
mod start;
mod track;
pub mod usrsvc;
mod watch;

use crate::decide::alert::listen::Tidings;
use crate::model::event::Event;

pub use alone::run;
pub use client::{ask, socket};
pub use crew::{Refused, supervise};
pub use load::{Given, Unusable, given};
pub use reap::reap;

/// Somebody at a terminal hears the events, with the name of their service.
pub type Echo = Box<dyn Fn(&Event, &str)>;

/// Who else hears the events, besides the journal.
#[derive(Default)]
pub struct Ears {
    pub terminal: Option<Echo>,
    /// Whoever tells people; what does not fit is not waited for.
    pub alerts: Option<tokio::sync::mpsc::Sender<Tidings>>,
}
