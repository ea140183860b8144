//! One step done: what is quick here, what takes time in [`super::work`].

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::voice::nanos;
use super::work::Work;
use super::{LAZY, Manager, SOON};
use crate::decide::table;
use crate::host::clock;
use crate::host::store::Error;
use crate::model::event::{Event, Kind};
use crate::model::ledger::{Outcome, TrialRecord};
use crate::model::log::Priority;
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::{FrontRecord, Report, Verdict};
use crate::model::scene::{Goal, Scene};
use crate::model::stamp;
use crate::model::step::{Fault, Step, Why};

/// Proven revisions that are kept however old they are: the one that serves and the one before it.
const FALLBACKS: usize = 2;

/// What a step left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The world changed: look again at once.
    Look,
    /// Something is under way: look again after this long at the latest.
    Wait(Duration),
    /// Nothing is to be done until something changes.
    Rest,
}

impl Manager {
    /// Does the step, or what is left of it.
    ///
    /// # Errors
    /// systemd's, the balancer's or the file system's; the next look finds out what came of it.
    pub(super) async fn act(&mut self, step: &Step, scene: &Scene) -> io::Result<Then> {
        match step {
            Step::Prepare(_) | Step::Start(_) | Step::Probe(_) | Step::Hint(_) => {
                return self.set_to_work(step, scene).await;
            }
            Step::Open => self.fronts()?.create()?,
            Step::Admit(it) => self.admit(it)?,
            Step::Swap { raise, lower } => self.swap(raise, lower, scene).await?,
            Step::Watch(it) => self.watch_it(it)?,
            Step::Prove(it) => self.prove(it, scene).await?,
            Step::Fail(it, fault) => self.fail(it, fault)?,
            Step::Stop(it) => self.bus.begin_stop(&it.unit(&self.service)).await?,
            Step::Remove(it) => self.remove(it)?,
            Step::Sweep(at) => self.take_out(*at)?,
            Step::Forget(it) => self.bus.reset_failed(&it.unit(&self.service)).await?,
            Step::Close => self.close_fronts()?,
            Step::Wait(why) => return Ok(Then::Wait(pause(why))),
            Step::Done(_) => return Ok(Then::Rest),
        }
        Ok(Then::Look)
    }

    fn admit(&mut self, name: &InstanceName) -> io::Result<()> {
        let at = self.at(name)?;
        // Written down first: an entry nobody remembers would never be cleared away.
        if !self.trace.known.contains(&at) {
            self.trace.known.push(at);
        }
        self.trace.idle.insert(name.to_string(), millis());
        self.ledger.set_trace(&self.trace)?;
        self.fronts()?.apply(table::admit, &[at])
    }

    async fn swap(
        &mut self,
        raise: &[InstanceName],
        lower: &[InstanceName],
        scene: &Scene,
    ) -> io::Result<()> {
        let (up, down) = (self.servers(raise)?, self.servers(lower)?);
        self.note_swap(raise, lower, scene)?;
        let since = clock::uptime();
        self.fronts()?.swap(&self.sight.tables, &up, &down)?;
        let took = clock::uptime().saturating_sub(since);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let text = Step::Swap {
            raise: raise.to_vec(),
            lower: lower.to_vec(),
        };
        let text = format!("{text}: done in {:.1} ms", took.as_secs_f64() * 1000.0);
        let event = Event::new(Kind::Swapped, Priority::NOTICE, text).with("took_us", micros);
        let unit = raise.first().map(|it| it.unit(&self.service));
        self.voice
            .step(event, Outcome::Going, unit.as_deref())
            .await;
        Ok(())
    }

    /// What has to be known should this process end in the middle of the swap.
    fn note_swap(
        &mut self,
        raise: &[InstanceName],
        lower: &[InstanceName],
        scene: &Scene,
    ) -> io::Result<()> {
        let target = target(scene).filter(|it| raise.iter().any(|up| up.revision == **it));
        if let Some(target) = target.cloned() {
            self.serve(&target, scene)?;
            if scene.trial.is_none() {
                self.trace.trial = Some(trial(target));
            }
        }
        for name in raise {
            self.trace.idle.remove(&name.to_string());
        }
        for name in lower {
            self.trace.idle.insert(name.to_string(), millis());
            self.zeros.remove(name);
        }
        self.ledger.set_trace(&self.trace)
    }

    /// Tells the instances who serves.
    fn serve(&mut self, revision: &RevisionId, scene: &Scene) -> io::Result<()> {
        let proven = matches!(&scene.goal, Goal::Serve(it) if it.proven);
        self.tell_instances(vec![revision.clone()], (!proven).then(|| revision.clone()))
    }

    pub(super) fn tell_instances(
        &self,
        serving: Vec<RevisionId>,
        probation: Option<RevisionId>,
    ) -> io::Result<()> {
        let fronts = self.fronts()?;
        self.ledger.set_front(&FrontRecord {
            balancer: fronts.kind,
            addresses: fronts.addresses(),
            serving,
            probation,
        })
    }

    fn watch_it(&mut self, revision: &RevisionId) -> io::Result<()> {
        self.trace.trial = Some(trial(revision.clone()));
        self.ledger.set_trace(&self.trace)
    }

    async fn prove(&mut self, revision: &RevisionId, scene: &Scene) -> io::Result<()> {
        self.ledger.prove(revision, nanos())?;
        self.tell_instances(vec![revision.clone()], None)?;
        if let Err(why) = self.prune(target_keep(scene)).await {
            self.voice.status(&format!("old revisions are kept: {why}"));
        }
        let text = format!(
            "{} is proven: it served through its window",
            revision.short()
        );
        let event =
            Event::new(Kind::Proven, Priority::NOTICE, text).with("revision", revision.to_string());
        self.voice.step(event, Outcome::Proven, None).await;
        Ok(())
    }

