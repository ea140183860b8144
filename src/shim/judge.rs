//! What the checks' verdicts mean for the service: ready, unready, killed, or only told.

use std::time::Duration;

use super::Shim;
use super::checks::Verdict;
use super::end::Ending;
use super::watch::Watch;
use crate::decide::health::{Change, State};
use crate::decide::life::{self, Act, Happening, Phase};
use crate::decide::membership::Moment;
use crate::host::cgroup::Cgroup;
use crate::host::notify;
use crate::model::check::{OnFailure, Probe};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::seen::span;
use crate::model::service::Service;

/// What a start is given beyond one probe's interval and limit while `start_period` lasts.
const PROBE_MARGIN: Duration = Duration::from_secs(5);

impl Shim {
    pub(super) fn judge(&mut self, verdict: Verdict, watch: &mut Watch) -> Option<Ending> {
        if watch.paused {
            return None;
        }
        // How it ended says more than a check that finds it gone, and docker is about to tell.
        if watch.has_ended() {
            self.move_instance(Moment::Died);
            return None;
        }
        self.voice.answered(&verdict.check, &verdict.answer);
        self.disinherit();
        self.patience(&verdict, watch);
        self.tell_change(&verdict);
        if verdict.health {
            watch.last = Some(verdict.answer.summary.clone());
        }
        let happening = match verdict.change {
            Change::BecameGood => self.recovered(&verdict, watch),
            Change::BecameBad => Some(failed(&verdict, watch)),
            Change::Still(State::Unknown | State::Good | State::Bad) => None,
        };
        match happening {
            Some(happening) => self.step(happening, watch, Some(&verdict)),
            None => {
                if watch.phase == Phase::Unready {
                    // The last one that serves stays, until another one does.
                    self.move_instance(Moment::Unready);
                }
                self.show(watch);
                None
            }
        }
    }

    /// It is ready again only when nothing else keeps it from that.
    fn recovered(&self, verdict: &Verdict, watch: &mut Watch) -> Option<Happening> {
        watch.failing.remove(&verdict.check);
        match (watch.failing.is_empty(), verdict.health) {
            (false, _) => None,
            (true, true) => Some(Happening::HealthGood),
            (true, false) => Some(Happening::Recovered),
        }
    }

    /// Takes one step of the service's life and does what it asks for.
    pub(super) fn step(
        &mut self,
        happening: Happening,
        watch: &mut Watch,
        verdict: Option<&Verdict>,
    ) -> Option<Ending> {
        let (phase, act) = life::next(watch.phase, happening);
        watch.phase = phase;
        self.disinherit();
        // Who hears READY=1 may read the record at once.
        self.note(watch);
        self.move_instance(moment(watch));
        match act {
            Act::Nothing => {}
            Act::SayReady => self.say_ready(watch),
            Act::SayUnready => self
                .voice
                .warn(Kind::Unready, standing(watch, &self.service)),
            Act::Kill => return verdict.map(Ending::check),
        }
        self.show(watch);
        None
    }

    fn say_ready(&mut self, watch: &mut Watch) {
        self.voice.ready();
        self.announced = true;
        let took = u64::try_from(watch.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let event = Event::new(Kind::Ready, Priority::INFO, "ready").with("duration_ms", took);
        self.voice.tell(event);
        watch.proving = false;
        watch.ask(&self.service);
    }

    /// While proving within `start_period`, each answered probe is progress and buys time for the next.
    fn patience(&self, verdict: &Verdict, watch: &Watch) {
        let Some(check) = self.service.health.as_ref().filter(|_| verdict.health) else {
            return;
        };
        if watch.phase == Phase::Proving && watch.since.elapsed() < check.start_period {
            // Without systemd there is nobody to ask for time.
            let _ = notify::extend(check.interval + check.timeout + PROBE_MARGIN);
        }
    }

    fn tell_change(&mut self, verdict: &Verdict) {
        let (kind, priority) = match verdict.change {
            Change::BecameGood => (Kind::CheckPassed, Priority::INFO),
            Change::BecameBad => (Kind::CheckFailed, Priority::ERROR),
            Change::Still(State::Unknown | State::Good | State::Bad) => return,
        };
        let took = u64::try_from(verdict.answer.took.as_millis()).unwrap_or(u64::MAX);
        let event = Event::new(
            kind,
            priority,
            format!("check {}: {}", verdict.check, verdict.answer.summary),
        )
        .with("check", verdict.check.clone())
        .with("on_failure", verdict.on_failure.name())
        .with("latency_ms", took)
        .with("failures", verdict.failures)
        .with(
            "detail",
            serde_json::to_value(&verdict.answer.detail).unwrap_or_default(),
        );
        self.voice.tell(event);
    }

    /// Notes what the container uses, so that its end can be explained when its control group is gone.
    pub(super) fn measure(&mut self, pid: i64) {
        if self.cgroup.is_none() {
            self.cgroup = Cgroup::of(pid);
            self.voice.follow(pid);
        }
        if let Some(cgroup) = &self.cgroup {
            self.usage = cgroup.read();
        }
    }

    /// The line of `systemctl status`: what it does, and why it is not ready.
    pub(super) fn show(&mut self, watch: &Watch) {
        self.voice.status(&standing(watch, &self.service));
        self.note(watch);
    }

    fn note(&mut self, watch: &Watch) {
        let ready = watch.phase == Phase::Ready;
        let why = (!ready).then(|| standing(watch, &self.service));
        self.record(ready, why);
    }
}

fn moment(watch: &Watch) -> Moment {
    match watch.phase {
        Phase::Ready => Moment::Ready,
        Phase::Proving | Phase::Unready => Moment::Unready,
    }
}

fn failed(verdict: &Verdict, watch: &mut Watch) -> Happening {
    match verdict.on_failure {
        OnFailure::Restart | OnFailure::Unready => {
            let said = verdict.answer.summary.clone();
            watch.failing.insert(verdict.check.clone(), said);
        }
        OnFailure::Alert | OnFailure::Log => {}
    }
    match verdict.health {
        true => Happening::HealthBad(verdict.on_failure),
        false => Happening::MonitorBad(verdict.on_failure),
    }
}

fn standing(watch: &Watch, service: &Service) -> String {
    let because = watch.last.as_ref().map(|it| format!(": {it}"));
    match watch.phase {
        Phase::Ready if service.health.is_some() => {
            format!("healthy{}", because.unwrap_or_default())
        }
        Phase::Ready => "running".to_owned(),
        Phase::Proving => format!("not ready yet: {}", waiting(watch, service)),
        Phase::Unready => format!("unready: {}", waiting(watch, service)),
    }
}

/// What it takes until it is ready.
fn waiting(watch: &Watch, service: &Service) -> String {
    if watch.paused {
        return "somebody paused the container through docker".to_owned();
    }
    if watch.phase == Phase::Unready
        && let Some((check, said)) = watch.failing.iter().next()
    {
        return format!("check {check}: {said}");
    }
    match (&watch.last, &service.health) {
        (Some(said), _) => said.clone(),
        (None, Some(check)) if check.probe == Probe::Notify => {
            "the application has not said READY=1".to_owned()
        }
        (None, Some(_)) => "no answer to the health check so far".to_owned(),
        (None, None) => format!("it counts as up after {}", span(service.success)),
    }
}
