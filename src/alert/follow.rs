//! The pump of a host: the journal followed from where it was left, a turn whenever something is due.

use std::io;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Pump;
use crate::decide::alert::listen::{KINDS, of_record};
use crate::host::journal::follow::{Follower, follow};
use crate::host::journal::read::{self, Record};
use crate::host::{notify, signals};

/// Between two turns while something is under way, and while nothing is.
const TICK: Duration = Duration::from_secs(2);
const REST: Duration = Duration::from_secs(600);
/// How long more records are waited for before a turn.
const GATHER: Duration = Duration::from_millis(200);
/// Records taken before the book is written.
const MOST_AT_ONCE: usize = 500;
/// How long a journalctl that ended by itself is left alone.
const AGAIN: Duration = Duration::from_secs(5);
/// How long all that is there takes to come, before `--once` calls it the end.
const SETTLED: Duration = Duration::from_secs(2);

/// Follows the journal until it is told to stop.
///
/// # Errors
/// The book cannot be kept, or journalctl cannot be started.
pub async fn run(pump: &mut Pump) -> io::Result<()> {
    let (mut stop, _reload) = signals::listen()?;
    pump.find_place().await?;
    // Outside systemd nobody listens.
    let _ = notify::ready();
    tokio::select! {
        ended = pump.follow_for_ever() => ended,
        () = stop.asked() => Ok(()),
    }
}

/// Reads what there is, takes one turn, and returns.
///
/// # Errors
/// As [`run`].
pub async fn once(pump: &mut Pump) -> io::Result<()> {
    pump.find_place().await?;
    let mut follower = pump.follower()?;
    while let Ok(next) = timeout(SETTLED, follower.next()).await {
        match next? {
            Some(record) => pump.read(&record).await,
            None => break,
        }
    }
    pump.turn().await
}

impl Pump {
    /// The first time nothing is told of what was: it begins with what comes.
    async fn find_place(&mut self) -> io::Result<()> {
        if !self.book.begun {
            let last = read::tail(&[], 1).await.map_err(io::Error::other)?;
            self.book.cursor = last.first().map(cursor).unwrap_or_default();
            self.book.begun = true;
            self.keep()?;
        }
        Ok(())
    }

    fn follower(&self) -> io::Result<Follower> {
        let events: Vec<_> = KINDS.iter().map(|it| ("WHARF_EVENT", it.name())).collect();
        follow(&events, &self.book.cursor)
    }

    async fn follow_for_ever(&mut self) -> io::Result<()> {
        loop {
            let mut follower = self.follower()?;
            while self.gather(&mut follower).await? {
                self.turn().await?;
            }
            self.turn().await?;
            // journald was restarted, or the place was lost with the files it was in: then what is oldest
            // among the rest comes first.
            sleep(AGAIN).await;
        }
    }

    /// Waits for records or for the next turn; returns whether journalctl still runs.
    async fn gather(&mut self, follower: &mut Follower) -> io::Result<bool> {
        let mut patience = if self.is_restless() { TICK } else { REST };
        for _ in 0..MOST_AT_ONCE {
            match timeout(patience, follower.next()).await {
                Ok(Ok(Some(record))) => self.read(&record).await,
                Ok(Ok(None)) => return Ok(false),
                Ok(Err(why)) => return Err(why),
                Err(_) => break,
            }
            patience = GATHER;
        }
        Ok(true)
    }

    async fn read(&mut self, record: &Record) {
        if let Some(tidings) = of_record(record) {
            self.take(&tidings, true).await;
        }
        self.book.cursor = cursor(record);
    }
}

fn cursor(record: &Record) -> String {
    let bytes = record.get("__CURSOR").map(Vec::as_slice);
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}
