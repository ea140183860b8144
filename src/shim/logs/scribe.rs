//! A line becomes a record: level, clean text, promoted keys, and the count of it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::decide::{
    clean::clean,
    levels::{json, level},
    lines::Whole,
    multiline::{Joined, Joiner},
    rate::Rate,
    resume::{hash, ledger::Places},
};
use crate::host::journal::encode::{Prefix, Records, field_name};
use crate::model::{
    event::{Event, Kind},
    log::{Origin, Priority, Stream},
    service::Logs,
    stamp,
};

use super::Stats;

/// Memory an empty batch keeps, in bytes.
const KEPT: usize = 64 * 1024;

/// Records under way, and how far the streams are carried when they have arrived.
pub(super) struct Scribe {
    settings: Logs,
    stdout: Pen,
    stderr: Pen,
    rate: Rate,
    pub(super) records: Records,
    pub(super) reached: Places,
    pub(super) stats: Arc<Mutex<Stats>>,
}

struct Pen {
    stream: Stream,
    prefix: Prefix,
    joiner: Joiner,
}

/// A line and what is known of it besides its text.
pub(super) struct Written<'a> {
    pub(super) line: Whole<'a>,
    /// The daemon's stamp, where the line came from its log.
    pub(super) stamp: Option<u64>,
    /// Its hash in the daemon's log, where that has only a part of it.
    pub(super) logged: Option<u64>,
    /// When it was received, nanoseconds since the epoch.
    pub(super) now: u64,
}

impl Scribe {
    pub(super) fn new(origin: &Origin, settings: Logs) -> Scribe {
        let pen = |stream| Pen {
            stream,
            prefix: Prefix::new(origin, Some(stream)),
            joiner: Joiner::default(),
        };
        Scribe {
            stdout: pen(Stream::Stdout),
            stderr: pen(Stream::Stderr),
            rate: Rate::new(settings.rate, settings.burst),
            settings,
            records: Records::default(),
            reached: Places::default(),
            stats: Arc::default(),
        }
    }

    pub(super) fn set_settings(&mut self, settings: Logs) {
        self.flush_joined(u64::MAX);
        self.rate.set(settings.rate, settings.burst);
        self.settings = settings;
    }

    pub(super) fn set_origin(&mut self, origin: &Origin) {
        self.stdout.prefix = Prefix::new(origin, Some(Stream::Stdout));
        self.stderr.prefix = Prefix::new(origin, Some(Stream::Stderr));
    }

    /// Takes the next line of a stream.
    pub(super) fn line(&mut self, stream: Stream, written: &Written<'_>) {
        let text = written.line.text;
        self.count(text.len(), written.stamp.is_some());
        let digest = written.logged.unwrap_or_else(|| hash(text));
        let Some(how) = &self.settings.multiline else {
            self.record(stream, written);
            self.reached.of_mut(stream).advance(digest, written.now);
            return;
        };
        let now = Duration::from_nanos(written.now);
        let pen = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        if let Some(joined) = pen.joiner.push(text, digest, now, how) {
            self.joined(stream, &joined, written.now);
        }
    }

    fn count(&self, bytes: usize, from_log: bool) {
        let mut stats = self.stats.lock().unwrap_or_else(|it| it.into_inner());
        stats.lines += 1;
        stats.bytes += bytes as u64;
        stats.caught_up += u64::from(from_log);
    }

    fn joined(&mut self, stream: Stream, joined: &Joined, now: u64) {
        let line = Whole {
            text: &joined.text,
            truncated: 0,
            unterminated: false,
        };
        self.record(
            stream,
            &Written {
                line,
                stamp: None,
                logged: None,
                now,
            },
        );
        for digest in &joined.hashes {
            self.reached.of_mut(stream).advance(*digest, now);
        }
    }

