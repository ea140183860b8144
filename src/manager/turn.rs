//! One turn: look, decide, tell, do; and what the step says about the rollout as a whole.

use tokio::time::{Instant, sleep};

use super::act::Then;
use super::{DONE, LATER, Manager, PING, SOON, UNUSABLE};
use crate::decide::rollout;
use crate::host::notify;
use crate::model::event::{Event, Kind};
use crate::model::ledger::Outcome;
use crate::model::log::Priority;
use crate::model::revision::{InstanceName, Wanted};
use crate::model::rollout::Verdict;
use crate::model::scene::Scene;
use crate::model::step::{End, Step};

impl Manager {
    /// Tells systemd now and then that the loop turns; each word costs it some work.
    pub(super) fn alive(&mut self) {
        if self.pinged.elapsed() >= PING {
            let _ = notify::watchdog();
            self.pinged = Instant::now();
        }
    }

    /// One look and one step.
    pub(super) async fn turn(&mut self) -> Then {
        self.heed_unsent().await;
        if let Err(why) = self.gather().await {
            self.later(&why.to_string()).await;
        }
        let scene = match self.look().await {
            Ok(scene) => scene,
            Err(why) => {
                self.voice
                    .problem(Kind::BalancerLost, why.to_string())
                    .await;
                sleep(LATER).await;
                return Then::Wait(SOON);
            }
        };
        if self.voice.over(Kind::BalancerLost) {
            let text = "the balancer can be read and changed again";
            let event = Event::new(Kind::BalancerBack, Priority::INFO, text);
            self.voice.tell(event, None).await;
        }
        self.alive();
        let step = rollout::next(&scene);
        if !matches!(
            step,
            Step::Swap { .. } | Step::Admit(_) | Step::Open | Step::Remove(_)
        ) {
            self.report().await;
        }
        self.tell(&step, &scene).await;
        if Instant::now() < self.not_before && begins(&step) {
            return Then::Wait(SOON);
        }
        match self.act(&step, &scene).await {
            Ok(then) => then,
            Err(why) => {
                self.later(&format!("{step}: {why}")).await;
                Then::Wait(SOON)
            }
        }
    }

    /// Tells a step that is not the last one told, and what it means for those who wait. One that was told
    /// on the way to another revision is news: who goes back to what serves anyway waits for it.
    async fn tell(&mut self, step: &Step, scene: &Scene) {
        let meant = self.meant();
        let led_there = self.voice.revision == meant;
        self.voice.revision = meant;
        self.announce(scene, step);
        if led_there && self.last.as_ref().is_some_and(|it| same(it, step)) {
            self.voice.status(&self.standing(step));
            return;
        }
        self.last = Some(step.clone());
        self.voice.status(&self.standing(step));
        let outcome = self.outcome(step);
        let quiet = matches!(step, Step::Swap { .. } | Step::Prove(_) | Step::Fail(..));
        if !quiet {
            let event = Event::new(Kind::Stepped, Priority::INFO, step.to_string());
            let unit = about(step).map(|it| it.unit(&self.service));
            self.voice.step(event, outcome, unit.as_deref()).await;
        }
    }

    /// READY once the target takes connections at all; at once where nothing is to be served, since a boot
    /// waits for it.
    fn announce(&mut self, scene: &Scene, step: &Step) {
        let serves = scene.instances.iter().any(|it| it.slot.takes() && it.alive);
        let nothing = self.wanted == Wanted::Deleted || self.ledger.wish().withdrawn;
        let idle = matches!(step, Step::Done(_)) && nothing;
        if (serves || idle) && !self.announced {
            let _ = notify::ready();
            self.announced = true;
        }
    }

    fn outcome(&self, step: &Step) -> Outcome {
        match (step, self.meant()) {
            (Step::Done(End::Serving(it)), Some(meant)) if *it == meant => Outcome::Done,
            (Step::Done(End::Serving(_) | End::Nothing), Some(_)) => Outcome::Failed,
            _ => Outcome::Going,
        }
    }

    /// The line of `systemctl status`.
    fn standing(&self, step: &Step) -> String {
        match &self.wanted {
            Wanted::Revision(wanted) => match self.ledger.verdict(wanted) {
                Some(Verdict::Failed { report, .. }) => {
                    format!("{step}; {} was given up: {}", wanted.short(), report.what)
                }
                Some(Verdict::Proven { .. }) | None => step.to_string(),
            },
            Wanted::Deleted => format!(
                "{step}; its document was deleted: `wharf withdraw {}` takes it down",
                self.service
            ),
            Wanted::Unknown => format!("{step}; nobody has put {} yet", self.service),
        }
    }

    /// The exit code, once there is nothing left to do for good.
    pub(super) fn over(&mut self) -> Option<u8> {
        let done = self
            .last
            .as_ref()
            .is_some_and(|it| matches!(it, Step::Done(_)));
        if done && self.leaving {
            return Some(DONE);
        }
        let nothing = self.last == Some(Step::Done(End::Nothing)) && !self.ledger.wish().withdrawn;
        let unknown = self.wanted == Wanted::Unknown && self.sight.units.is_empty() && done;
        ((nothing || unknown) && !self.announced).then_some(UNUSABLE)
    }
}

/// Steps that are held back for a moment after something went wrong.
fn begins(step: &Step) -> bool {
    matches!(
        step,
        Step::Prepare(_) | Step::Start(_) | Step::Open | Step::Admit(_)
    )
}

/// Two waits of a kind are one, however long each has to go on.
fn same(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Wait(one), Step::Wait(other)) => {
            std::mem::discriminant(one) == std::mem::discriminant(other)
        }
        (one, other) => one == other,
    }
}

/// The instance a step is about: its story in the journal has the step as well.
fn about(step: &Step) -> Option<&InstanceName> {
    if let Step::Start(it) | Step::Admit(it) | Step::Hint(it) | Step::Stop(it) | Step::Remove(it) =
        step
    {
        return Some(it);
    }
    None
}
