//! What came of a word about volumes, for whoever asked.

use super::{Role, SnapshotName, VolumeName};

/// One volume as `wharf volume list` shows it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Listed {
    pub name: VolumeName,
    /// False: only snapshots of it are here.
    pub present: bool,
    pub role: Role,
    pub term: u64,
    pub snapshots: usize,
    pub newest: Option<SnapshotName>,
    /// Who holds it right now, in words.
    pub users: Vec<String>,
    pub replicas: Vec<Replica>,
}

/// How far behind another node is.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Replica {
    pub peer: String,
    pub snapshot: Option<String>,
    /// Seconds since its newest complete snapshot was taken; None: it has none.
    pub lag: Option<f64>,
    pub error: Option<String>,
}

/// A snapshot with what its deletion would cost.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ListedSnapshot {
    pub name: SnapshotName,
    pub taken: String,
    /// It came from another node.
    pub received: bool,
    /// The nodes for which it is what the next transfer starts from.
    pub common_with: Vec<String>,
}

/// What a snapshot came to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Taken {
    pub snapshot: SnapshotName,
    /// False: nothing has changed since, and it is the one that was there.
    pub created: bool,
}

/// What a restore came to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    pub volume: VolumeName,
    pub from: SnapshotName,
    /// What the volume held before; None: it was not there.
    pub before: Option<SnapshotName>,
}

/// One snapshot in a purge.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Purged {
    pub snapshot: SnapshotName,
    pub gone: bool,
    /// Why it stays though the pattern would have it go.
    pub spared: Option<&'static str>,
}

/// What a transfer came to.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Sent {
    pub snapshot: String,
    /// What only the difference was sent to; None: all of it was.
    pub parent: Option<String>,
    /// False: it was there already.
    pub moved: bool,
    /// Bytes that went over the network.
    pub bytes: u64,
    pub seconds: f64,
}
