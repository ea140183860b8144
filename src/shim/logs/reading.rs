//! One reading of the daemon's log: first for its marks, then for its lines.

use std::io;

use crate::decide::{
    logged::{Dated, Logged},
    resume::{
        ends_with, hash,
        ledger::Ledger,
        listing::{Listing, Mark},
    },
};
use crate::host::docker::{Error, streams::LogBytes};
use crate::model::log::Stream;

use super::pump::Pump;

/// Read from a little before the anchor, to see that the log reaches back to it, in nanoseconds.
const BEFORE: u64 = 1_000_000_000;

/// The marks of both streams.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) stdout: Listing,
    pub(super) stderr: Listing,
}

impl Marks {
    pub(super) fn of(&self, stream: Stream) -> &Listing {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// Whether the log goes back to the ledger's anchor.
    pub(super) fn reach(&self, ledger: &Ledger) -> bool {
        ledger.before == 0 || self.stdout.after > 0 || self.stderr.after > 0
    }
}

/// The log as whole lines of two streams.
pub(super) struct Reading {
    bytes: LogBytes,
    tty: bool,
    stdout: Logged,
    stderr: Logged,
    /// The container has ended: a line without an end is its last.
    over: bool,
    ended: bool,
}

impl Pump {
    /// Opens the daemon's log from a little before the anchor on.
    pub(super) async fn open_log(&self, over: bool) -> Result<Reading, Error> {
        let ledger = &self.ledger;
        let from = match ledger.before {
            0 => ledger.anchor,
            before => before.min(ledger.anchor),
        };
        let id = &self.origin.container_id;
        let since = from.saturating_sub(BEFORE);
        Ok(Reading {
            bytes: self.docker.log_bytes(id, self.tty, since).await?,
            tty: self.tty,
            stdout: Logged::default(),
            stderr: Logged::default(),
            over,
            ended: false,
        })
    }

    /// Lists both streams.
    pub(super) async fn list(&mut self, over: bool) -> Result<Marks, Unread> {
        let mut reading = self.open_log(over).await.map_err(Unread::from)?;
        let cut = |stream| {
            let seam = self.intake.inlets.seam(stream);
            seam.and_then(|it| it.cut()).unwrap_or_default().to_vec()
        };
        let (out, err) = (cut(Stream::Stdout), cut(Stream::Stderr));
        let anchor = self.ledger.anchor;
        let mut marks = Marks::default();
        let mut note = |stream: Stream, it: Dated<'_>| {
            let (listing, cut) = match stream {
                Stream::Stdout => (&mut marks.stdout, &out),
                Stream::Stderr => (&mut marks.stderr, &err),
            };
            let mark = Mark {
                time: it.time,
                hash: hash(it.line.text),
                ends: ends_with(it.line.text, cut),
                pieces: it.pieces,
            };
            listing.push(mark, anchor);
        };
        while reading
            .more(&mut note)
            .await
            .map_err(|_| Unread::BrokeOff)?
        {}
        Ok(marks)
    }
}

/// Why a log could not be read.
pub(super) enum Unread {
    /// The daemon went away over it; it has to be asked again.
    BrokeOff,
    /// The daemon says so, for this reason: asking again will not help.
    Never(String),
}

impl From<Error> for Unread {
    fn from(why: Error) -> Unread {
        match why {
            Error::Away { .. } => Unread::BrokeOff,
            Error::NotFound(why)
            | Error::Conflict(why)
            | Error::Refused(why)
            | Error::Other(why) => Unread::Never(why),
        }
    }
}

impl Reading {
    /// Waits for more lines and lends them; returns false when the last have been lent.
    pub(super) async fn more(
        &mut self,
        each: &mut impl FnMut(Stream, Dated<'_>),
    ) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let (stdout, stderr) = (&mut self.stdout, &mut self.stderr);
        let tty = self.tty;
        let more = self
            .bytes
            .read(|stream, bytes, last| {
                let log = match stream {
                    Stream::Stdout => &mut *stdout,
                    Stream::Stderr => &mut *stderr,
                };
                if tty {
                    log.unframed(bytes, |it| each(stream, it));
                } else {
                    log.framed(bytes, last, |it| each(stream, it));
                }
            })
            .await?;
        if !more {
            self.ended = true;
            if self.over {
                stdout.end(|it| each(Stream::Stdout, it));
                stderr.end(|it| each(Stream::Stderr, it));
            }
        }
        Ok(true)
    }
}
