//! A volume put back to what a snapshot holds; what it held becomes a snapshot itself.

use super::{Ground, Refusal, clear};
use crate::host::{btrfs, files, mounts};
use crate::model::volume::outcome::Restored;
use crate::model::volume::{Role, Snapshot, SnapshotName, VolumeName};

impl Ground {
    /// Puts `target` back to what the newest snapshot of `volume` holds, as [`Ground::restore`] does. What an
    /// earlier restore put aside is no candidate: it would bring back what somebody wanted away.
    ///
    /// # Errors
    /// There is none, or as [`Ground::restore`].
    pub async fn restore_newest(
        &self,
        volume: &VolumeName,
        target: &VolumeName,
    ) -> Result<Restored, Refusal> {
        self.snapshots_needed()?;
        let found = self.snapshots(volume)?;
        let newest = found.into_iter().rfind(|it| !it.name.before);
        let newest = newest
            .ok_or_else(|| Refusal::new(format!("no snapshots found for volume {volume}")))?;
        self.restore(&newest.name, target).await
    }

    /// Puts a volume back to what a snapshot holds. This node is its master then, in a new term where it was not
    /// before.
    ///
    /// # Errors
    /// Somebody uses the volume, it has subvolumes inside, or there is no such snapshot.
    pub async fn restore(
        &self,
        name: &SnapshotName,
        target: &VolumeName,
    ) -> Result<Restored, Refusal> {
        self.snapshots_needed()?;
        self.prepare()?;
        let _held = self.lock(target, "restore").await?;
        let snapshot = self.snapshot_named(name)?;
        let unfinished = self.places.unfinished(target);
        clear(&unfinished).await?;
        let before = match self.volume(target)? {
            None => {
                self.promote(target)?;
                btrfs::snapshot(
                    &self.places.snapshot(name),
                    &self.places.volume(target),
                    false,
                )
                .await?;
                None
            }
            Some(_) => Some(self.put_in_place(&snapshot, target).await?),
        };
        Ok(Restored {
            volume: target.clone(),
            from: snapshot.name,
            before,
        })
    }

    /// What is there now is kept first, so that whatever lies in the unfinished place can be deleted at any time.
    async fn put_in_place(
        &self,
        snapshot: &Snapshot,
        target: &VolumeName,
    ) -> Result<SnapshotName, Refusal> {
        self.not_in_use(target)?;
        self.no_nested(target).await?;
        let (unfinished, volume) = (self.places.unfinished(target), self.places.volume(target));
        btrfs::snapshot(&self.places.snapshot(&snapshot.name), &unfinished, false).await?;
        let before = self.take(target, true).await?;
        self.promote(target)?;
        btrfs::exchange(&unfinished, &volume)?;
        btrfs::delete(&unfinished).await?;
        Ok(before)
    }

    /// A process that has the old one open would go on writing into it, and lose what it writes.
    pub(super) fn not_in_use(&self, name: &VolumeName) -> Result<(), Refusal> {
        let users = mounts::users(&self.places.volume(name));
        if users.is_empty() {
            return Ok(());
        }
        Err(
            Refusal::new(format!("volume {name} is in use: {}", users.join("; ")))
                .next("stop the service first: wharf stop NAME, or docker stop"),
        )
    }

    fn promote(&self, name: &VolumeName) -> Result<(), Refusal> {
        let mut standing = self.standing(name)?;
        if standing.role == Role::Master {
            return Ok(());
        }
        standing.role = Role::Master;
        standing.term += 1;
        standing.from = None;
        self.write_standing(name, &standing)
    }

    /// Returns whether the name is one of a snapshot here that could be meant by a volume's name alone.
    ///
    /// # Errors
    /// The file system's.
    pub fn has_snapshots(&self, name: &VolumeName) -> Result<bool, Refusal> {
        Ok(!self.snapshots(name)?.is_empty())
    }

    /// Returns the folder of a volume that is here.
    ///
    /// # Errors
    /// It is not.
    pub fn path(&self, name: &VolumeName) -> Result<std::path::PathBuf, Refusal> {
        match self.volume(name)? {
            Some(_) => Ok(self.places.volume(name)),
            None => Err(super::absent(name)),
        }
    }

    /// Makes sure that nothing half-done lies about after an interrupted command.
    pub(super) fn leftovers(&self, name: &VolumeName) -> Vec<std::path::PathBuf> {
        let incoming = self.places.incoming();
        let names = files::names(&incoming).into_iter();
        let ours = names.filter(|it| it.split_once('@').is_some_and(|it| it.0 == name.as_str()));
        ours.map(|it| incoming.join(it)).collect()
    }
}
