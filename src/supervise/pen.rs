//! Bytes of one service become records, and what is known of them when they have arrived.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::decide::clean::clean;
use crate::decide::levels::{json, level};
use crate::decide::lines::{Lines, Whole};
use crate::decide::multiline::Joiner;
use crate::decide::rate::Rate;
use crate::host::journal::encode::{Prefix, Records, field_name};
use crate::model::log::{Origin, Priority, Stream};
use crate::model::service::Logs;

/// Lines kept for the report of an end.
const KEPT: usize = 20;
/// Bytes of each of them.
const KEPT_BYTES: usize = 512;

/// The last lines of a service, shared with who reports its end.
pub(super) type Tail = Rc<RefCell<VecDeque<String>>>;

/// Writes the lines of one service.
pub(super) struct Pen {
    logs: Logs,
    rate: Rate,
    pub(super) records: Records,
    tail: Tail,
    stdout: Nib,
    stderr: Nib,
}

/// One stream of it.
struct Nib {
    prefix: Prefix,
    lines: Lines,
    joiner: Joiner,
    /// Bytes taken so far.
    taken: u64,
    /// Where the first line that is in no record yet begins.
    done: u64,
    /// When a line came last.
    last: Duration,
}

impl Pen {
    pub(super) fn new(origin: &Origin, logs: Logs, tail: Tail) -> Pen {
        let nib = |stream| Nib {
            prefix: Prefix::new(origin, Some(stream)),
            lines: Lines::default(),
            joiner: Joiner::default(),
            taken: 0,
            done: 0,
            last: Duration::ZERO,
        };
        Pen {
            rate: Rate::new(logs.rate, logs.burst),
            logs,
            records: Records::default(),
            tail,
            stdout: nib(Stream::Stdout),
            stderr: nib(Stream::Stderr),
        }
    }

    pub(super) fn set(&mut self, logs: Logs) {
        self.rate.set(logs.rate, logs.burst);
        self.logs = logs;
    }

    /// The stream is read from here on.
    pub(super) fn begin(&mut self, stream: Stream, at: u64) {
        let nib = self.nib(stream);
        nib.lines.clear();
        nib.joiner.take();
        (nib.taken, nib.done) = (at, at);
    }

    /// Returns where the next byte is read.
    pub(super) fn taken(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Stdout => self.stdout.taken,
            Stream::Stderr => self.stderr.taken,
        }
    }

    /// Returns up to where all lines are in records.
    pub(super) fn done(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Stdout => self.stdout.done,
            Stream::Stderr => self.stderr.done,
        }
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, stream: Stream, bytes: &[u8], now: Duration) {
        let mut lines = std::mem::take(&mut self.nib(stream).lines);
        let mut at = self.taken(stream) - lines.held().len() as u64;
        lines.push(bytes, |line| {
            let next = at + line.text.len() as u64 + line.truncated + 1;
            self.line(stream, &line, now, next);
            at = next;
        });
        let nib = self.nib(stream);
        nib.taken += bytes.len() as u64;
        nib.lines = lines;
    }

    /// The process is gone: what is left of its last line is a line.
    pub(super) fn end(&mut self, stream: Stream, now: Duration) {
        let mut lines = std::mem::take(&mut self.nib(stream).lines);
        let taken = self.taken(stream);
        lines.end(|line| self.line(stream, &line, now, taken));
        self.nib(stream).lines = lines;
        self.flush(stream, Duration::MAX);
    }

    /// Lines that wait for more of their kind are given up waiting at this time.
    pub(super) fn flush(&mut self, stream: Stream, now: Duration) {
        let Some(how) = self.logs.multiline.clone() else {
            return;
        };
        let nib = self.nib(stream);
        if nib.joiner.due(&how).is_some_and(|it| it <= now)
            && let Some(joined) = nib.joiner.take()
        {
            let (last, pending) = (nib.last, nib.lines.held().len() as u64);
            let done = nib.taken - pending;
            let text = &joined.text;
            self.record(stream, &whole(text), last);
            self.nib(stream).done = done;
        }
    }

    /// Whether lines wait for others to join them.
    pub(super) fn waits(&self) -> bool {
        let how = self.logs.multiline.as_ref();
        let waits = |nib: &Nib| how.is_some_and(|it| nib.joiner.due(it).is_some());
        waits(&self.stdout) || waits(&self.stderr)
    }

    /// Returns how many lines above the rate were not stored, when that is due.
    pub(super) fn suppressed(&mut self, now: Duration) -> Vec<(Stream, u64)> {
        let told = self.rate.report(now, false);
        told.into_iter().map(|it| (it.stream, it.count)).collect()
    }

    fn nib(&mut self, stream: Stream) -> &mut Nib {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// `next` is where the line behind it begins.
    fn line(&mut self, stream: Stream, line: &Whole<'_>, now: Duration, next: u64) {
        self.keep(line.text);
        let Some(how) = self.logs.multiline.clone() else {
            self.record(stream, line, now);
            self.nib(stream).done = next;
            return;
        };
        let nib = self.nib(stream);
        nib.last = now;
        let began = next - line.text.len() as u64 - line.truncated - 1;
        if let Some(joined) = nib.joiner.push(line.text, 0, now, &how) {
            nib.done = began;
            self.record(stream, &whole(&joined.text), now);
        }
    }

    fn keep(&self, text: &[u8]) {
        let mut tail = self.tail.borrow_mut();
        if tail.len() == KEPT {
            tail.pop_front();
        }
        let text = &text[..text.len().min(KEPT_BYTES)];
        tail.push_back(clean(text).text.into_owned());
    }

    fn record(&mut self, stream: Stream, line: &Whole<'_>, now: Duration) {
        let clean = clean(line.text);
        let facts = json::facts(&clean.text, &self.logs.fields);
        let told = match &facts {
            Some(facts) => facts.priority,
            None => level(&clean.text),
        };
        let priority = told.unwrap_or(match stream {
            Stream::Stdout => Priority::INFO,
            Stream::Stderr => Priority(self.logs.stderr_priority),
        });
        if !self.rate.admits(stream, priority, now) {
            return;
        }
        let prefix = match stream {
            Stream::Stdout => &self.stdout.prefix,
            Stream::Stderr => &self.stderr.prefix,
        };
        self.records.begin(prefix, priority);
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
        if let Some(facts) = facts {
            self.records.field("LOG_FORMAT", b"json");
            for (key, value) in facts.fields {
                self.records.field(&field_name(&key), value.as_bytes());
            }
        }
    }
}

