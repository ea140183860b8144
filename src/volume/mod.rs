//! The story of volumes: made, snapshotted, put back, sent to other nodes, thinned out.

pub mod bring;
pub mod create;
pub mod list;
pub mod peer;
pub mod plugin;
pub mod purge;
pub mod receive;
pub mod remove;
pub mod restore;
pub mod schedule;
pub mod send;
pub mod snapshot;
mod standing;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::host::lease::{self, Lease, Taken};
use crate::host::{btrfs, clock, files};
use crate::model::volume::{Places, Snapshot, SnapshotName, Subvolume, VolumeName};

/// How long a command waits for another one that changes the same volume.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const LOCK_LOOK: Duration = Duration::from_millis(100);

/// Why something was not done, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    pub what: String,
    pub next: Option<String>,
    /// The other node was not reached: nothing is known of it.
    pub away: bool,
}

/// Where volumes lie on this node.
#[derive(Clone, Debug)]
pub struct Ground {
    pub places: Places,
    /// False: volumes are plain folders, and there are no snapshots.
    pub btrfs: bool,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<String>) -> Refusal {
        Refusal {
            what: what.into(),
            next: None,
            away: false,
        }
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Refusal {
        self.next = Some(next.into());
        self
    }
}

impl From<io::Error> for Refusal {
    fn from(why: io::Error) -> Refusal {
        Refusal::new(why.to_string())
    }
}

/// Looks where volumes lie; nothing is made by looking.
///
/// # Errors
/// There is no such file system.
pub fn open(root: &Path) -> Result<Ground, Refusal> {
    let there = root.ancestors().find(|it| it.is_dir());
    let there =
        there.ok_or_else(|| Refusal::new(format!("{}: not an absolute path", root.display())))?;
    Ok(Ground {
        places: Places::new(root),
        btrfs: btrfs::is_btrfs(there)?,
    })
}

impl Ground {
    /// Makes the folders that are missing. What others on this host should not read is root's alone.
    fn prepare(&self) -> Result<(), Refusal> {
        let root = self.places.root();
        let missing: Vec<&Path> = root.ancestors().take_while(|it| !it.is_dir()).collect();
        for folder in missing.into_iter().rev() {
            files::make_directory(folder)?;
        }
        files::make_directory(&self.places.volumes())?;
        for folder in [
            self.places.snapshots(),
            self.places.incoming(),
            self.places.standings(),
            self.places.schedules(),
            self.places.locks(),
        ] {
            files::private_folder(&folder)?;
        }
        Ok(())
    }

    fn snapshots_needed(&self) -> Result<(), Refusal> {
        if self.btrfs {
            return Ok(());
        }
        let root = self.places.root().display();
        Err(Refusal::new(format!("{root} is not on btrfs, and only btrfs has snapshots"))
            .next(format!("mount a btrfs file system at {root} (mkfs.btrfs, mount); `wharf volume sync` copies files without one")))
    }

    /// Holds the volume against every other command that changes it or its snapshots.
    async fn lock(&self, name: &VolumeName, doing: &str) -> Result<Lease, Refusal> {
        hold(&self.places.lock(name), name, doing).await
    }

    /// Returns the volume; None: it is not here. A plain folder is one where there is no btrfs.
    fn volume(&self, name: &VolumeName) -> Result<Option<Option<Subvolume>>, Refusal> {
        let path = self.places.volume(name);
        if !self.btrfs {
            return Ok(path.is_dir().then_some(None));
        }
        match btrfs::subvolume(&path)? {
            Some(found) => Ok(Some(Some(found))),
            None if path.exists() => {
                Err(Refusal::new(format!("{} is no subvolume", path.display()))
                    .next("move it away, create the volume, and copy its files into it"))
            }
            None => Ok(None),
        }
    }

    /// As [`Ground::volume`], where it has to be a subvolume.
    fn subvolume(&self, name: &VolumeName) -> Result<Subvolume, Refusal> {
        self.volume(name)?.flatten().ok_or_else(|| absent(name))
    }

    /// Returns all complete snapshots of a volume, in the order in which they appeared here.
    fn snapshots(&self, name: &VolumeName) -> Result<Vec<Snapshot>, Refusal> {
        Ok(self.all_snapshots(|it| it.volume == *name)?)
    }

    /// The same of every volume that `which` chooses. What is not called as ours are is nobody's business here.
    fn all_snapshots(&self, which: impl Fn(&SnapshotName) -> bool) -> io::Result<Vec<Snapshot>> {
        let mut found = Vec::new();
        if !self.btrfs {
            return Ok(found);
        }
        for text in files::names(&self.places.snapshots()) {
            let Ok(name) = text.parse::<SnapshotName>() else {
                continue;
            };
            if !which(&name) {
                continue;
            }
            let subvolume = btrfs::subvolume(&self.places.snapshot(&name))?;
            if let Some(subvolume) = subvolume.filter(|it| it.read_only) {
                found.push(Snapshot { name, subvolume });
            }
        }
        found.sort_by_key(|it| it.subvolume.created);
        Ok(found)
    }

    fn snapshot_named(&self, name: &SnapshotName) -> Result<Snapshot, Refusal> {
        let found = self.snapshots(&name.volume)?;
        let found = found.into_iter().find(|it| it.name == *name);
        found.ok_or_else(|| {
            Refusal::new(format!("snapshot {name} not found"))
                .next(format!("wharf volume snapshots {} lists them", name.volume))
        })
    }
}

async fn hold(path: &Path, name: &VolumeName, doing: &str) -> Result<Lease, Refusal> {
    let mut waited = Duration::ZERO;
    loop {
        match lease::take(path, &format!("{doing}, process {}", std::process::id()))? {
            Taken::Mine(lease) => return Ok(lease),
            Taken::Held(by) if waited >= LOCK_WAIT => {
                let what = format!("{name} is held by another command: {by}");
                return Err(Refusal::new(what).next("try again when it has ended"));
            }
            Taken::Held(_) => sleep(LOCK_LOOK).await,
        }
        waited += LOCK_LOOK;
    }
}

fn absent(name: &VolumeName) -> Refusal {
    Refusal::new(format!("volume {name}: no such volume"))
        .next("wharf volume list shows what is there; wharf volume create makes one")
}

/// Microseconds since the epoch.
fn now() -> u64 {
    u64::try_from(clock::wall().as_micros()).unwrap_or(u64::MAX)
}

/// Deletes what an earlier attempt left, be it a subvolume, a folder with some in it, or nothing.
async fn clear(path: &Path) -> Result<(), Refusal> {
    if btrfs::subvolume(path)?.is_some() {
        return Ok(btrfs::delete(path).await?);
    }
    let inside: Vec<PathBuf> = files::names(path).iter().map(|it| path.join(it)).collect();
    for inside in inside {
        if btrfs::subvolume(&inside)?.is_some() {
            btrfs::delete(&inside).await?;
        }
    }
    files::remove_folder(path);
    Ok(())
}
