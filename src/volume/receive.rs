//! A snapshot taken in from another node. What is half here is never anybody's: it is received where nothing
//! looks, checked, brought to the disk, and only then put in place, in one step.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncRead;

use super::{Ground, Refusal, clear, now};
use crate::host::{btrfs, files};
use crate::model::volume::{Role, SnapshotName, Standing, Uuid};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Now,
    /// It was here already; nothing was read.
    Before,
}

/// What the sender says of what it sends.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub snapshot: SnapshotName,
    pub id: Uuid,
    /// The sender's term as the volume's master.
    pub term: u64,
    pub from: String,
    pub packed: bool,
    /// Somebody here asked for it: a master that takes in what another node had stays the master.
    pub fetched: bool,
}

impl Ground {
    /// Takes a snapshot in, and returns the bytes that came. When nothing moves for `patience`, what came so far is thrown away.
    ///
    /// # Errors
    /// This node has a later master, another snapshot of this name, or the stream broke: then nothing of it is
    /// left.
    pub async fn receive(
        &self,
        parcel: &Parcel,
        source: impl AsyncRead + Unpin,
        patience: Duration,
    ) -> Result<(Received, u64), Refusal> {
        self.snapshots_needed()?;
        self.prepare()?;
        let (name, volume) = (&parcel.snapshot, &parcel.snapshot.volume);
        let _held = self.lock(volume, "receive").await?;
        let standing = self.accepted(parcel)?;
        if let Some(here) = btrfs::subvolume(&self.places.snapshot(name))? {
            return match here.read_only && here.id() == parcel.id {
                true => Ok((Received::Before, 0)),
                false => Err(
                    Refusal::new(format!("another snapshot is called {name} here"))
                        .next(format!("wharf volume rm {name} --force removes it")),
                ),
            };
        }
        for leftover in self.leftovers(volume) {
            clear(&leftover).await?;
        }
        let private = self.places.incoming().join(format!("{name}.{}", now()));
        files::private_folder(&private)?;
        let taken = self.take_in(parcel, &private, source, patience).await;
        let cleared = clear(&private).await;
        let bytes = taken?;
        cleared?;
        if self.standing(volume)? != standing {
            self.write_standing(volume, &standing)?;
        }
        Ok((Received::Now, bytes))
    }

    async fn take_in(
        &self,
        parcel: &Parcel,
        private: &Path,
        source: impl AsyncRead + Unpin,
        patience: Duration,
    ) -> Result<u64, Refusal> {
        let inflow = btrfs::receive(private, parcel.packed)?;
        let bytes = inflow.take(source, patience).await?;
        let path = private.join(parcel.snapshot.to_string());
        let found = btrfs::subvolume(&path)?;
        let whole = found.is_some_and(|it| it.read_only && it.received == Some(parcel.id));
        if !whole {
            return Err(Refusal::new(format!(
                "what came is not all of {}",
                parcel.snapshot
            )));
        }
        // Without it, a power cut now would leave a snapshot that looks complete and holds something else.
        btrfs::flush(&path).await?;
        btrfs::snapshot(&path, &self.places.snapshot(&parcel.snapshot), true).await?;
        Ok(bytes)
    }

    /// Returns how this node stands once it has this snapshot.
    fn accepted(&self, parcel: &Parcel) -> Result<Standing, Refusal> {
        let volume = &parcel.snapshot.volume;
        let mut standing = self.standing(volume)?;
        let present = self.volume(volume)?.is_some();
        let writes = present && standing.role == Role::Master;
        if parcel.fetched && writes && parcel.term <= standing.term {
            return Ok(standing);
        }
        if parcel.term < standing.term || writes && parcel.term == standing.term {
            return Err(Refusal::new(format!(
                "this node is the master of {volume}, in term {}",
                standing.term
            ))
            .next(format!(
                "wharf volume rm {volume} here gives it up; its snapshots stay"
            )));
        }
        standing.role = if present { Role::Fenced } else { Role::Replica };
        standing.term = parcel.term;
        standing.from = Some(parcel.from.clone());
        Ok(standing)
    }
}
