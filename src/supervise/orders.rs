//! What is asked of a keeper: by operators, by new definitions; and the answers to those who wait.

use std::rc::Rc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::keeper::{Keeper, START_LIMIT};
use crate::decide::supervise::life::{Happening, State, Wish};
use crate::host::notify::proxy::Note;
use crate::model::process::{Charge, Outcome, Verdict};

impl Keeper {
    pub(super) fn wished(
        &mut self,
        wish: Wish,
        done: Option<oneshot::Sender<Outcome>>,
    ) -> Option<Happening> {
        let runs = self.state.runs();
        let settled = match self.state {
            State::Ready | State::Unready => true,
            State::Starting => self.adopted,
            State::Down | State::Waiting | State::Stopping(_) | State::Paused | State::Failed => {
                false
            }
        };
        let at_once = match wish {
            Wish::Start | Wish::Restart if !self.charge.process.restart.enabled => {
                Some(Verdict::Disabled)
            }
            Wish::Start if settled => Some(Verdict::AlreadyRunning),
            Wish::Stop if !runs => Some(Verdict::NotRunning),
            Wish::Start | Wish::Restart | Wish::Stop => None,
        };
        // Whoever waits for something else is told that it will not come.
        let others = match wish {
            Wish::Stop => Wish::Start,
            Wish::Start | Wish::Restart => Wish::Stop,
        };
        self.answer(others, Verdict::NotStarted);
        match (at_once, done) {
            (Some(verdict), Some(done)) => drop(done.send(self.outcome(verdict))),
            (None, Some(done)) => {
                let limit = START_LIMIT + self.charge.stop.timeout;
                self.waiting.push((wish, Instant::now() + limit, done));
            }
            (_, None) => {}
        }
        if at_once == Some(Verdict::Disabled) {
            return None;
        }
        self.course.reset();
        self.record.stopped_by_hand = wish == Wish::Stop;
        if wish == Wish::Stop {
            self.why = "stopped by hand".to_owned();
        }
        self.remember();
        Some(Happening::Wished(wish))
    }

    pub(super) fn too_late(&mut self) {
        let now = Instant::now();
        let late = self.waiting.extract_if(.., |it| it.1 <= now);
        let late: Vec<_> = late.collect();
        for (_, _, done) in late {
            let _ = done.send(self.outcome(Verdict::Late));
        }
    }

    /// Answers those who wait for this; a restart is over when it is started.
    pub(super) fn answer(&mut self, wish: Wish, verdict: Verdict) {
        let fits = |it: Wish| (it == Wish::Stop) == (wish == Wish::Stop);
        let done: Vec<_> = self.waiting.extract_if(.., |it| fits(it.0)).collect();
        for (_, _, done) in done {
            let _ = done.send(self.outcome(verdict));
        }
    }

    pub(super) fn outcome(&self, verdict: Verdict) -> Outcome {
        Outcome {
            name: self.charge.name.clone(),
            verdict,
            why: self.why.clone(),
            pid: self.held.as_ref().map(|it| it.identity.pid),
        }
    }

    pub(super) async fn become_other(
        &mut self,
        charge: Rc<Charge>,
        remade: bool,
    ) -> Option<Happening> {
        let was = std::mem::replace(&mut self.charge, charge);
        let name = self.charge.name.clone();
        self.board
            .recorder
            .settings(&name, self.charge.logs.clone())
            .await;
        let runs = matches!(self.state, State::Ready | State::Unready | State::Starting);
        if remade && runs {
            return Some(Happening::Wished(Wish::Restart));
        }
        if runs {
            self.watching.begin(&self.charge.process.watches);
            self.ask();
        } else if !was.process.restart.enabled
            && self.charge.process.restart.enabled
            && self.charge.process.restart.autostart
        {
            return Some(Happening::Wished(Wish::Start));
        }
        None
    }

    pub(super) fn spoke(&mut self, notes: &[Note]) -> Option<Happening> {
        let mut happening = None;
        for note in notes {
            match note {
                Note::Ready => {
                    self.record.spoken = true;
                    happening = Some(Happening::Proven);
                }
                Note::Stopping => happening = Some(Happening::Faltered),
                Note::Status(text) => self.why.clone_from(text),
                Note::Reloading | Note::Watchdog => {}
            }
        }
        self.remember();
        happening
    }

    pub(super) async fn leave(&mut self) {
        self.board.recorder.flush().await;
        self.remember();
    }
}
