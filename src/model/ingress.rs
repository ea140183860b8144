//! What became of a gate on its node.

use serde::{Deserialize, Serialize};

/// How an apply ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub done: Done,
    /// Services whose routes could not be taken.
    pub held: Vec<HeldBack>,
}

/// What it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// The proxy runs with exactly this.
    Nothing,
    /// Addresses were changed while it ran.
    Words,
    Reloaded,
    /// It did not run.
    Started,
}

/// A service whose routes the proxy does not take as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    pub service: String,
    /// The proxy's own words.
    pub cause: String,
    /// Whether what it had before goes on; else it has no routes.
    pub before: bool,
}

/// How the ingress of a node stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngressStanding {
    /// The gate asked for last, as a hash; None: there was none.
    pub wanted: Option<String>,
    pub running: bool,
    /// Whether the last reload failed, so that an older configuration serves.
    pub failed: bool,
    pub held: Vec<HeldBack>,
    /// Services in maintenance.
    pub maintenance: Vec<String>,
    /// What each service is asked for by: `shop.example.org/`, `tcp 2222`.
    pub routes: Vec<(String, Vec<String>)>,
}

impl IngressStanding {
    /// Returns what is wrong with it, one sentence each.
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if !self.running {
            troubles.push("its proxy does not run".to_owned());
        }
        if self.failed {
            troubles.push("its proxy could not take the last configuration".to_owned());
        }
        let held = |it: &HeldBack| format!("routes of {} are held back: {}", it.service, it.cause);
        troubles.extend(self.held.iter().map(held));
        troubles
    }
}

impl Applied {
    /// Whether every service is served as the file says.
    pub fn is_whole(&self) -> bool {
        self.held.is_empty()
    }
}

impl Done {
    /// For a person.
    pub fn word(self) -> &'static str {
        match self {
            Done::Nothing => "as it was: nothing to do",
            Done::Words => "addresses changed while it runs",
            Done::Reloaded => "reloaded",
            Done::Started => "started",
        }
    }
}
