//! The cluster as the page knows it at this moment, and how old that is.

use serde::Serialize;

use super::shown::Live;

/// One moment of everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub live: Live,
    /// Beside the glance's nodes, in the same order.
    pub heard: Vec<Heard>,
    /// Seconds since 1970 it stands for; 0: nothing was asked yet.
    pub at: f64,
}

impl Seen {
    /// Names this moment, in milliseconds since 1970; 0: nothing was asked yet.
    pub fn moment(&self) -> u64 {
        (self.at * 1000.0) as u64
    }
}

/// When a node last answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Heard {
    pub node: String,
    /// Seconds since 1970; None: never yet.
    pub at: Option<f64>,
    pub freshness: Freshness,
}

/// How much what is known of a node is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freshness {
    /// It is being asked for the first time.
    #[default]
    Asking,
    Fresh,
    /// What it said last is shown; it has missed rounds since.
    Stale,
    /// It is away: what it said last is worth nothing.
    Lost,
}

/// A node's figures at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since 1970.
    pub at: f64,
    /// Runnable tasks, over a minute.
    pub load: f64,
    /// Bytes in use.
    pub memory: u64,
    /// Percent in use, in the order of the machine's disks.
    pub disks: Vec<f64>,
    /// Bytes per second.
    pub received: f64,
    pub sent: f64,
    /// Percent of the last minute in which some task waited.
    pub pressure_cpu: f64,
    pub pressure_memory: f64,
    pub pressure_io: f64,
}
