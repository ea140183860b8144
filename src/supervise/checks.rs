//! The checks of one host process, each asked on its own rhythm from here: over its port, or by a command.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::keeper::Keeper;
use crate::decide::expect;
use crate::decide::health::{Change, Health, Rules, State as Judged};
use crate::decide::pace;
use crate::decide::supervise::life::Happening;
use crate::host::{probe, process};
use crate::model::check::{Answer, Ask, Check, Expected, OnFailure, Order, Probe, Stdin};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::seen::NoAnswer;

/// Where a host process listens, when the check does not say.
const HERE: &str = "127.0.0.1";
/// Bytes of a file fed to a command.
const STDIN_LONGEST: usize = 1 << 20;
const WAITING: usize = 16;
/// The answer's own time is measured by who asks.
const UNTIMED: Duration = Duration::ZERO;

/// What one answer means for its check.
pub(super) struct Verdict {
    check: String,
    health: bool,
    on_failure: OnFailure,
    change: Change,
    answer: Answer,
}

/// Running checks; dropped, they stop at once.
pub(super) struct Checks {
    verdicts: mpsc::Receiver<Verdict>,
    sender: mpsc::Sender<Verdict>,
    monitored: bool,
    tasks: Vec<JoinHandle<()>>,
    /// Checks that keep it from being ready.
    failing: std::collections::BTreeMap<String, String>,
}

impl Drop for Checks {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Checks {
    fn start() -> Checks {
        let (sender, verdicts) = mpsc::channel(WAITING);
        Checks {
            verdicts,
            sender,
            monitored: false,
            tasks: Vec::new(),
            failing: Default::default(),
        }
    }

    fn add(&mut self, check: &Check, health: bool) {
        let task = asked(check.clone(), health, self.sender.clone());
        self.tasks.push(tokio::task::spawn_local(task));
    }

    pub(super) async fn next(&mut self) -> Verdict {
        match self.verdicts.recv().await {
            Some(verdict) => verdict,
            None => std::future::pending().await,
        }
    }
}

async fn asked(check: Check, health: bool, verdicts: mpsc::Sender<Verdict>) {
    let rules = Rules {
        rise: check.rise,
        fall: check.fall,
        start_period: check.start_period,
    };
    let (mut state, began, mut pause) = (Health::default(), Instant::now(), None);
    loop {
        let asked = Instant::now();
        let mut answer = once(&check).await;
        answer.took = asked.elapsed();
        let took = answer.took;
        let change = state.hear(rules, answer.good, began.elapsed());
        let verdict = Verdict {
            check: check.name.clone(),
            health,
            on_failure: check.on_failure,
            change,
            answer,
        };
        if verdicts.send(verdict).await.is_err() {
            return;
        }
        let proving = health && !state.is_proven();
        let next = match proving {
            true => pace::starting(pause, took, check.interval),
            false => pace::steady(took, check.interval),
        };
        pause = proving.then_some(next);
        sleep(next).await;
    }
}

async fn once(check: &Check) -> Answer {
    let limit = check.timeout;
    match &check.probe {
        Probe::Tcp { host, port } => {
            let host = host.as_deref().unwrap_or(HERE);
            let met = probe::tcp(host, *port, limit).await;
            expect::tcp(&probe::place(host, *port), met, UNTIMED)
        }
        Probe::Http(ask) => http(ask, limit).await,
        Probe::Exec(order) | Probe::Host(order) => command(order, limit).await,
        // The kernel tells its end; a definition of a process has neither of these.
        Probe::Present | Probe::Notify => expect::good("it is there".to_owned(), UNTIMED),
    }
}

async fn http(ask: &Ask, limit: Duration) -> Answer {
    let wanted = match &ask.expected_body {
        Some(Expected::File(path)) => match probe::read(path, probe::BODY_KEPT, limit).await {
            Ok(bytes) => Some(bytes),
            Err(why) => return expect::bad(format!("expected body: {why}"), UNTIMED),
        },
        Some(Expected::Text(_) | Expected::Contains(_)) | None => None,
    };
    let host = ask.host.as_deref().unwrap_or(HERE);
    let met = probe::http(ask, host, limit).await;
    expect::http(ask, &probe::url(ask, host), met, wanted.as_deref(), UNTIMED)
}

async fn command(order: &Order, limit: Duration) -> Answer {
    let stdin = match &order.stdin {
        None => Ok(None),
        Some(Stdin::Text(text)) => Ok(Some(text.clone().into_bytes())),
        Some(Stdin::File(path)) => probe::read(path, STDIN_LONGEST, limit)
            .await
            .map(Some)
            .map_err(|why| NoAnswer::NotStarted(format!("stdin: {why}"))),
    };
    let met = match stdin {
        Ok(stdin) => process::run(order, stdin, limit).await,
        Err(why) => Err(why),
    };
    expect::command("command", order, met, UNTIMED)
}

impl Keeper {
    /// Has its health check asked from now on.
    pub(super) fn ask(&mut self) {
        self.checks = None;
        let health = self.charge.health.as_ref();
        if let Some(check) = health.filter(|it| it.probe != Probe::Notify) {
            let mut checks = Checks::start();
            checks.add(check, true);
            self.checks = Some(checks);
        }
    }

    /// Has its monitors asked as well: they never gate a start.
    pub(super) fn monitor(&mut self) {
        if self.charge.monitors.is_empty() {
            return;
        }
        let checks = self.checks.get_or_insert_with(Checks::start);
        if !std::mem::replace(&mut checks.monitored, true) {
            for check in &self.charge.monitors {
                checks.add(check, false);
            }
        }
    }

    /// Takes one answer in.
    pub(super) async fn judge(&mut self, told: Verdict) -> Option<Happening> {
        let checks = self.checks.as_mut()?;
        let (kind, priority) = match told.change {
            Change::BecameGood => (Kind::CheckPassed, Priority::INFO),
            Change::BecameBad => (Kind::CheckFailed, Priority::ERROR),
            Change::Still(Judged::Unknown | Judged::Good | Judged::Bad) => return None,
        };
        let good = kind == Kind::CheckPassed;
        let said = format!("check {}: {}", told.check, told.answer.summary);
        match good {
            true => drop(checks.failing.remove(&told.check)),
            false => drop(checks.failing.insert(told.check.clone(), said.clone())),
        }
        let clear = checks.failing.is_empty();
        let event = Event::new(kind, priority, said.clone())
            .with("check", told.check)
            .with("on_failure", told.on_failure.name())
            .with("latency_ms", told.answer.took.as_millis() as u64);
        self.tell(event).await;
        let proven = self.state != crate::decide::supervise::life::State::Starting;
        if good {
            return ((told.health || proven) && clear).then_some(Happening::Proven);
        }
        self.why = said;
        match told.on_failure {
            OnFailure::Restart if proven => {
                self.record.restarts += 1;
                Some(Happening::Unbearable)
            }
            OnFailure::Unready => Some(Happening::Faltered),
            OnFailure::Restart | OnFailure::Alert | OnFailure::Log => None,
        }
    }
}
