//! Snapshots: taken when something has changed, and listed.

use super::{Ground, Refusal, now};
use crate::host::btrfs;
use crate::model::stamp;
use crate::model::volume::outcome::{ListedSnapshot, Taken};
use crate::model::volume::{Snapshot, SnapshotName, VolumeName};

const NANOS: u64 = 1000;

impl Ground {
    /// Takes a snapshot; when nothing has changed since the last one, that is the answer.
    ///
    /// # Errors
    /// There is no such volume, it has subvolumes inside, or as btrfs says.
    pub async fn snapshot(&self, name: &VolumeName) -> Result<Taken, Refusal> {
        self.snapshots_needed()?;
        self.subvolume(name)?;
        let _held = self.lock(name, "snapshot").await?;
        self.snapshot_held(name).await
    }

    /// The same with the volume's lock held.
    pub(super) async fn snapshot_held(&self, name: &VolumeName) -> Result<Taken, Refusal> {
        self.no_nested(name).await?;
        if let Some(last) = self.unchanged(name).await? {
            return Ok(Taken {
                snapshot: last.name,
                created: false,
            });
        }
        let snapshot = self.take(name, false).await?;
        Ok(Taken {
            snapshot,
            created: true,
        })
    }

    /// The last snapshot, when the volume is still as it was then. btrfs counts a change with the transaction
    /// that brings it to the disk, so all of them have to be there first.
    async fn unchanged(&self, name: &VolumeName) -> Result<Option<Snapshot>, Refusal> {
        btrfs::flush(&self.places.volume(name)).await?;
        let volume = self.subvolume(name)?;
        // What came from another node says nothing about this one.
        let own = |it: &Snapshot| it.subvolume.parent == Some(volume.uuid);
        let Some(last) = self.snapshots(name)?.into_iter().rfind(own) else {
            return Ok(None);
        };
        Ok((volume.generation <= last.subvolume.created).then_some(last))
    }

    /// Takes one now, under a name later than every other.
    pub(super) async fn take(
        &self,
        name: &VolumeName,
        before: bool,
    ) -> Result<SnapshotName, Refusal> {
        let taken = self.snapshots(name)?;
        let last = taken.iter().map(|it| it.name.micros).max();
        // A clock that was put back must not make a new one look old.
        let micros = now().max(last.map_or(0, |it| it + 1));
        let snapshot = SnapshotName {
            volume: name.clone(),
            before,
            micros,
        };
        btrfs::snapshot(
            &self.places.volume(name),
            &self.places.snapshot(&snapshot),
            true,
        )
        .await?;
        Ok(snapshot)
    }

    /// Returns the snapshots of one volume or of all, oldest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn list_snapshots(&self, of: Option<&VolumeName>) -> Result<Vec<ListedSnapshot>, Refusal> {
        let mut found = self.all_snapshots(|it| of.is_none_or(|of| it.volume == *of))?;
        found.sort_by_key(|it| (it.name.volume.clone(), it.subvolume.created));
        let mut listed = Vec::new();
        for it in found {
            let standing = self.standing(&it.name.volume)?;
            let peers = standing.peers.into_iter();
            let common = peers.filter(|(_, peer)| peer.id == Some(it.subvolume.id()));
            listed.push(ListedSnapshot {
                taken: stamp::format(it.name.micros.saturating_mul(NANOS)),
                received: it.subvolume.received.is_some(),
                common_with: common.map(|it| it.0).collect(),
                name: it.name,
            });
        }
        Ok(listed)
    }
}
