//! Old snapshots thinned out by a pattern.

use super::remove::common;
use super::{Ground, Refusal, now};
use crate::decide::volume::retention::{self, Pattern};
use crate::host::btrfs;
use crate::model::volume::VolumeName;
use crate::model::volume::outcome::Purged;

impl Ground {
    /// Deletes the snapshots that the pattern does not keep, or only tells which with `dry_run`.
    ///
    /// # Errors
    /// The first one that cannot be deleted; those before it are gone.
    pub async fn purge(
        &self,
        name: &VolumeName,
        pattern: &Pattern,
        dry_run: bool,
    ) -> Result<Vec<Purged>, Refusal> {
        self.snapshots_needed()?;
        let _held = match dry_run {
            true => None,
            false => Some(self.lock(name, "purge").await?),
        };
        let snapshots = self.snapshots(name)?;
        let common = common(&self.standing(name)?);
        let judged = retention::purge(pattern, &snapshots, &common, now());
        if !dry_run {
            for it in judged.iter().filter(|it| it.gone) {
                btrfs::delete(&self.places.snapshot(&it.snapshot)).await?;
            }
        }
        Ok(judged)
    }
}
