//! A snapshot sent to another node: only what has changed, verified there before it counts.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::peer::Way;
use super::{Ground, Refusal, hold, now};
use crate::decide::volume::transfer::{self, Refused, Transfer};
use crate::host::btrfs;
use crate::model::volume::outcome::Sent;
use crate::model::volume::{Peer, Role, Snapshot, SnapshotName, Standing, VolumeName};

/// The largest volume that goes once more as a whole without anybody asking for it.
pub const FULL_AGAIN_MOST: u64 = 10 << 30;
/// Attempts of one transfer when the connection breaks off, and the pause before the next.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);
const MICROS: u64 = 1_000_000;

impl Ground {
    /// Takes a snapshot, when something has changed, and sends the newest one.
    ///
    /// # Errors
    /// As [`Ground::send`], and this node is not the volume's master.
    pub async fn replicate(
        &self,
        way: &Way,
        name: &VolumeName,
        moved: impl FnMut(u64),
    ) -> Result<Sent, Refusal> {
        self.writable(name)?;
        let taken = self.snapshot(name).await?;
        self.send(way, &taken.snapshot, moved).await
    }

    /// Sends a snapshot and returns when the other node has it, whole and on its disk. A connection that breaks
    /// off is tried again; what came of it is written down for `wharf volume list`.
    ///
    /// # Errors
    /// The other node was not reached, has gone another way, or something failed on either side.
    pub async fn send(
        &self,
        way: &Way,
        name: &SnapshotName,
        mut moved: impl FnMut(u64),
    ) -> Result<Sent, Refusal> {
        self.snapshots_needed()?;
        let _sending = hold(&self.places.sending(&name.volume), &name.volume, "send").await?;
        let snapshot = self.snapshot_named(name)?;
        let mut attempt = 1;
        let sent = loop {
            match self.attempt(way, &snapshot, &mut moved).await {
                Err(why) if why.away && attempt < ATTEMPTS => sleep(PAUSE * attempt).await,
                ended => break ended,
            }
            attempt += 1;
        };
        self.note(way, &snapshot, &sent).await?;
        sent
    }

    async fn attempt(
        &self,
        way: &Way,
        snapshot: &Snapshot,
        moved: &mut impl FnMut(u64),
    ) -> Result<Sent, Refusal> {
        let volume = &snapshot.name.volume;
        let there = way.ask(volume).await?;
        let (here, standing) = (self.snapshots(volume)?, self.standing(volume)?);
        let known = standing.peers.get(&way.peer).and_then(|it| it.id);
        let plan = transfer::transfer(snapshot, &here, &standing, known, &there);
        let parent = match plan {
            Ok(Transfer::Nothing) => return Ok(already(snapshot)),
            Ok(Transfer::From(parent)) => Some(parent),
            Ok(Transfer::All) => None,
            Ok(Transfer::AllAgain) => {
                self.small_enough(way, snapshot)?;
                None
            }
            Err(refused) => return Err(self.refused(way, volume, &refused).await?),
        };
        self.flow(way, snapshot, parent, &standing, there.zstd, moved)
            .await
    }

    async fn flow(
        &self,
        way: &Way,
        snapshot: &Snapshot,
        parent: Option<&Snapshot>,
        standing: &Standing,
        packed: bool,
        moved: &mut impl FnMut(u64),
    ) -> Result<Sent, Refusal> {
        let begun = Instant::now();
        let (name, id) = (
            snapshot.name.to_string(),
            snapshot.subvolume.id().to_string(),
        );
        let packed = packed && btrfs::zstd().await;
        let term = standing.term.to_string();
        let mut words = vec![
            "receive", &name, "--id", &id, "--term", &term, "--from", &way.me,
        ];
        words.extend(packed.then_some("--packed"));
        let patience = way.patience.as_secs().to_string();
        words.extend(["--patience", &patience]);
        let line = way.line(&words)?;
        let from = self.places.snapshot(&snapshot.name);
        let base = parent.map(|it| self.places.snapshot(&it.name));
        let stream = btrfs::send(&from, base.as_deref(), packed, way.rate)?;
        let mut bytes = 0;
        let count = |sum| {
            bytes = sum;
            moved(sum);
        };
        let output = way
            .ssh
            .send(&way.destination, &line, stream, way.patience, count)
            .await;
        let output = output.map_err(|why| way.away(&why))?;
        way.ended_well(&output)?;
        let answer = String::from_utf8_lossy(&output.stdout);
        let good = [format!("OK {id}"), format!("HAVE {id}")];
        if !good.iter().any(|it| answer.lines().next_back() == Some(it)) {
            return Err(Refusal::new(format!(
                "{} does not say that it has {name}",
                way.peer
            )));
        }
        Ok(Sent {
            snapshot: name,
            parent: parent.map(|it| it.name.to_string()),
            moved: true,
            bytes,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    fn small_enough(&self, way: &Way, snapshot: &Snapshot) -> Result<(), Refusal> {
        let path = self.places.snapshot(&snapshot.name);
        if way.full || !btrfs::larger_than(&path, FULL_AGAIN_MOST) {
            return Ok(());
        }
        let (peer, limit) = (&way.peer, FULL_AGAIN_MOST >> 30);
        Err(Refusal::new(format!("{peer} has lost all it had of this volume, and sending more than {limit} GiB again is not done unasked"))
            .next("--full sends all of it"))
    }

    /// Who has heard of a later master writes no more.
    async fn refused(
        &self,
        way: &Way,
        volume: &VolumeName,
        refused: &Refused,
    ) -> Result<Refusal, Refusal> {
        if let Refused::Fenced { .. } = refused {
            let _held = self.lock(volume, "fence").await?;
            let mut standing = self.standing(volume)?;
            standing.role = Role::Fenced;
            standing.from = Some(way.peer.clone());
            self.write_standing(volume, &standing)?;
        }
        let (what, next) = transfer::told(refused, volume.as_str(), &way.peer);
        Ok(Refusal::new(what).next(next))
    }

    async fn note(
        &self,
        way: &Way,
        snapshot: &Snapshot,
        ended: &Result<Sent, Refusal>,
    ) -> Result<(), Refusal> {
        let volume = &snapshot.name.volume;
        let _held = self.lock(volume, "note").await?;
        let mut standing = self.standing(volume)?;
        let peer = standing.peers.entry(way.peer.clone()).or_default();
        peer.tried = now() / MICROS;
        match ended {
            Ok(sent) => arrived(peer, snapshot, sent),
            Err(why) => peer.error = Some(why.what.clone()),
        }
        self.write_standing(volume, &standing)
    }
}

/// An older snapshot, sent once more, takes nothing back.
fn arrived(peer: &mut Peer, snapshot: &Snapshot, sent: &Sent) {
    peer.error = None;
    if peer.taken().is_some_and(|it| it > snapshot.name.micros) {
        return;
    }
    peer.snapshot = Some(snapshot.name.to_string());
    peer.id = Some(snapshot.subvolume.id());
    if sent.moved {
        peer.bytes = sent.bytes;
    }
}

fn already(snapshot: &Snapshot) -> Sent {
    Sent {
        snapshot: snapshot.name.to_string(),
        parent: None,
        moved: false,
        bytes: 0,
        seconds: 0.0,
    }
}
