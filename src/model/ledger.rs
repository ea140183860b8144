//! What a manager writes down between two looks, because nobody else could tell it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::revision::{InstanceName, RevisionId};

/// What the operator asked for, kept over a reboot.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Wish {
    pub paused: bool,
    pub withdrawn: bool,
    /// Counts the times somebody asked to try again.
    pub asked: u64,
}

/// Times are milliseconds of the monotonic clock; a reboot ends clock and file alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Trace {
    pub trial: Option<TrialRecord>,
    /// Since when an instance takes no new connections.
    pub idle: BTreeMap<String, u64>,
    /// Instances told to send their clients away.
    pub hinted: Vec<InstanceName>,
    /// Real servers we put behind the address: any other entry is somebody else's and stays.
    pub known: Vec<SocketAddr>,
    /// Revisions whose image is here and that there is room for.
    pub prepared: Vec<RevisionId>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TrialRecord {
    pub revision: RevisionId,
    pub since_ms: u64,
    pub probed: bool,
}

/// Who manages a service on this node.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lease {
    pub owner: String,
    pub pid: u32,
    /// Milliseconds of the monotonic clock; each look renews it.
    pub expires_ms: u64,
}

/// One step as it is followed by whoever asked for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StepLine {
    /// RFC 3339, UTC.
    pub when: String,
    /// The revision the rollout leads to.
    pub revision: Option<RevisionId>,
    pub text: String,
    pub outcome: Outcome,
}

/// How far the rollout is after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Going,
    /// The revision served through its window; what is left is the old one's leaving.
    Proven,
    /// It is proven and nothing else runs.
    Done,
    /// It was given up; what served before serves again.
    Failed,
}
