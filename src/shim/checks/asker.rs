//! One check on its rhythm: ask, judge, tell, wait. It never overlaps itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, sleep, timeout},
};

use super::{Verdict, ask, ask::Subject};
use crate::decide::{
    expect,
    health::{Change, Health, Rules, State},
    pace,
};
use crate::host::docker::{Docker, exec::Leftover};
use crate::host::notify::proxy::Note;
use crate::model::{
    check::{Answer, Check, Probe},
    seen::span,
};

/// What one check needs to be asked.
pub(super) struct Asker {
    pub(super) docker: Docker,
    pub(super) subject: Arc<Subject>,
    pub(super) turns: Arc<Semaphore>,
    pub(super) verdicts: mpsc::Sender<Verdict>,
    pub(super) check: Check,
    pub(super) health: bool,
    pub(super) state: Arc<Mutex<Health>>,
    pub(super) began: Instant,
}

/// Nobody takes verdicts any more.
struct Unheard;

fn spoken(good: bool, what: &str) -> Answer {
    let summary = format!("the application {what}");
    match good {
        true => expect::good(summary, Duration::ZERO),
        false => expect::bad(summary, Duration::ZERO),
    }
}

impl Asker {
    /// Runs until nobody listens.
    pub(super) async fn run(self, notes: mpsc::Receiver<Note>) {
        let _: Result<(), Unheard> = match self.check.probe {
            Probe::Notify => self.listen(notes).await,
            Probe::Present
            | Probe::Tcp { .. }
            | Probe::Http(_)
            | Probe::Exec(_)
            | Probe::Host(_) => self.ask().await,
        };
    }

    async fn ask(&self) -> Result<(), Unheard> {
        let mut left = None;
        let mut pause = None;
        loop {
            let answer = self.once(&mut left).await;
            let took = answer.took;
            let proving = self.health && self.state() == State::Unknown;
            if answer.good || !proving || self.counts() {
                // A good answer quickens the ones it still takes to rise.
                pause = pause.filter(|_| !answer.good);
                self.tell(answer, self.rules()).await?;
            } else {
                self.show(answer).await?;
            }
            let proving = self.health && self.state() == State::Unknown;
            let next = match proving {
                true => pace::starting(pause, took, self.check.interval),
                false => pace::steady(took, self.check.interval),
            };
            pause = proving.then_some(next);
            sleep(next).await;
        }
    }

    async fn once(&self, left: &mut Option<Leftover>) -> Answer {
        // Closed never: this holds it.
        let _turn = self.turns.acquire().await;
        let asked = Instant::now();
        let mut answer = ask::once(&self.docker, &self.subject, &self.check, left).await;
        answer.took = asked.elapsed();
        if !answer.good {
            self.subject.forget_address();
        }
        answer
    }

    /// The application speaks by itself: one READY=1 is enough whatever `rise` is, one STOPPING=1
    /// whatever `fall` is. Once it has sent WATCHDOG=1, an interval without another is a bad answer.
    async fn listen(&self, mut notes: mpsc::Receiver<Note>) -> Result<(), Unheard> {
        let (mut up, mut watched) = (false, false);
        loop {
            let heard = match watched && up {
                true => timeout(self.check.interval, notes.recv()).await,
                false => Ok(notes.recv().await),
            };
            match heard {
                Ok(None) => return Err(Unheard),
                Ok(Some(Note::Ready)) => up = true,
                Ok(Some(Note::Watchdog)) => watched = true,
                Ok(Some(Note::Stopping)) => up = false,
                Ok(Some(Note::Reloading | Note::Status(_))) => continue,
                Err(_) => {
                    let limit = span(self.check.interval);
                    self.tell(
                        spoken(false, &format!("is silent for {limit}")),
                        self.rules(),
                    )
                    .await?;
                    continue;
                }
            }
            let answer = match up {
                true => spoken(true, "says it is up"),
                false => spoken(false, "does not say it is up"),
            };
            self.tell(answer, self.at_once()).await?;
        }
    }

    /// Whether a bad answer of a start counts.
    fn counts(&self) -> bool {
        let counted = self.lock().failures();
        pace::counts(self.began.elapsed(), counted, self.check.interval)
    }

    fn rules(&self) -> Rules {
        Rules {
            rise: self.check.rise,
            fall: self.check.fall,
            start_period: self.check.start_period,
        }
    }

    /// One word of the application is enough.
    fn at_once(&self) -> Rules {
        Rules {
            rise: 1,
            fall: 1,
            ..self.rules()
        }
    }

    async fn tell(&self, answer: Answer, rules: Rules) -> Result<(), Unheard> {
        let change = self.lock().hear(rules, answer.good, self.subject.age());
        self.send(change, answer).await
    }

    /// Passes on an answer that does not count.
    async fn show(&self, answer: Answer) -> Result<(), Unheard> {
        self.send(Change::Still(self.state()), answer).await
    }

    async fn send(&self, change: Change, answer: Answer) -> Result<(), Unheard> {
        let verdict = Verdict {
            check: self.check.name.clone(),
            health: self.health,
            on_failure: self.check.on_failure,
            change,
            answer,
            failures: self.lock().failures(),
        };
        self.verdicts.send(verdict).await.map_err(|_| Unheard)
    }

    fn state(&self) -> State {
        self.lock().state()
    }

    /// Nothing panics while it is held; if something did, the state is as good as any.
    fn lock(&self) -> std::sync::MutexGuard<'_, Health> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
