//! Where volumes and what belongs to them lie below one folder.

use std::path::{Path, PathBuf};

use super::{SnapshotName, VolumeName};

/// The variable that moves volumes away from [`ROOT`].
pub const ROOT_VARIABLE: &str = "WHARF_VOLUMES";
pub const ROOT: &str = "/var/lib/wharf/volumes";

/// ```text
/// volumes/db                                   what services write into
/// snapshots/db@2026-11-21T23:02:00.123456Z     complete and read-only, whatever is in here
/// incoming/                                    on its way; nothing ever reads it
/// standing/db.json                             whose it is, and what other nodes hold
/// schedules/db.json                           what is done to it again and again
/// locks/db                                     held by whoever changes the volume or its snapshots
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    root: PathBuf,
}

impl Places {
    pub fn new(root: &Path) -> Places {
        Places {
            root: root.to_owned(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn volumes(&self) -> PathBuf {
        self.root.join("volumes")
    }

    pub fn volume(&self, name: &VolumeName) -> PathBuf {
        self.volumes().join(name.as_str())
    }

    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    pub fn snapshot(&self, name: &SnapshotName) -> PathBuf {
        self.snapshots().join(name.to_string())
    }

    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// What is made here and then put in place at once.
    pub fn unfinished(&self, name: &VolumeName) -> PathBuf {
        self.incoming().join(format!("{name}.unfinished"))
    }

    pub fn standing(&self, name: &VolumeName) -> PathBuf {
        self.standings().join(format!("{name}.json"))
    }

    pub fn standings(&self) -> PathBuf {
        self.root.join("standing")
    }

    /// What is done to it again and again.
    pub fn jobs(&self, name: &VolumeName) -> PathBuf {
        self.schedules().join(format!("{name}.json"))
    }

    pub fn schedules(&self) -> PathBuf {
        self.root.join("schedules")
    }

    /// While it is there, nothing is done by itself.
    pub fn paused(&self) -> PathBuf {
        self.schedules().join("paused")
    }

    pub fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub fn lock(&self, name: &VolumeName) -> PathBuf {
        self.locks().join(name.as_str())
    }

    /// Held while it is sent somewhere, which takes its time.
    pub fn sending(&self, name: &VolumeName) -> PathBuf {
        self.locks().join(format!("{name}@sending"))
    }
}
