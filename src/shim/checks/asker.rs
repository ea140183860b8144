//! One check on its rhythm: ask, judge, tell, wait. It never overlaps itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::{Instant, sleep, timeout},
};

use super::{Said, Verdict, ask, ask::Subject};
use crate::decide::{
    expect,
    health::{Change, Health, Rules, State},
    pace::{self, Rhythm},
};
use crate::host::docker::{Docker, exec::Leftover};
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
}

/// Nobody takes verdicts any more.
struct Unheard;

fn up() -> Answer {
    expect::good("the application says it is up".into(), Duration::ZERO)
}

fn down(what: &str) -> Answer {
    expect::bad(format!("the application {what}"), Duration::ZERO)
}

impl Asker {
    /// Runs until nobody listens.
    pub(super) async fn run(self, said: watch::Receiver<Said>) {
        let _: Result<(), Unheard> = match self.check.probe {
            Probe::Notify => self.listen(said).await,
            Probe::Present
            | Probe::Tcp { .. }
            | Probe::Http(_)
            | Probe::Exec(_)
            | Probe::Host(_) => self.ask().await,
        };
    }

    async fn ask(&self) -> Result<(), Unheard> {
        let began = Instant::now();
        let (mut left, mut pause, mut rhythm) = (None, None, Rhythm::default());
        loop {
            let Some(answer) = self.once(&mut left).await else {
                sleep(self.check.interval).await;
                continue;
            };
            let took = answer.took;
            let plain = rhythm.is_due(began.elapsed(), self.check.interval);
            if answer.good || plain || !self.is_proving() {
                // A good answer quickens the ones it still takes to rise.
                pause = pause.filter(|_| !answer.good);
                self.tell(answer, self.rules()).await?;
            } else {
                self.show(answer).await?;
            }
            let proving = self.is_proving();
            let next = match proving {
                true => pace::starting(pause, took, self.check.interval),
                false => pace::steady(took, self.check.interval),
            };
            pause = proving.then_some(next);
            sleep(next).await;
        }
    }

    async fn once(&self, left: &mut Option<Leftover>) -> Option<Answer> {
        let _turn = match self.health {
            // Monitors that hang must not make the service look unhealthy.
            true => None,
            // Never closed: this holds it.
            false => self.turns.acquire().await.ok(),
        };
        let asked = Instant::now();
        let mut answer = ask::once(&self.docker, &self.subject, &self.check, left).await?;
        answer.took = asked.elapsed();
        // While a start is asked quickly, docker is not asked along with it.
        if !answer.good && !self.is_proving() {
            self.subject.forget_address();
        }
        Some(answer)
    }

    /// A start waits for this check, also once it has failed: the start's own deadline ends it.
    fn is_proving(&self) -> bool {
        self.health && !self.lock().is_proven()
    }

    /// The application speaks by itself: one READY=1 is enough whatever `rise` is, one STOPPING=1
    /// whatever `fall` is. Once it has sent WATCHDOG=1, an interval without another is a bad answer.
    async fn listen(&self, mut said: watch::Receiver<Said>) -> Result<(), Unheard> {
        loop {
            let known = *said.borrow();
            let heard = match known.up && known.beats > 0 {
                true => timeout(self.check.interval, said.changed()).await,
                false => Ok(said.changed().await),
            };
            let now = *said.borrow();
            match heard {
                Ok(Err(_)) => return Err(Unheard),
                Ok(Ok(())) if now.up => self.tell(up(), self.at_once()).await?,
                Ok(Ok(())) if self.state() == State::Good => {
                    let answer = down("says it is stopping");
                    self.tell(answer, self.at_once()).await?;
                }
                // A sign of life before it is up, or a stop before that: as it was.
                Ok(Ok(())) => {}
                Err(_) => {
                    let silent = format!("is silent for {}", span(self.check.interval));
                    self.tell(down(&silent), self.rules()).await?;
                }
            }
        }
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
