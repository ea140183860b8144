//! Keeps one process: one loop that waits for whatever happens next and does what its life asks for.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::board::Board;
use super::checks::{Checks, Verdict as Told};
use super::pen::Tail;
use super::watch::Watching;
use crate::decide::supervise::course::{self, Course};
use crate::decide::supervise::life::{self, Act, Afterwards, Happening, State, Wish};
use crate::decide::supervise::pause::pause;
use crate::host::memo::Memo;
use crate::host::notify::proxy::{Note, Proxy};
use crate::host::workload::{Held, group::Group};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::process::{Charge, Outcome, Record, Standing, Verdict};

/// Orders of one service not yet taken.
const ORDERS: usize = 16;
/// How long somebody waits for a service to become ready.
pub(super) const START_LIMIT: Duration = Duration::from_secs(90);

/// What can be asked of a keeper.
pub(super) enum Order {
    Wish(Wish, Option<oneshot::Sender<Outcome>>),
    /// A new definition of the same process, or of another one.
    Become(Rc<Charge>, bool),
    /// Let go of what runs, and end.
    Leave(oneshot::Sender<()>),
}

/// Whom it is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A supervisor, which starts again what ends.
    Crew,
    /// A unit: an end is an end.
    Unit,
    /// Nobody any more: what runs is to be ended, and nothing is started.
    Ending,
}

/// How to reach a keeper.
pub(super) type Line = mpsc::Sender<Box<Order>>;

pub(super) struct Keeper {
    pub(super) board: Rc<Board>,
    pub(super) charge: Rc<Charge>,
    pub(super) folder: PathBuf,
    pub(super) origin: Origin,
    pub(super) memo: Memo,
    pub(super) record: Record,
    pub(super) tail: Tail,
    pub(super) state: State,
    pub(super) held: Option<Held>,
    pub(super) group: Option<Group>,
    pub(super) course: Course,
    /// Since when this state, and this process.
    pub(super) since: Instant,
    pub(super) began: Instant,
    /// When the state ends by the clock: shown to work, killed, tried again.
    pub(super) alarm: Option<Instant>,
    pub(super) killed: bool,
    /// A check or a watch ended it, and nobody asked for that.
    pub(super) condemned: bool,
    /// It ran already when it was looked for.
    pub(super) adopted: bool,
    pub(super) checks: Option<Checks>,
    /// Where it says by itself that it is up.
    pub(super) proxy: Option<Proxy>,
    pub(super) watching: Watching,
    pub(super) why: String,
    /// What the last failed start means to who asked for it.
    pub(super) verdict: Verdict,
    pub(super) ended: Option<crate::model::process::Ended>,
    pub(super) waiting: Vec<(Wish, Instant, oneshot::Sender<Outcome>)>,
    orders: mpsc::Receiver<Box<Order>>,
    mode: Mode,
}

impl Keeper {
    /// Returns the keeper of a service and how to reach it; nothing is begun.
    ///
    /// # Errors
    /// Its folder cannot be made or written to, in words.
    pub(super) fn new(
        board: &Rc<Board>,
        charge: Rc<Charge>,
        mode: Mode,
    ) -> std::io::Result<(Box<Keeper>, Line)> {
        let folder = match mode {
            Mode::Unit | Mode::Ending => board.folder.clone(),
            Mode::Crew => board.folder.join(&charge.name),
        };
        let (memo, record) = super::find::remembered(&folder)?;
        let (line, orders) = mpsc::channel(ORDERS);
        let now = Instant::now();
        let keeper = Keeper {
            board: Rc::clone(board),
            origin: Origin {
                service: charge.name.clone(),
                ..Origin::default()
            },
            watching: Watching::default(),
            charge,
            folder,
            memo,
            record,
            tail: Tail::default(),
            state: State::Down,
            held: None,
            group: None,
            course: Course::default(),
            since: now,
            began: now,
            alarm: None,
            killed: false,
            condemned: false,
            adopted: false,
            checks: None,
            proxy: None,
            why: "not started yet".to_owned(),
            verdict: Verdict::NotStarted,
            ended: None,
            waiting: Vec::new(),
            orders,
            mode,
        };
        Ok((Box::new(keeper), line))
    }