    fn record(&mut self, stream: Stream, written: &Written<'_>) {
        let line = written.line;
        let clean = clean(line.text);
        let facts = json::facts(&clean.text, &self.settings.fields);
        let told = match &facts {
            Some(facts) => facts.priority,
            None => level(&clean.text),
        };
        let pen = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        let priority = told.unwrap_or(match stream {
            Stream::Stdout => Priority::INFO,
            Stream::Stderr => Priority(self.settings.stderr_priority),
        });
        if !self
            .rate
            .admits(stream, priority, Duration::from_nanos(written.now))
        {
            let mut stats = self.stats.lock().unwrap_or_else(|it| it.into_inner());
            stats.suppressed += 1;
            return;
        }
        self.records.begin(&pen.prefix, priority);
        self.records.field("MESSAGE", clean.text.as_bytes());
        if clean.lossy {
            self.records.field("MESSAGE_RAW", line.text);
        }
        if line.truncated > 0 {
            let count = line.truncated.to_string();
            self.records.field("LINE_TRUNCATED", count.as_bytes());
        }
        if line.unterminated {
            self.records.field("LINE_BREAK", b"eof");
        }
        if let Some(time) = written.stamp {
            let text = stamp::format(time);
            self.records.field("SYSLOG_TIMESTAMP", text.as_bytes());
        }
        if let Some(facts) = facts {
            self.records.field("LOG_FORMAT", b"json");
            for (key, value) in facts.fields {
                self.records.field(&field_name(&key), value.as_bytes());
            }
        }
    }

    /// Writes down the joined lines nothing more is expected for at `now`.
    pub(super) fn flush_joined(&mut self, now: u64) {
        let Some(how) = &self.settings.multiline else {
            return;
        };
        let at = Duration::from_nanos(now);
        let mut ended = Vec::new();
        for pen in [&mut self.stdout, &mut self.stderr] {
            if pen.joiner.due(how).is_some_and(|it| it <= at) {
                ended.extend(pen.joiner.take().map(|it| (pen.stream, it)));
            }
        }
        let received = now.min(self.last_received().max(1));
        for (stream, joined) in ended {
            self.joined(stream, &joined, received);
        }
    }

    fn last_received(&self) -> u64 {
        let last = |stream| self.reached.of(stream).received;
        last(Stream::Stdout).max(last(Stream::Stderr))
    }

    /// When joined lines or a count of suppressed ones are due, since the epoch.
    pub(super) fn due(&self) -> Option<Duration> {
        let how = self.settings.multiline.as_ref();
        let joined = [&self.stdout, &self.stderr]
            .into_iter()
            .filter_map(|it| it.joiner.due(how?));
        joined.chain(self.rate.due()).min()
    }

    /// Whether lines wait to be joined.
    pub(super) fn joining(&self) -> bool {
        let how = self.settings.multiline.as_ref();
        let waits = |pen: &Pen| how.is_some_and(|it| pen.joiner.due(it).is_some());
        waits(&self.stdout) || waits(&self.stderr)
    }

    /// Takes the counts of suppressed lines that are due, as events.
    pub(super) fn suppressed(&mut self, now: u64, all: bool) -> Vec<Event> {
        let told = self.rate.report(Duration::from_nanos(now), all);
        let event = |it: crate::decide::rate::Suppressed| {
            let message = format!(
                "{} lines on {} above the rate were not stored",
                it.count,
                it.stream.name()
            );
            let time = |at: Duration| stamp::format(at.as_nanos() as u64);
            Event::new(Kind::Suppressed, Priority::WARNING, message)
                .with("n_suppressed", it.count)
                .with("stream", it.stream.name())
                .with("suppressed_priority", it.priority.0)
                .with("first", time(it.first))
                .with("last", time(it.last))
        };
        told.into_iter().map(event).collect()
    }

    /// Lines that came from the daemon's log so far.
    pub(super) fn caught_up(&self) -> u64 {
        let stats = self.stats.lock().unwrap_or_else(|it| it.into_inner());
        stats.caught_up
    }

    /// The batch has arrived, or was given up.
    pub(super) fn clear(&mut self) {
        self.records.clear(KEPT);
    }
}