    /// Forgets what is older than the `kept` newest, apart from what runs and what there is to fall back to.
    async fn prune(&self, kept: usize) -> Result<(), Error> {
        let all = self.store.list(&self.service).await?;
        let in_use = self.in_use();
        let old = &all[..all.len().saturating_sub(kept)];
        let old = old.iter().map(|it| it.id.clone());
        let old: Vec<_> = old.filter(|it| !in_use.contains(it)).collect();
        self.store.forget(&self.service, &old).await
    }

    /// Writes the verdict at once, and what it rests on when the one before serves again.
    fn fail(&mut self, revision: &RevisionId, fault: &Fault) -> io::Result<()> {
        let report = Report {
            what: fault.to_string(),
            ..Report::default()
        };
        self.condemn(revision, report)?;
        self.unreported.push((revision.clone(), fault.clone()));
        Ok(())
    }

    fn condemn(&mut self, revision: &RevisionId, report: Report) -> io::Result<()> {
        let verdict = Verdict::Failed {
            when: stamp::format(nanos()),
            report: Box::new(report),
        };
        self.ledger.judge(revision, &verdict)?;
        self.refused.retain(|it| it.revision != *revision);
        self.trace.prepared.retain(|it| it != revision);
        self.trace.trial = self
            .trace
            .trial
            .take()
            .filter(|it| it.revision != *revision);
        self.ledger.set_trace(&self.trace)
    }

    /// Writes the verdict with its report and tells it once.
    pub(super) async fn give_up(
        &mut self,
        revision: &RevisionId,
        report: Report,
    ) -> io::Result<()> {
        self.condemn(revision, report.clone())?;
        let text = format!("gave up {}: {}", revision.short(), report.what);
        let mut event = Event::new(Kind::GivenUp, Priority::ERROR, text);
        event = event.with("revision", revision.to_string());
        event = event.with("report", serde_json::to_value(&report).unwrap_or_default());
        let unit = report.unit.clone();
        self.voice
            .step(event, Outcome::Going, unit.as_deref())
            .await;
        Ok(())
    }

    /// Completes the verdicts of late with what systemd and the journal know.
    pub(super) async fn report(&mut self) {
        for (revision, fault) in std::mem::take(&mut self.unreported) {
            let report = self.report_of(&revision, &fault).await;
            if let Err(why) = self.give_up(&revision, report).await {
                self.voice
                    .status(&format!("cannot write the report down: {why}"));
            }
        }
    }

    fn remove(&mut self, name: &InstanceName) -> io::Result<()> {
        match self.sight.at.get(name).copied() {
            Some(at) => self.take_out(at),
            None => Ok(()),
        }
    }

    fn take_out(&mut self, at: SocketAddr) -> io::Result<()> {
        self.fronts()?.apply(table::remove, &[at])?;
        self.trace.known.retain(|it| *it != at);
        self.ledger.set_trace(&self.trace)
    }

    fn close_fronts(&mut self) -> io::Result<()> {
        self.fronts()?.delete()?;
        self.trace.known.clear();
        self.ledger.set_trace(&self.trace)
    }

    /// Starts what takes time, or looks whether it is done.
    async fn set_to_work(&mut self, step: &Step, scene: &Scene) -> io::Result<Then> {
        if self.works.contains_key(step) {
            return Ok(Then::Wait(SOON));
        }
        let work = Work::for_step(self, step, scene).await?;
        self.works.insert(step.clone(), work);
        Ok(Then::Wait(SOON))
    }

    pub(super) fn at(&self, name: &InstanceName) -> io::Result<SocketAddr> {
        let at = self.sight.at.get(name).copied();
        at.ok_or_else(|| io::Error::other(format!("{name} has no address yet")))
    }

    fn servers(&self, names: &[InstanceName]) -> io::Result<Vec<SocketAddr>> {
        names.iter().map(|it| self.at(it)).collect()
    }

    fn in_use(&self) -> Vec<RevisionId> {
        let running = self.sight.units.keys().map(|it| it.revision.clone());
        let proven = self.ledger.proven().into_iter().rev().take(FALLBACKS);
        running.chain(proven).collect()
    }

    pub(super) async fn report_of(&mut self, revision: &RevisionId, fault: &Fault) -> Report {
        let (name, stage) = match fault {
            Fault::Start(it) | Fault::Deadline(it) => (it, "start"),
            Fault::Ended(it) | Fault::Unready(it) => (it, "window"),
        };
        super::report::of_instance(self, revision, name, stage, &fault.to_string()).await
    }
}

fn pause(why: &Why) -> Duration {
    match why {
        Why::Settle(_, rest) | Why::Window(_, rest) => (*rest).min(LAZY),
        Why::Health(_) | Why::End(_) | Why::Again(_) => LAZY,
        Why::Connections(..) => SOON,
    }
}

fn target(scene: &Scene) -> Option<&RevisionId> {
    match &scene.goal {
        Goal::Serve(target) => Some(&target.revision),
        Goal::Keep | Goal::Withdraw(_) => None,
    }
}

fn target_keep(scene: &Scene) -> usize {
    match &scene.goal {
        Goal::Serve(target) => target.rollout.keep,
        Goal::Keep | Goal::Withdraw(_) => usize::MAX,
    }
}

fn trial(revision: RevisionId) -> TrialRecord {
    TrialRecord {
        revision,
        since_ms: millis(),
        probed: false,
    }
}

/// Milliseconds of the monotonic clock.
pub(super) fn millis() -> u64 {
    let now: Duration = clock::uptime();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
