//! Whose a volume is, and what other nodes hold of it: one small file beside the volumes.

use std::collections::BTreeMap;

use super::{SnapshotName, Uuid};

/// Who may write into the volume here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Services here write into it.
    #[default]
    Master,
    /// What is here came from another node, and more of it will.
    Replica,
    /// Another node has become the master: nobody writes here any more.
    Fenced,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    #[serde(default)]
    pub role: Role,
    /// Counts the masters there have been; of two nodes the one with the higher number is right.
    #[serde(default)]
    pub term: u64,
    /// Who sends it here, as that node calls itself.
    #[serde(default)]
    pub from: Option<String>,
    /// Where it is sent to, and what came of it.
    #[serde(default)]
    pub peers: BTreeMap<String, Peer>,
}

/// What another node holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Peer {
    /// The newest complete snapshot there, by its name here.
    #[serde(default)]
    pub snapshot: Option<String>,
    /// What it is known by on both nodes.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// Seconds since the epoch of the last attempt.
    #[serde(default)]
    pub tried: u64,
    /// Why the last attempt failed; None: it did not.
    #[serde(default)]
    pub error: Option<String>,
    /// Bytes that went over the network for the last snapshot.
    #[serde(default)]
    pub bytes: u64,
}

impl Peer {
    /// When what is there was taken, microseconds since the epoch; None: nothing is there.
    pub fn taken(&self) -> Option<u64> {
        let name: SnapshotName = self.snapshot.as_ref()?.parse().ok()?;
        Some(name.micros)
    }
}
