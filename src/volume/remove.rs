//! Volumes and snapshots taken away, on purpose.

use std::collections::HashSet;

use super::{Ground, Refusal};
use crate::host::{btrfs, files};
use crate::model::volume::{SnapshotName, Standing, Uuid, VolumeName};

impl Ground {
    /// Deletes a volume; its snapshots stay, and where it has changed since the last one, another one is taken
    /// first and returned. A plain folder has no snapshots, and goes only with `force`.
    ///
    /// # Errors
    /// Somebody uses it, or it is not there.
    pub async fn remove(
        &self,
        name: &VolumeName,
        force: bool,
    ) -> Result<Option<SnapshotName>, Refusal> {
        if self.volume(name)?.is_none() {
            return Err(super::absent(name));
        }
        let _held = self.lock(name, "rm").await?;
        self.not_in_use(name)?;
        let path = self.places.volume(name);
        if !self.btrfs {
            if !force {
                return Err(Refusal::new(format!(
                    "{name} is a plain folder: nothing of it would be left"
                ))
                .next("--force removes it all the same"));
            }
            files::remove_folder(&path);
            return Ok(None);
        }
        let taken = self.snapshot_held(name).await?;
        btrfs::delete(&path).await?;
        Ok(taken.created.then_some(taken.snapshot))
    }

    /// Deletes one snapshot.
    ///
    /// # Errors
    /// It is the last one, or the next transfer starts from it, and `force` is not set.
    pub async fn remove_snapshot(&self, name: &SnapshotName, force: bool) -> Result<(), Refusal> {
        self.snapshots_needed()?;
        let _held = self.lock(&name.volume, "rm").await?;
        let snapshot = self.snapshot_named(name)?;
        if !force {
            self.not_needed(name, snapshot.subvolume.id())?;
        }
        Ok(btrfs::delete(&self.places.snapshot(name)).await?)
    }

    fn not_needed(&self, name: &SnapshotName, id: Uuid) -> Result<(), Refusal> {
        let standing = self.standing(&name.volume)?;
        let only = self.snapshots(&name.volume)?.len() == 1 && self.volume(&name.volume)?.is_none();
        let why = match (only, common(&standing).contains(&id)) {
            (true, _) => "it is the only copy here",
            (false, true) => {
                "the next transfer to another node starts from it; without it all of the volume goes again"
            }
            (false, false) => return Ok(()),
        };
        Err(Refusal::new(format!("{name} stays: {why}")).next("--force removes it all the same"))
    }
}

/// Returns what other nodes have last, by what it is known by everywhere.
pub(super) fn common(standing: &Standing) -> HashSet<Uuid> {
    standing.peers.values().filter_map(|it| it.id).collect()
}
