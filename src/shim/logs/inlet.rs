//! Where the living stream comes in: whole lines go to the scribe, the first bytes of a stream
//! opened mid-way are kept until it is known which line they belong to.

use crate::decide::{
    lines::{LONGEST, Lines},
    resume::{
        hash,
        seam::{Live, Shown},
    },
};
use crate::model::log::Stream;

use super::scribe::{Scribe, Written};

/// Whole lines compared to find a seam; more prove nothing new.
const COMPARED: usize = 4096;

/// Bytes of a cut line that no other line ends with by chance.
const LONG_CUT: usize = 32;

/// Bytes that may come in the first 100 ms of a stream whose daemon keeps up with it.
const SETTLED: usize = 64 * 1024;

/// Bytes of an unfinished first line kept, at most.
const HELD: usize = 1024 * 1024;

/// Both streams.
#[derive(Default)]
pub(super) struct Inlets {
    stdout: Inlet,
    stderr: Inlet,
}

#[derive(Default)]
pub(super) struct Inlet {
    pub(super) lines: Lines,
    /// The stream was opened mid-way and its first line has not been found in the daemon's log yet.
    pub(super) seam: Option<Seam>,
    /// What an earlier stream had brought of a line when it broke off.
    pub(super) torn: Vec<u8>,
}

/// The first bytes of a stream opened mid-way.
#[derive(Default)]
pub(super) struct Seam {
    /// When it was asked for, nanoseconds since the epoch.
    pub(super) asked: u64,
    early: Vec<u8>,
    /// When its first newline came; 0: not yet.
    received: u64,
    /// How many of the bytes had come when.
    times: Vec<(usize, u64)>,
}

impl Inlets {
    pub(super) fn of(&mut self, stream: Stream) -> &mut Inlet {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Both streams begin anew, somewhere in a line.
    pub(super) fn open_seams(&mut self, asked: u64) {
        for inlet in [&mut self.stdout, &mut self.stderr] {
            inlet.forget();
            inlet.seam = Some(Seam {
                asked,
                ..Seam::default()
            });
        }
    }

    /// Takes the next bytes of a stream.
    pub(super) fn take(&mut self, stream: Stream, bytes: &[u8], now: u64, scribe: &mut Scribe) {
        let inlet = self.of(stream);
        if let Some(seam) = &mut inlet.seam {
            if seam.received == 0 && bytes.contains(&b'\n') {
                seam.received = now;
            }
            seam.early.extend_from_slice(bytes);
            seam.times.push((seam.early.len(), now));
            seam.forget_the_head();
            return;
        }
        inlet.feed(stream, bytes, now, scribe);
    }

    /// The open seam of a stream.
    pub(super) fn seam(&self, stream: Stream) -> Option<&Seam> {
        match stream {
            Stream::Stdout => self.stdout.seam.as_ref(),
            Stream::Stderr => self.stderr.seam.as_ref(),
        }
    }

    /// Whether a stream opened mid-way has shown its first newline.
    pub(super) fn seam_shows(&self) -> bool {
        self.seams().any(|it| it.received > 0)
    }

    /// Bytes kept for seams.
    pub(super) fn early(&self) -> usize {
        self.seams().map(|it| it.early.len()).sum()
    }

    /// Whether part of a line has come.
    pub(super) fn pending(&self) -> bool {
        self.stdout.lines.pending() || self.stderr.lines.pending() || self.early() > 0
    }

    fn seams(&self) -> impl Iterator<Item = &Seam> {
        [&self.stdout.seam, &self.stderr.seam].into_iter().flatten()
    }
}

impl Inlet {
    fn feed(&mut self, stream: Stream, bytes: &[u8], now: u64, scribe: &mut Scribe) {
        self.lines.push(bytes, |line| {
            let stamp = None;
            scribe.line(
                stream,
                &Written {
                    line,
                    stamp,
                    logged: None,
                    now,
                },
            );
        });
    }

    /// Lets go of what has begun and not ended: the log has all of it, or lacks just this.
    pub(super) fn forget(&mut self) {
        if self.lines.pending() {
            self.torn = self.lines.held().to_vec();
        }
        self.lines.clear();
        self.seam = None;
    }

    /// The seam is found: what came behind the first line goes its way. The first line itself comes
    /// from the log, or, `whole`, was never cut.
    pub(super) fn close_seam(&mut self, stream: Stream, whole: bool, scribe: &mut Scribe) {
        let Some(seam) = self.seam.take() else { return };
        let behind = match seam.first_end() {
            _ if whole => 0,
            Some(end) => end + 1,
            None => seam.early.len(),
        };
        let now = seam.received.max(seam.asked);
        self.feed(stream, &seam.early[behind..], now, scribe);
    }
}

impl Seam {
    /// Of a line without an end only the end matters: the log has the rest of it.
    fn forget_the_head(&mut self) {
        if self.received == 0 && self.early.len() > HELD {
            self.early.drain(..self.early.len() - SETTLED);
            // None of these bytes ends a line.
            self.times.clear();
        }
    }

    fn first_end(&self) -> Option<usize> {
        memchr::memchr(b'\n', &self.early)
    }

    /// The first line, or what the stream showed of it, once its newline has come.
    pub(super) fn cut(&self) -> Option<&[u8]> {
        self.first_end().map(|end| &self.early[..end])
    }

    /// What the stream shows, for comparison with the log.
    pub(super) fn live(&self) -> Option<Live> {
        let end = self.first_end()?;
        let newlines = memchr::memchr_iter(b'\n', &self.early).map(|it| (it, self.time_of(it)));
        let mut start = end + 1;
        let mut whole = Vec::new();
        for (newline, received) in newlines.skip(1).take(COMPARED) {
            let hash = hash(kept(&self.early[start..newline]));
            whole.push(Shown { hash, received });
            start = newline + 1;
        }
        Some(Live {
            blank: end == 0,
            long_cut: end >= LONG_CUT,
            whole,
            asked: self.asked,
            received: self.received,
            settled: self.early.len() < SETTLED,
        })
    }

    /// When the byte at this place came.
    fn time_of(&self, place: usize) -> u64 {
        let index = self.times.partition_point(|(count, _)| *count <= place);
        self.times.get(index).map_or(self.received, |it| it.1)
    }
}

/// As much of a line as is kept of it.
fn kept(line: &[u8]) -> &[u8] {
    &line[..line.len().min(LONGEST)]
}
