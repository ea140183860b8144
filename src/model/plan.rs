//! What a deploy would change, node by node: shown first, done as shown.

use serde::{Deserialize, Serialize};

/// All changes, in the order they would be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Names exactly these changes from exactly this state of the nodes: 12 hex digits.
    pub id: String,
    pub changes: Vec<Change>,
    /// Nodes whose ingress is given other routes, after all changes.
    #[serde(default)]
    pub gates: Vec<GateChange>,
    /// What has to be put right before anything is done: where, and what.
    pub hindrances: Vec<(String, String)>,
    /// Nodes that could not be asked, and why.
    pub unreached: Vec<(String, String)>,
    /// What the operator should know though nothing is done about it.
    pub notices: Vec<String>,
}

/// The ingress of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateChange {
    pub node: String,
    /// What differs, one sentence each.
    pub why: Vec<String>,
}

/// One service on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub service: String,
    pub node: String,
    pub mark: Mark,
    /// What is to be done.
    pub action: Action,
    /// What differs, one sentence each.
    pub why: Vec<String>,
    /// What could hurt: a restart that interrupts, data that goes.
    pub danger: Option<String>,
    /// What is there does not work: given up, failed, or ended badly.
    pub broken: bool,
    /// How the node gets back to what it had.
    pub undo: Undo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    Add,
    Change,
    Remove,
}

/// What is done to a service on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// A revision is put and rolled out. `expect`: wanted there when the plan was made.
    Roll { expect: Option<String> },
    /// The revision wanted already is rolled out: it was not proven yet, or nothing runs.
    Resume { revision: String },
    /// A definition of a runner is written and its unit started or restarted.
    Place,
    /// Unit and script of a scripted service.
    Script,
    /// Its delete script, then all of `Script`.
    Renew,
    /// A unit that is there already is started.
    Start,
    /// Its delete script runs, or its manager takes it away.
    Delete,
}

/// The way back from a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Undo {
    /// This revision is wanted again.
    Rollback { revision: String },
    /// Nothing was there: it is taken away.
    Withdraw,
    /// The node kept what was there, and brings it back.
    Restore,
    /// Its unit did not run, and is stopped again.
    Stop,
    /// There is none.
    Nothing,
}

impl Mark {
    /// As plans show it.
    pub fn sign(self) -> char {
        match self {
            Mark::Add => '+',
            Mark::Change => '~',
            Mark::Remove => '-',
        }
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.gates.is_empty()
    }
}
