//! New volumes, empty or with what another one holds.

use super::{Ground, Refusal, clear};
use crate::host::{btrfs, files};
use crate::model::volume::{Making, Role, VolumeName};

impl Ground {
    /// Makes an empty volume and returns whether it was not there before.
    ///
    /// # Errors
    /// Snapshots of it are here, so that an empty one would bury them; or as the file system says.
    pub async fn create(&self, name: &VolumeName, making: &Making) -> Result<bool, Refusal> {
        self.prepare()?;
        let _held = self.lock(name, "create").await?;
        if self.volume(name)?.is_some() {
            return Ok(false);
        }
        let standing = self.standing(name)?;
        if standing.role != Role::Master || !self.snapshots(name)?.is_empty() {
            return Err(Refusal::new(format!(
                "{name} is not here, but snapshots of it are: an empty volume would bury them"
            ))
            .next(format!(
                "wharf volume restore {name} brings the newest back"
            )));
        }
        if !self.btrfs {
            plain(making)?;
            files::make_directory(&self.places.volume(name))?;
            return Ok(true);
        }
        let unfinished = self.places.unfinished(name);
        clear(&unfinished).await?;
        btrfs::create(&unfinished).await?;
        if !making.copy_on_write {
            btrfs::rewrite_in_place(&unfinished)?;
        }
        if let Some(algorithm) = making.compression {
            btrfs::compress(&unfinished, algorithm).await?;
        }
        files::rename(&unfinished, &self.places.volume(name))?;
        Ok(true)
    }

    /// Makes a volume with what another one holds now.
    ///
    /// # Errors
    /// The one is not there, or the other one is.
    pub async fn clone_volume(&self, from: &VolumeName, to: &VolumeName) -> Result<(), Refusal> {
        self.snapshots_needed()?;
        self.subvolume(from)?;
        let _held = self.lock(to, "clone").await?;
        if self.volume(to)?.is_some() {
            return Err(Refusal::new(format!("volume {to} is there already")));
        }
        self.no_nested(from).await?;
        if !self.snapshots(to)?.is_empty() {
            return Err(Refusal::new(format!(
                "there are snapshots of {to}: a clone would bury them"
            ))
            .next("choose another name, or remove them first"));
        }
        Ok(btrfs::snapshot(&self.places.volume(from), &self.places.volume(to), false).await?)
    }

    /// No snapshot has what lies in a subvolume inside: whoever restored one would miss it.
    pub(super) async fn no_nested(&self, name: &VolumeName) -> Result<(), Refusal> {
        let nested = btrfs::nested(&self.places.volume(name)).await?;
        if nested.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "{name} has subvolumes inside, which no snapshot holds: {}",
            nested.join(", ")
        ))
        .next("make plain folders of them: copy their files beside, delete them, and rename"))
    }
}

fn plain(making: &Making) -> Result<(), Refusal> {
    if making.copy_on_write && making.compression.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        "copyonwrite and compression are btrfs's, and this is not on btrfs",
    ))
}
