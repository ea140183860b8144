//! What volumes there are, and how far behind other nodes are.

use std::collections::BTreeSet;

use super::{Ground, Refusal, now};
use crate::host::{files, mounts};
use crate::model::volume::outcome::{Listed, Replica};
use crate::model::volume::{Peer, VolumeName};

const MICROS: f64 = 1e6;

impl Ground {
    /// Returns the names of the volumes that are here.
    pub(super) fn present(&self) -> BTreeSet<VolumeName> {
        let here = files::names(&self.places.volumes()).into_iter();
        here.filter_map(|it| it.parse().ok()).collect()
    }

    /// Returns every volume, by name: those that are here, and those only snapshots are left of.
    ///
    /// # Errors
    /// The file system's.
    pub fn list(&self) -> Result<Vec<Listed>, Refusal> {
        let snapshots = self.all_snapshots(|_| true)?;
        let here = self.present();
        let mut names = here.clone();
        names.extend(snapshots.iter().map(|it| it.name.volume.clone()));
        let mut listed = Vec::new();
        for name in names {
            let standing = self.standing(&name)?;
            let own: Vec<_> = snapshots
                .iter()
                .filter(|it| it.name.volume == name)
                .collect();
            let replicas = standing.peers.iter();
            listed.push(Listed {
                present: here.contains(&name),
                role: standing.role,
                term: standing.term,
                snapshots: own.len(),
                newest: own.last().map(|it| it.name.clone()),
                users: mounts::users(&self.places.volume(&name)),
                replicas: replicas
                    .map(|(peer, it)| replica(peer, it, now()))
                    .collect(),
                name,
            });
        }
        Ok(listed)
    }
}

fn replica(peer: &str, known: &Peer, now: u64) -> Replica {
    let lag = known
        .taken()
        .map(|it| now.saturating_sub(it) as f64 / MICROS);
    Replica {
        peer: peer.to_owned(),
        snapshot: known.snapshot.clone(),
        lag,
        error: known.error.clone(),
    }
}
