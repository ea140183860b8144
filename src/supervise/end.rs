//! An end: asked for or not, of the whole tree, with the reason in words.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::keeper::Keeper;
use crate::decide::alert::redact;
use crate::decide::exit::signal;
use crate::decide::supervise::find::{Titled, heir};
use crate::decide::supervise::life::State;
use crate::decide::supervise::words;
use crate::host::files;
use crate::host::workload::{Held, group, table};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::process::{Identity, Sink};

/// Between two looks at a tree that is ending.
const STEP: Duration = Duration::from_millis(20);
/// How long SIGKILL may take; a process stuck in the kernel does not hear it.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// What is looked at of an output file for the report.
const REPORT_BYTES: u64 = 16 * 1024;
const REPORT_LINES: usize = 20;

impl Keeper {
    /// Asks the main process to end and sets the clock for those who do not.
    pub(super) async fn ask_to_end(&mut self) {
        self.checks = None;
        self.watching.clear();
        let grace = self.charge.stop.timeout;
        let text = format!("stopping, {} s at most", grace.as_secs_f32());
        self.tell(Event::new(Kind::Stopping, Priority::INFO, text))
            .await;
        if let Some(held) = &self.held {
            held.signal(self.stop_signal());
        }
        self.alarm = Some(Instant::now() + grace);
    }

    fn stop_signal(&self) -> Signal {
        let name = self.charge.stop.signal.as_deref();
        let number = name.and_then(signal::number);
        number.map_or(Signal::TERM, group::signal_of)
    }

    /// The grace is over.
    pub(super) async fn kill(&mut self) {
        let Some(main) = self.held.as_ref().map(|it| it.identity) else {
            return;
        };
        self.killed = true;
        let text = format!(
            "did not end within {} s: killed",
            self.charge.stop.timeout.as_secs_f32()
        );
        self.tell(Event::new(Kind::ForcedKill, Priority::WARNING, text))
            .await;
        self.kill_all(main).await;
        // One that SIGKILL does not end is stuck in the kernel; its end is waited for all the same.
        if table::look(main.pid).is_some_and(|it| it.identity == main && !it.zombie) {
            self.why = format!(
                "process {} is stuck in the kernel: SIGKILL does not end it",
                main.pid
            );
        }
    }

    /// Its main process has ended: whoever goes on in its place is held, else the rest of its tree is
    /// ended too. True when it is over.
    pub(super) async fn over(&mut self) -> bool {
        let Some(held) = self.held.take() else {
            return false;
        };
        let (main, noticed) = (held.identity, Instant::now());
        // Others that ended in the same moment are seen by the same look.
        sleep(STEP).await;
        if let Some(next) = self.heir(main, noticed) {
            held.reap();
            self.held = Some(next);
            return false;
        }
        let deadline = match self
            .alarm
            .filter(|_| matches!(self.state, State::Stopping(_)))
        {
            Some(alarm) => alarm,
            None => noticed + self.charge.stop.timeout,
        };
        self.sweep(main, deadline).await;
        // Only now its number may be given to somebody else.
        let ended = held.reap();
        self.finished(ended).await;
        true
    }

    fn heir(&mut self, main: Identity, since: Instant) -> Option<Held> {
        let finding = &self.charge.process.finding;
        if matches!(self.state, State::Stopping(_))
            || (finding.title.is_none() && !finding.own_pidfile)
        {
            return None;
        }
        let pidfile = finding.pidfile.as_deref().filter(|_| finding.own_pidfile);
        let tree: Vec<Titled> = self
            .members(main, since)
            .into_iter()
            .filter(|it| *it != main)
            .filter_map(|it| table::look(it.pid))
            .map(|seen| Titled {
                title: table::title(seen.identity.pid),
                seen,
            })
            .collect();
        let next = heir(pidfile.and_then(table::pidfile), &tree, |it| self.fits(it))?;
        let held = Held::take(next).ok()??;
        self.written_down(next);
        Some(held)
    }

    /// Ends what the main process left: asked first, killed at the deadline.
    pub(super) async fn sweep(&mut self, main: Identity, deadline: Instant) {
        let mut since = Instant::now() - STEP;
        let left = |it: &Keeper, since| -> Vec<Identity> {
            let mut left = it.members(main, since);
            left.retain(|it| *it != main);
            left
        };
        let mut rest = left(self, since);
        if rest.is_empty() {
            return self.sweep_done();
        }
        group::signal(&rest, self.stop_signal());
        while Instant::now() < deadline && !rest.is_empty() {
            sleep(STEP).await;
            since = Instant::now();
            rest = left(self, since);
        }
        if !rest.is_empty() {
            self.kill_all(main).await;
        }
        self.sweep_done();
    }

    fn sweep_done(&mut self) {
        if let Some(group) = self.group.take() {
            group.remove();
        }
    }

    /// Kills until nobody is left: who forks faster than it is killed is met by the next round.
    pub(super) async fn kill_all(&self, main: Identity) {
        let until = Instant::now() + KILL_LIMIT;
        loop {
            if let Some(group) = &self.group {
                group.kill();
            }
            let members = self.members(main, Instant::now());
            if members.is_empty() || Instant::now() > until {
                return;
            }
            group::signal(&members, Signal::KILL);
            sleep(STEP).await;
        }
    }

    async fn finished(&mut self, ended: crate::model::process::Ended) {
        self.checks = None;
        self.watching.clear();
        self.ended = Some(ended);
        self.board.set_main(&self.charge.name, None);
        self.board.recorder.end(&self.charge.name).await;
        let lived = self.began.elapsed();
        self.record.pid = 0;
        self.record.mark = String::new();
        self.remember();
        if let (Some(path), false) = (
            &self.charge.process.finding.pidfile,
            self.charge.process.finding.own_pidfile,
        ) {
            let _ = files::remove(path);
        }
        let stopping = matches!(self.state, State::Stopping(_));
        let asked = stopping && !self.condemned;
        let words = match (stopping, self.killed) {
            (true, true) => "killed, since it did not end when asked".to_owned(),
            (true, false) => format!("stopped: {}", words::ended(ended)),
            (false, _) => words::ended(ended),
        };
        let early = self.state == State::Starting;
        if stopping && self.condemned {
            self.why = format!("{}; {words}", self.why);
        } else if !asked {
            self.course.ran(lived, &self.charge.process.restart);
            let when = if early { ", before it was ready" } else { "" };
            self.why = format!("{words}{when}");
        }
        let priority = if asked {
            Priority::INFO
        } else {
            Priority::ERROR
        };
        let mut event = Event::new(
            Kind::Exited,
            priority,
            if asked { words } else { self.why.clone() },
        )
        .with("seconds", lived.as_secs());
        if !asked {
            event = event.with("last_lines", self.last_lines());
        }
        self.tell(event).await;
    }

    fn last_lines(&self) -> Vec<String> {
        let secrets = redact::of_variables(&self.charge.process.environment);
        let mut lines = self.raw_lines();
        for line in &mut lines {
            *line = redact::without(line, &secrets);
        }
        lines
    }

    fn raw_lines(&self) -> Vec<String> {
        let kept: Vec<String> = self.tail.borrow().iter().cloned().collect();
        match &self.charge.process.stdout {
            Sink::File(path) if kept.is_empty() => {
                let text = files::end_of(path, REPORT_BYTES).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let from = lines.len().saturating_sub(REPORT_LINES);
                lines[from..].iter().map(|it| (*it).to_owned()).collect()
            }
            Sink::File(_) | Sink::Both(_) | Sink::Journal | Sink::Stdout => kept,
        }
    }
}
