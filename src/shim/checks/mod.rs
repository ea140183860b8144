//! The checks of one container, each asked on its own rhythm until replaced or stopped.

mod ask;
mod asker;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
};

use crate::decide::health::{Change, Health};
use crate::host::docker::Docker;
use crate::host::notify::proxy::Note;
use crate::model::check::{Answer, Check, OnFailure, Probe};

pub(super) use ask::whereabouts;

use ask::Subject;
use asker::Asker;

/// Checks of one service that may be under way at once; the others wait their turn.
const MOST_AT_ONCE: usize = 4;
/// Verdicts not yet taken; beyond, the checks themselves wait, so nothing piles up.
const VERDICTS_WAITING: usize = 32;

/// What one answer means for its check.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub check: String,
    /// It is the service's `health_check`, not one of its monitors.
    pub health: bool,
    pub on_failure: OnFailure,
    pub change: Change,
    pub answer: Answer,
    /// Bad answers in a row that counted, this one included.
    pub failures: u32,
}

/// Running checks; dropped, they stop at once and what they started is ended.
pub struct Checks {
    docker: Docker,
    subject: Arc<Subject>,
    turns: Arc<Semaphore>,
    verdicts: mpsc::Sender<Verdict>,
    running: Vec<Running>,
}

/// One check and the task that asks it.
struct Running {
    check: Check,
    health: bool,
    kept: Kept,
    task: JoinHandle<()>,
}

/// What outlives a change of a check's rhythm.
#[derive(Clone, Default)]
struct Kept {
    state: Arc<Mutex<Health>>,
    said: Arc<watch::Sender<Said>>,
}

/// What the application has said of itself so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    /// READY=1, and no STOPPING=1 since.
    up: bool,
    /// WATCHDOG=1, this often.
    beats: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Checks {
    /// Starts asking: the health check and the monitors of this container, which is `age` old. The
    /// first answers come at once. Without checks nothing runs. `network` is the service's
    /// `public_network`. Monitors count from their first answer on: give them once the service is up,
    /// with [`Checks::replace`]. Must be called within a tokio runtime; the tasks may move between threads.
    pub fn start(
        docker: Docker,
        container: &str,
        network: Option<String>,
        age: Duration,
        health: Option<&Check>,
        monitors: &[Check],
    ) -> (Checks, mpsc::Receiver<Verdict>) {
        let (verdicts, receiver) = mpsc::channel(VERDICTS_WAITING);
        let mut checks = Checks {
            docker,
            subject: Arc::new(Subject::new(container, network, age)),
            turns: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            verdicts,
            running: Vec::new(),
        };
        checks.replace(health, monitors);
        (checks, receiver)
    }

    /// Goes over to these checks. One that is unchanged runs on undisturbed; one whose rhythm alone
    /// changed keeps its state; any other begins anew.
    pub fn replace(&mut self, health: Option<&Check>, monitors: &[Check]) {
        let wanted = health.map(|it| (it, true));
        let wanted = wanted
            .into_iter()
            .chain(monitors.iter().map(|it| (it, false)));
        let mut before = std::mem::take(&mut self.running);
        for (check, health) in wanted {
            let found = before
                .iter()
                .position(|it| it.health == health && it.check.name == check.name)
                .map(|at| before.swap_remove(at));
            let next = match found {
                Some(same) if same.check == *check => same,
                Some(other) if other.check.probe == check.probe => {
                    self.run(check, health, other.kept.clone())
                }
                Some(_) | None => self.run(check, health, Kept::default()),
            };
            self.running.push(next);
        }
    }

    /// The container is a new one, or has been started anew and is `age` old: every check begins
    /// anew, its address is looked up again.
    pub fn restarted(&mut self, container: &str, age: Duration) {
        let network = self.subject.network().map(str::to_owned);
        self.subject = Arc::new(Subject::new(container, network, age));
        for was in std::mem::take(&mut self.running) {
            let next = self.run(&was.check, was.health, Kept::default());
            self.running.push(next);
        }
    }

    /// Passes on what the application said of itself to the checks that wait for it. Never waits.
    pub fn hear(&self, note: &Note) {
        for it in self
            .running
            .iter()
            .filter(|it| it.check.probe == Probe::Notify)
        {
            it.kept.said.send_if_modified(|said| said.take_in(note));
        }
    }

    /// Stops asking and returns when nothing is under way any more.
    pub async fn stop(mut self) {
        for mut it in self.running.drain(..) {
            it.task.abort();
            let _ = (&mut it.task).await;
        }
    }

    fn run(&self, check: &Check, health: bool, kept: Kept) -> Running {
        let asker = Asker {
            docker: self.docker.clone(),
            subject: Arc::clone(&self.subject),
            turns: Arc::clone(&self.turns),
            verdicts: self.verdicts.clone(),
            check: check.clone(),
            health,
            state: Arc::clone(&kept.state),
        };
        Running {
            check: check.clone(),
            health,
            task: tokio::spawn(asker.run(kept.said.subscribe())),
            kept,
        }
    }
}

impl Said {
    /// Returns whether that was anything a check goes by.
    fn take_in(&mut self, note: &Note) -> bool {
        match note {
            Note::Ready => self.up = true,
            Note::Stopping => self.up = false,
            Note::Watchdog => self.beats += 1,
            Note::Reloading | Note::Status(_) => return false,
        }
        true
    }
}
