//! The checks of one container, each asked on its own rhythm until replaced or stopped.

mod ask;
mod asker;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::Instant,
};

use crate::decide::health::{Change, Health};
use crate::host::docker::Docker;
use crate::host::notify::proxy::Note;
use crate::model::check::{Answer, Check, OnFailure, Probe};

use ask::Subject;
use asker::Asker;

/// Checks of one service that may be under way at once; the others wait their turn.
const MOST_AT_ONCE: usize = 4;
/// Verdicts not yet taken; beyond, the checks themselves wait, so nothing piles up.
const VERDICTS_WAITING: usize = 32;
/// What an application said and its checks have not yet heard.
const NOTES_WAITING: usize = 16;

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
    state: Arc<Mutex<Health>>,
    notes: mpsc::Sender<Note>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Checks {
    /// Starts asking: the health check and the monitors of this container, which is `age` old. The
    /// first answers come at once. Without checks nothing runs. `network` is the service's
    /// `public_network`. Must be called within a tokio runtime; the tasks may move between threads.
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
                    self.run(check, health, Arc::clone(&other.state))
                }
                Some(_) | None => self.run(check, health, Arc::default()),
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
            let next = self.run(&was.check, was.health, Arc::default());
            self.running.push(next);
        }
    }

    /// Passes on what the application said of itself to the checks that wait for it.
    pub async fn hear(&self, note: Note) {
        for it in &self.running {
            if it.check.probe == Probe::Notify {
                // Closed only when its task is gone, with nobody left to care.
                let _ = it.notes.send(note.clone()).await;
            }
        }
    }

    /// Stops asking and returns when nothing is under way any more.
    pub async fn stop(mut self) {
        for mut it in self.running.drain(..) {
            it.task.abort();
            let _ = (&mut it.task).await;
        }
    }

    fn run(&self, check: &Check, health: bool, state: Arc<Mutex<Health>>) -> Running {
        let (notes, heard) = mpsc::channel(NOTES_WAITING);
        let asker = Asker {
            docker: self.docker.clone(),
            subject: Arc::clone(&self.subject),
            turns: Arc::clone(&self.turns),
            verdicts: self.verdicts.clone(),
            check: check.clone(),
            health,
            state: Arc::clone(&state),
            began: Instant::now(),
        };
        Running {
            check: check.clone(),
            health,
            state,
            notes,
            task: tokio::spawn(asker.run(heard)),
        }
    }
}
