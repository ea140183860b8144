//! Volumes, their snapshots, where they lie, and what other nodes hold of them.

mod job;
mod name;
pub mod outcome;
mod places;
mod standing;
mod there;
mod uuid;

pub use job::{Job, Jobs};
pub use name::{Fault, SnapshotName, VolumeName};
pub use places::{Places, ROOT, ROOT_VARIABLE};
pub use standing::{Peer, Role, Standing};
pub use there::{Held, There};
pub use uuid::Uuid;

/// What btrfs says of one subvolume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subvolume {
    pub uuid: Uuid,
    /// The uuid it had where it was sent from. Only a transfer that came to its end sets it.
    pub received: Option<Uuid>,
    /// What it was a snapshot of.
    #[serde(default)]
    pub parent: Option<Uuid>,
    pub read_only: bool,
    /// The last transaction that changed it.
    pub generation: u64,
    /// The transaction that made it: the order in which subvolumes appeared on this file system.
    pub created: u64,
}

/// A complete, read-only snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub name: SnapshotName,
    pub subvolume: Subvolume,
}

impl Subvolume {
    /// What is the same on every node that holds this content.
    pub fn id(&self) -> Uuid {
        self.received.unwrap_or(self.uuid)
    }
}

/// How a new volume is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Making {
    /// False: files are overwritten in place, which databases like, without checksums and compression.
    pub copy_on_write: bool,
    /// `zlib`, `lzo` or `zstd`.
    pub compression: Option<&'static str>,
}