    /// Keeps it until it is to be left, or, for a unit, until it is down.
    pub(super) async fn run(mut self: Box<Keeper>) -> Box<Keeper> {
        // What is seldom under way has its room only meanwhile: there may be hundreds of keepers.
        Box::pin(self.begin()).await;
        loop {
            self.show();
            if self.mode != Mode::Crew && matches!(self.state, State::Down | State::Failed) {
                return self;
            }
            let Some(happening) = self.next().await else {
                return self;
            };
            Box::pin(self.step(happening)).await;
        }
    }

    /// One that runs is held on to; another is started when it is meant to be.
    async fn begin(&mut self) {
        let rules = &self.charge.process.restart;
        let wanted = rules.enabled && rules.autostart && !self.record.stopped_by_hand;
        if self.mode == Mode::Unit || wanted && self.mode == Mode::Crew {
            self.record.stopped_by_hand = false;
            self.step(Happening::Wished(Wish::Start)).await;
        } else if self.look().await {
            self.state = State::Waiting;
            self.step(Happening::Found).await;
        } else {
            self.why = match (
                self.record.stopped_by_hand,
                self.charge.process.restart.enabled,
            ) {
                (true, _) => "stopped by hand".to_owned(),
                (false, false) => "not enabled".to_owned(),
                (false, true) => "not started by itself".to_owned(),
            };
        }
    }

    /// Waits for the next thing to happen; None when it is to be left.
    async fn next(&mut self) -> Option<Happening> {
        loop {
            if self.state == State::Waiting
                && self.board.all_ready(&self.charge.process.restart.after)
            {
                return Some(Happening::Free);
            }
            let alarm = self.alarm;
            let limit = self.waiting.iter().map(|it| it.1).min();
            tokio::select! {
                biased;
                order = self.orders.recv() => match *order? {
                    Order::Wish(wish, done) => if let Some(it) = self.wished(wish, done) {
                        return Some(it);
                    },
                    Order::Become(charge, remade) => {
                        if let Some(it) = Box::pin(self.become_other(charge, remade)).await {
                            return Some(it);
                        }
                    }
                    Order::Leave(done) => {
                        Box::pin(self.leave()).await;
                        let _ = done.send(());
                        return None;
                    }
                },
                () = gone(self.held.as_ref()) => if Box::pin(self.over()).await {
                    return Some(Happening::Ended);
                },
                told = verdict(self.checks.as_mut()) => if let Some(it) = Box::pin(self.judge(told)).await {
                    return Some(it);
                },
                notes = heard(self.proxy.as_mut()) => if let Some(it) = self.spoke(&notes) {
                    return Some(it);
                },
                () = sleep_until(alarm.unwrap_or_else(Instant::now)), if alarm.is_some() => {
                    self.alarm = None;
                    if let Some(it) = Box::pin(self.alarmed()).await {
                        return Some(it);
                    }
                }
                () = sleep_until(limit.unwrap_or_else(Instant::now)), if limit.is_some() => {
                    self.too_late();
                }
                () = self.watching.due() => if let Some(it) = Box::pin(self.watch()).await {
                    return Some(it);
                },
                () = self.board.news.notified(), if self.state == State::Waiting => {}
            }
        }
    }

    async fn alarmed(&mut self) -> Option<Happening> {
        match self.state {
            State::Starting => Some(Happening::Proven),
            State::Paused => Some(Happening::Due),
            State::Stopping(_) => {
                self.kill().await;
                None
            }
            State::Down | State::Waiting | State::Ready | State::Unready | State::Failed => None,
        }
    }

