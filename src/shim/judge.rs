//! What the checks' verdicts mean for the service: ready, unready, killed, or only told.

use std::time::Duration;

use super::Shim;
use super::checks::Verdict;
use super::end::Ending;
use super::watch::Watch;
use crate::decide::health::{Change, State};
use crate::decide::life::{self, Act, Happening, Phase};
use crate::host::cgroup::Cgroup;
use crate::host::notify;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;

/// What a start is given beyond one probe's interval and limit while `start_period` lasts.
const PROBE_MARGIN: Duration = Duration::from_secs(5);

impl Shim {
    pub(super) fn judge(&mut self, verdict: Verdict, watch: &mut Watch) -> Option<Ending> {
        self.voice.answered(&verdict.check, &verdict.answer);
        self.patience(&verdict, watch);
        self.tell_change(&verdict);
        let happening = match (verdict.change, verdict.health) {
            (Change::BecameGood, true) => Happening::HealthGood,
            (Change::BecameBad, true) => Happening::HealthBad(verdict.on_failure),
            (Change::BecameGood, false) => Happening::MonitorGood,
            (Change::BecameBad, false) => Happening::MonitorBad(verdict.on_failure),
            (Change::Still(State::Unknown | State::Good | State::Bad), health) => {
                if health {
                    self.show(watch, Some(&verdict));
                }
                return None;
            }
        };
        self.step(happening, watch, Some(&verdict))
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
        match act {
            Act::Nothing => {}
            Act::SayReady => self.say_ready(watch),
            Act::SayUnready => self.voice.warn(Kind::Unready, unready(happening)),
            Act::Kill => return verdict.map(Ending::check),
        }
        if verdict.is_none_or(|it| it.health) {
            self.show(watch, verdict);
        }
        None
    }

    fn say_ready(&mut self, watch: &Watch) {
        self.voice.ready();
        let took = u64::try_from(watch.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let event = Event::new(Kind::Ready, Priority::INFO, "ready").with("duration_ms", took);
        self.voice.tell(event);
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
    pub(super) fn show(&mut self, watch: &Watch, verdict: Option<&Verdict>) {
        let because = verdict.map_or_else(String::new, |it| format!(": {}", it.answer.summary));
        let text = match watch.phase {
            Phase::Ready if self.service.health.is_some() => format!("healthy{because}"),
            Phase::Ready => "running".to_owned(),
            Phase::Proving => format!("not ready yet{because}"),
            Phase::Unready => format!("unready{because}"),
        };
        self.voice.status(&text);
    }
}

fn unready(happening: Happening) -> &'static str {
    match happening {
        Happening::Paused => "unready: somebody paused the container through docker",
        Happening::RestartedOutside => "unready: it must prove itself again after the restart",
        Happening::HealthGood
        | Happening::HealthBad(_)
        | Happening::StayedUp
        | Happening::MonitorGood
        | Happening::MonitorBad(_)
        | Happening::Unpaused => "unready: a check failed",
    }
}
