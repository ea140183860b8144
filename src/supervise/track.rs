//! The output of one service on its way: from the files it appends to, to where the journal has them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::pen::Pen;
use crate::decide::supervise::position::{Place, Position};
use crate::host::journal::{self, Journal, read::tail};
use crate::host::memo::Memo;
use crate::host::workload::spool::Spool;
use crate::model::log::{Origin, Stream};

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Bytes of records handed over at once.
const BATCH: usize = 128 * 1024;
/// Bytes of one service carried before others have their turn.
const TURN: u64 = 4 << 20;
/// How long the journal may take to show a batch it was given.
const DOUBT: Duration = Duration::from_secs(2);
const DOUBT_STEP: Duration = Duration::from_millis(50);
const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

pub(super) struct Track {
    pub(super) origin: Origin,
    pub(super) pen: Pen,
    /// The numbers its files are told by.
    pub(super) numbers: Vec<i32>,
    memo: Memo,
    position: Position,
    stdout: Option<Spool>,
    stderr: Option<Spool>,
    spare: bool,
}

impl Track {
    /// Opens the files where they were carried to.
    ///
    /// # Errors
    /// Which file cannot be opened, in words.
    pub(super) fn open(
        origin: Origin,
        pen: Pen,
        memory: &Path,
        files: &[(Stream, PathBuf)],
        spare: bool,
    ) -> io::Result<Track> {
        let memo = Memo::open(memory)?;
        let known = memo.read().ok().and_then(|it| Position::from_text(&it));
        let mut track = Track {
            origin,
            pen,
            numbers: Vec::new(),
            memo,
            position: known.unwrap_or_default(),
            stdout: None,
            stderr: None,
            spare,
        };
        for (stream, path) in files {
            track.add(*stream, path)?;
        }
        Ok(track)
    }

    fn add(&mut self, stream: Stream, path: &Path) -> io::Result<()> {
        let spool = Spool::open(path)?;
        let (length, inode) = spool.length()?;
        let place = self.position.of(stream);
        let same = place.inode == inode && place.until <= length;
        if !same {
            // A file of the operator's own is carried from here on, ours from its beginning.
            let from = if self.spare { 0 } else { length };
            *place = Place {
                inode,
                sent: from,
                until: from,
            };
        }
        match stream {
            Stream::Stdout => self.stdout = Some(spool),
            Stream::Stderr => self.stderr = Some(spool),
        }
        Ok(())
    }

    /// Settles what was on its way when the one before us was killed; a batch nobody can tell of is
    /// sent again, since a line twice is better than none.
    pub(super) async fn settle(&mut self) {
        if self.position.in_doubt() {
            let arrived = self.arrived().await;
            self.position.settle(arrived);
        }
        for stream in STREAMS {
            let from = self.position.of(stream).sent;
            self.pen.begin(stream, from);
        }
    }

    async fn arrived(&self) -> bool {
        let name = self.batch();
        let until = Instant::now() + DOUBT;
        while Instant::now() < until {
            match tail(&[("LOG_BATCH", name.as_str())], 1).await {
                Ok(found) if !found.is_empty() => return true,
                Ok(_) => sleep(DOUBT_STEP).await,
                Err(_) => return false,
            }
        }
        false
    }

    fn batch(&self) -> String {
        format!("{}.{:x}", self.origin.service, self.position.batch)
    }

    /// Whether lines wait for others to join them.
    pub(super) fn waits(&self) -> bool {
        self.pen.waits()
    }

    pub(super) fn suppressed(&mut self, now: Duration) -> Vec<(Stream, u64)> {
        self.pen.suppressed(now)
    }

    /// Carries what is there, a bounded part of it unless it is the `end`.
    ///
    /// # Errors
    /// The journal refuses a batch, or a file cannot be read.
    pub(super) async fn carry(
        &mut self,
        journal: &mut Journal,
        now: Duration,
        end: bool,
    ) -> Result<(), String> {
        let mut bytes = vec![0; CHUNK];
        for stream in STREAMS {
            let mut left = if end { u64::MAX } else { TURN };
            while left > 0 {
                let taken = self.pen.taken(stream);
                let Some(spool) = self.spool(stream) else {
                    break;
                };
                let read = spool.read(taken, &mut bytes);
                let read = read.map_err(|why| why.to_string())?;
                if read == 0 {
                    break;
                }
                left = left.saturating_sub(read as u64);
                self.pen.take(stream, &bytes[..read], now);
                if self.pen.records.bytes().len() >= BATCH {
                    self.hand_over(journal, now).await?;
                }
            }
            match end {
                true => self.pen.end(stream, now),
                false => self.pen.flush(stream, now),
            }
        }
        let handed = self.hand_over(journal, now).await;
        // There may be hundreds of services, and most say nothing most of the time.
        self.pen.records.clear(0);
        handed
    }

    fn spool(&mut self, stream: Stream) -> Option<&mut Spool> {
        match stream {
            Stream::Stdout => self.stdout.as_mut(),
            Stream::Stderr => self.stderr.as_mut(),
        }
    }

    async fn hand_over(&mut self, journal: &mut Journal, now: Duration) -> Result<(), String> {
        for stream in STREAMS {
            let done = self.pen.done(stream);
            let place = self.position.of(stream);
            place.until = done.max(place.sent);
        }
        if !self.position.in_doubt() {
            return Ok(());
        }
        self.position.batch = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let mut sent = Ok(());
        if !self.pen.records.is_empty() {
            let name = self.batch();
            self.pen.records.field("LOG_BATCH", name.as_bytes());
            // Written before, so that a death at any moment leaves one batch in doubt at most. A full
            // disk costs the exact place after a crash, no line.
            let _ = self.memo.write(&self.position.to_text());
            sent = journal.send(self.pen.records.bytes()).await;
            self.pen.records.clear(CHUNK);
        }
        self.position.settle(true);
        // Who may not read the journal cannot be asked later; now it is known.
        let _ = self.memo.write(&self.position.to_text());
        self.free();
        sent.map_err(|why: journal::Error| why.to_string())
    }

    fn free(&mut self) {
        if !self.spare {
            return;
        }
        for stream in STREAMS {
            let sent = self.position.of(stream).sent;
            if let Some(spool) = self.spool(stream) {
                spool.free(sent);
            }
        }
    }
}