    /// Takes one step of its life and does what it asks for; what that brings about is the next step.
    pub(super) async fn step(&mut self, happening: Happening) {
        let mut next = Some(happening);
        while let Some(happening) = next.take() {
            let afterwards = match self.mode {
                Mode::Unit | Mode::Ending => Afterwards::Rest,
                Mode::Crew => course::afterwards(self.course, &self.charge.process.restart),
            };
            let before = self.state;
            let (state, act) = life::next(before, happening, afterwards);
            if state != before {
                self.since = Instant::now();
                self.alarm = None;
            }
            self.state = state;
            match (happening, act) {
                (Happening::Unbearable, Act::End) => self.condemned = true,
                // What was down already, and known to be, is down because somebody wants it to.
                (Happening::Wished(Wish::Stop), Act::Rest) if before != State::Down => {
                    let text = "stopped by hand, it was not running";
                    self.tell(Event::new(Kind::Exited, Priority::INFO, text))
                        .await;
                }
                (Happening::Wished(_), _) => self.condemned = false,
                _ => {}
            }
            next = self.act(act).await;
            self.board
                .set_ready(&self.charge.name, self.state == State::Ready);
        }
    }

    async fn act(&mut self, act: Act) -> Option<Happening> {
        match act {
            Act::Nothing => None,
            Act::Look => self.look().await.then_some(Happening::Found).or_else(|| {
                // Two that could be it: none is started beside them.
                (self.verdict == Verdict::Ambiguous).then_some(Happening::Refused)
            }),
            Act::Launch => self.launch().await,
            Act::Take => self.taken().await,
            Act::End => {
                self.ask_to_end().await;
                None
            }
            Act::Rest => {
                self.answer(Wish::Stop, Verdict::Done);
                self.answer(Wish::Start, self.verdict);
                None
            }
            Act::Pause => {
                let least = self.charge.process.restart.delay;
                let pause = pause(self.course.unstable, least, self.board.chance());
                self.alarm = Some(Instant::now() + pause);
                self.record.restarts += 1;
                self.answer(Wish::Start, self.verdict);
                None
            }
            Act::GiveUp => {
                let text = format!(
                    "given up after {} runs that did not last",
                    self.course.unstable
                );
                self.why = format!("{text}; the last one {}", self.why);
                let event = Event::new(Kind::Failed, Priority::ERROR, self.why.clone());
                self.tell(event).await;
                self.answer(Wish::Start, self.verdict);
                None
            }
            Act::SayReady => {
                let took = self.began.elapsed().as_millis() as u64;
                self.why = "running".to_owned();
                let event = Event::new(Kind::Ready, Priority::INFO, "ready");
                self.tell(event.with("duration_ms", took)).await;
                self.watching.begin(&self.charge.process.watches);
                self.monitor();
                self.answer(Wish::Start, Verdict::Done);
                None
            }
            Act::SayUnready => {
                let text = format!("unready: {}", self.why);
                self.tell(Event::new(Kind::Unready, Priority::WARNING, text))
                    .await;
                None
            }
        }
    }

    /// Shows how it stands to whoever asks.
    pub(super) fn show(&self) {
        let standing = Standing {
            name: self.charge.name.clone(),
            state: self.state.name().to_owned(),
            pid: self.held.as_ref().map(|it| it.identity.pid),
            seconds: 0,
            restarts: self.record.restarts,
            why: self.why.clone(),
            disabled: !self.charge.process.restart.enabled,
        };
        self.board.show(standing, self.since);
    }

    pub(super) async fn tell(&self, event: Event) {
        let event = event.with_wish(&self.charge.alerts);
        self.board.recorder.tell(event, &self.origin).await;
    }
}

async fn gone(held: Option<&Held>) {
    match held {
        // Where the kernel does not let us wait, nothing is known of its end.
        Some(held) if held.ended().await.is_ok() => {}
        Some(_) | None => std::future::pending().await,
    }
}

async fn heard(proxy: Option<&mut Proxy>) -> Vec<Note> {
    match proxy {
        Some(proxy) => match proxy.next().await {
            Ok(notes) => notes,
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

async fn verdict(checks: Option<&mut Checks>) -> Told {
    match checks {
        Some(checks) => checks.next().await,
        None => std::future::pending().await,
    }
}
