//! What another node says of a volume before anything is sent there.

use super::{Role, Uuid};

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct There {
    /// Volumes lie on btrfs there.
    pub btrfs: bool,
    /// `zstd` can be called there.
    pub zstd: bool,
    /// Where the volume lies, or would.
    #[serde(default)]
    pub folder: String,
    /// The volume itself is there, not only snapshots of it.
    pub present: bool,
    pub role: Role,
    pub term: u64,
    pub snapshots: Vec<Held>,
}

/// One complete snapshot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Held {
    pub name: String,
    /// The same on every node.
    pub id: Uuid,
    /// The order in which they appeared there.
    pub created: u64,
}
