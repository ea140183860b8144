//! A cluster at a glance: its nodes, each service on each node, and what is wrong with them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fleet::{Host, Unreached};

/// What `wharf status -f` shows, and prints with `--json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Glance {
    /// RFC 3339, UTC: when the nodes were asked.
    pub when: String,
    /// What is wrong, what nobody has acknowledged first.
    pub warnings: Vec<Warning>,
    /// In the file's order.
    pub nodes: Vec<Head>,
    /// In the file's order, each service node by node; shared by moments that differ in nothing but figures.
    pub services: Arc<Vec<Cell>>,
    /// Sentences for a person.
    pub notices: Vec<String>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Head {
    pub node: String,
    /// What ssh is given.
    pub destination: String,
    /// How long the answer took.
    pub took_ms: u64,
    /// None: it did not answer.
    pub host: Option<Host>,
    /// Seconds its clock is ahead of this machine's, as far as can be told: asking takes time.
    pub clock_ahead: f64,
    /// Of the wharf there; None: there is none.
    pub wharf: Option<String>,
    /// What is wrong with its ingress, one sentence each.
    pub ingress: Vec<String>,
    pub unreached: Option<Unreached>,
    /// What to do about that.
    pub next: Option<String>,
}

/// One service on one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    pub service: String,
    pub node: String,
    pub unit: String,
    /// systemd's word, or `restarting`, `absent` (there is no such unit), `unknown` (the node is away).
    pub state: String,
    /// What the service's state says of it as a whole.
    pub sign: Sign,
    /// What serves there, whole: `3-` and 32 hex digits.
    pub revision: Option<String>,
    /// Seconds in the state it is in.
    pub since: Option<u64>,
    /// What it says of itself, or of what is wrong.
    pub detail: String,
    /// What differs from the file, or between unit and container; None: nothing.
    pub drift: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    Failing,
    #[default]
    Unknown,
    Changing,
    Good,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    pub kind: Kind,
    pub node: String,
    /// None: it is about the node.
    pub service: Option<String>,
    /// One sentence, without a full stop.
    pub what: String,
    /// It is known, and not counted.
    pub acknowledged: Option<Ack>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The node does not answer.
    Down,
    /// A unit that should be active is not.
    Unit,
    Memory,
    Load,
    Disk,
    Clock,
    /// Requests do not come in as the cluster file says.
    Ingress,
}

/// Somebody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The cluster file it was said about.
    pub file: String,
    pub node: String,
    pub service: Option<String>,
    /// None: whatever is wrong there.
    pub kind: Option<Kind>,
    pub comment: String,
    pub who: String,
    /// Seconds since 1970.
    pub until: u64,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Down,
        Kind::Unit,
        Kind::Memory,
        Kind::Load,
        Kind::Disk,
        Kind::Clock,
        Kind::Ingress,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Down => "down",
            Kind::Unit => "unit",
            Kind::Memory => "memory",
            Kind::Load => "load",
            Kind::Disk => "disk",
            Kind::Clock => "clock",
            Kind::Ingress => "ingress",
        }
    }
}

impl Warning {
    /// What it is about, as it is acknowledged: `NODE` or `SERVICE@NODE`.
    pub fn target(&self) -> String {
        match &self.service {
            Some(service) => format!("{service}@{}", self.node),
            None => self.node.clone(),
        }
    }
}

impl Glance {
    /// Warnings nobody has acknowledged.
    pub fn open(&self) -> impl Iterator<Item = &Warning> {
        self.warnings.iter().filter(|it| it.acknowledged.is_none())
    }
}