fn whole(text: &[u8]) -> Whole<'_> {
    Whole {
        text,
        truncated: 0,
        unterminated: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(logs: Logs) -> Pen {
        Pen::new(&Origin::default(), logs, Tail::default())
    }

    fn messages(pen: &Pen) -> Vec<String> {
        let text = String::from_utf8_lossy(pen.records.bytes()).into_owned();
        let lines = text.lines().filter_map(|it| it.strip_prefix("MESSAGE="));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn a_place_is_behind_whole_lines_only() {
        let mut pen = pen(Logs::default());
        pen.begin(Stream::Stdout, 100);
        pen.take(Stream::Stdout, b"one\ntw", Duration::ZERO);
        assert_eq!(
            (pen.taken(Stream::Stdout), pen.done(Stream::Stdout)),
            (106, 104)
        );
        pen.take(Stream::Stdout, b"o\n", Duration::ZERO);
        assert_eq!(
            (pen.taken(Stream::Stdout), pen.done(Stream::Stdout)),
            (108, 108)
        );
        pen.take(Stream::Stdout, b"end", Duration::ZERO);
        pen.end(Stream::Stdout, Duration::ZERO);
        assert_eq!(messages(&pen), ["one", "two", "end"]);
        assert_eq!(pen.done(Stream::Stdout), 111);
        assert_eq!(pen.tail.borrow().back().unwrap(), "end");
    }

    #[test]
    fn lines_that_wait_to_be_joined_are_not_done() {
        let mut pen = pen(Logs {
            multiline: Some(crate::model::service::Multiline::Indent {
                max_lines: 10,
                timeout: Duration::from_secs(1),
            }),
            ..Logs::default()
        });
        pen.take(Stream::Stderr, b"a\n b\nc\n", Duration::ZERO);
        assert_eq!(pen.done(Stream::Stderr), 5);
        assert!(pen.waits());
        pen.flush(Stream::Stderr, Duration::from_millis(500));
        assert_eq!(pen.done(Stream::Stderr), 5);
        pen.flush(Stream::Stderr, Duration::from_secs(2));
        assert_eq!((pen.done(Stream::Stderr), pen.waits()), (7, false));
    }

    #[test]
    fn the_tail_is_bounded() {
        let mut pen = pen(Logs::default());
        for number in 0..50 {
            let line = format!("{number} {}\n", "x".repeat(2000));
            pen.take(Stream::Stdout, line.as_bytes(), Duration::ZERO);
        }
        let tail = pen.tail.borrow();
        assert_eq!(tail.len(), KEPT);
        assert!(tail[0].starts_with("30 ") && tail[0].len() <= KEPT_BYTES);
    }
}
