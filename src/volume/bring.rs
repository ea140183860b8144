//! What another node has, fetched: its newest snapshot, or only its files.

use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::Instant;

use super::peer::Way;
use super::receive::{Parcel, Received};
use super::{Ground, Refusal};
use crate::decide::volume::transfer;
use crate::host::{btrfs, rsync};
use crate::model::volume::outcome::Sent;
use crate::model::volume::{Making, SnapshotName, VolumeName};

impl Ground {
    /// Fetches the newest snapshot another node has, only the difference to the last one both have.
    ///
    /// # Errors
    /// That node has none or was not reached, or as [`Ground::receive`].
    pub async fn bring(&self, way: &Way, name: &VolumeName) -> Result<Sent, Refusal> {
        self.snapshots_needed()?;
        let begun = Instant::now();
        let there = way.ask(name).await?;
        let here = self.snapshots(name)?;
        let Some((newest, parent)) = transfer::fetch(&here, &there) else {
            return Err(Refusal::new(format!(
                "{} has no snapshot of {name}",
                way.peer
            )));
        };
        let snapshot: SnapshotName = newest
            .name
            .parse()
            .map_err(|why| Refusal::new(format!("{why}")))?;
        if snapshot.volume != *name {
            return Err(Refusal::new(format!(
                "{} answers with {snapshot}",
                way.peer
            )));
        }
        let packed = there.zstd && btrfs::zstd().await;
        let mut words = vec!["give", newest.name.as_str()];
        words.extend(parent.iter().flat_map(|it| ["--parent", it.name.as_str()]));
        words.extend(packed.then_some("--packed"));
        let rate = way.rate.map(|it| it.to_string());
        words.extend(rate.iter().flat_map(|it| ["--rate", it.as_str()]));
        let stream = way.ssh.fetch(&way.destination, &way.line(&words)?);
        let stream = stream.map_err(|why| way.away(&why))?;
        let parcel = Parcel {
            snapshot,
            id: newest.id,
            term: there.term,
            from: way.peer.clone(),
            packed,
            fetched: true,
        };
        let (received, bytes) = self.receive(&parcel, stream, way.patience).await?;
        Ok(Sent {
            snapshot: newest.name.clone(),
            parent: parent.map(|it| it.name.clone()),
            moved: received == Received::Now,
            bytes,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// Writes a snapshot as a stream, for a node that fetches it.
    ///
    /// # Errors
    /// There is no such snapshot, btrfs fails, or nobody reads for `patience`.
    pub async fn give(
        &self,
        snapshot: &SnapshotName,
        parent: Option<&SnapshotName>,
        packed: bool,
        rate: Option<u64>,
        mut to: impl AsyncWrite + Unpin,
        patience: Duration,
    ) -> Result<(), Refusal> {
        self.snapshot_named(snapshot)?;
        let base = match parent {
            Some(parent) => Some(self.places.snapshot(&self.snapshot_named(parent)?.name)),
            None => None,
        };
        let path = self.places.snapshot(snapshot);
        let stream = btrfs::send(&path, base.as_deref(), packed, rate)?;
        Ok(btrfs::hand_on(stream, &mut to, patience).await?)
    }

    /// Copies the files of a volume from another node into the one here, which is made where it is not there.
    /// Nothing is deleted.
    ///
    /// # Errors
    /// Another node is the master, that node was not reached, or it has no such volume.
    pub async fn sync(&self, way: &Way, name: &VolumeName) -> Result<(), Refusal> {
        self.writable(name)?;
        let there = way.ask(name).await?;
        if !there.present {
            return Err(Refusal::new(format!("{} has no volume {name}", way.peer)));
        }
        let plain = Making {
            copy_on_write: true,
            compression: None,
        };
        self.create(name, &plain).await?;
        let (shell, to) = (way.ssh.program(), self.places.volume(name));
        let copied = rsync::pull(
            &shell,
            &way.destination,
            &there.folder,
            &to,
            way.rate,
            way.patience,
        );
        copied
            .await
            .map_err(|why| Refusal::new(format!("{}: {why}", way.peer)))
    }
}
