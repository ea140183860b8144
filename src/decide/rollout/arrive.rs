//! The target's way: prepared, started, settled, admitted, swapped in, probed, watched, proven.

use super::{REST, belongs};
use crate::model::revision::InstanceName;
use crate::model::rollout::Order;
use crate::model::scene::{Instance, Scene, Slot, Target, UnitState};
use crate::model::step::{Fault, Step, Why};

/// Returns the target's replicas, each with what is seen of it.
fn replicas<'a>(scene: &'a Scene, target: &'a Target) -> Vec<(InstanceName, Option<&'a Instance>)> {
    let numbers = 1..=target.rollout.replicas;
    let names = numbers.map(|replica| InstanceName {
        revision: target.revision.clone(),
        replica,
    });
    names
        .map(|name| {
            let seen = scene.instances.iter().find(|it| it.name == name);
            (name, seen)
        })
        .collect()
}

/// Whether each replica of the target takes connections.
pub(super) fn serves(scene: &Scene, target: &Target) -> bool {
    replicas(scene, target)
        .iter()
        .all(|(_, it)| it.is_some_and(|it| it.slot == Slot::Serving))
}

/// Returns why an unproven target is given up, before anything else is done.
pub(super) fn fault(scene: &Scene, target: &Target) -> Option<Step> {
    if target.proven {
        return None;
    }
    let serving = scene.trial.is_some();
    let fault = scene.instances.iter().filter(|it| belongs(it, target));
    let fault = fault.filter_map(|it| worse(it, target, serving)).next()?;
    Some(Step::Fail(target.revision.clone(), fault))
}

fn worse(it: &Instance, target: &Target, serving: bool) -> Option<Fault> {
    let name = it.name.clone();
    match it.unit {
        UnitState::Failed if serving => Some(Fault::Ended(name)),
        UnitState::Failed => Some(Fault::Start(name)),
        UnitState::Starting if it.unit_for >= target.rollout.deadline => {
            Some(Fault::Deadline(name))
        }
        // A shim that was killed comes back to its living container; a dead container is another matter.
        UnitState::Starting | UnitState::Stopping | UnitState::Inactive | UnitState::Ready
            if serving && it.slot.listed() && !it.alive =>
        {
            Some(Fault::Ended(name))
        }
        UnitState::Unready if serving => Some(Fault::Unready(name)),
        UnitState::Starting
        | UnitState::Stopping
        | UnitState::Inactive
        | UnitState::Ready
        | UnitState::Unready => None,
    }
}

/// Returns the next step towards every replica taking connections and nothing else taking any.
pub(super) fn bring(scene: &Scene, target: &Target) -> Option<Step> {
    let replicas = replicas(scene, target);
    if !target.proven && !serves(scene, target) {
        let step = replicas
            .iter()
            .find_map(|(name, it)| start(name, *it, scene, target));
        if step.is_some() {
            return step;
        }
    }
    let ready: Vec<&Instance> = replicas.iter().filter_map(|it| able(it.1)).collect();
    let step = admit(&ready, scene).or_else(|| swap(&ready, scene, target));
    // Of a proven revision each replica serves as soon as it can; the others follow.
    step.or_else(|| {
        replicas
            .iter()
            .find_map(|(name, it)| start(name, *it, scene, target))
    })
}

/// What a replica needs before it can be given requests.
fn start(
    name: &InstanceName,
    seen: Option<&Instance>,
    scene: &Scene,
    target: &Target,
) -> Option<Step> {
    let begin = || match target.prepared {
        true => Step::Start(name.clone()),
        false => Step::Prepare(target.revision.clone()),
    };
    let Some(it) = seen else {
        return Some(begin());
    };
    match it.unit {
        UnitState::Inactive => Some(begin()),
        UnitState::Failed if it.unit_for >= REST => Some(begin()),
        UnitState::Failed => Some(Step::Wait(Why::Again(name.clone()))),
        UnitState::Starting => Some(Step::Wait(Why::Health(name.clone()))),
        UnitState::Stopping => Some(Step::Wait(Why::End(name.clone()))),
        UnitState::Unready => Some(Step::Wait(Why::Health(name.clone()))),
        UnitState::Ready => settle(it, scene, target),
    }
}

fn settle(it: &Instance, scene: &Scene, target: &Target) -> Option<Step> {
    // Nobody serves meanwhile where the others made way.
    let beside = target.rollout.order == Order::StartFirst;
    let fresh = beside && !target.proven && scene.trial.is_none() && !it.slot.takes();
    let rest = target.rollout.settle.saturating_sub(it.unit_for);
    (fresh && !rest.is_zero()).then(|| Step::Wait(Why::Settle(it.name.clone(), rest)))
}

fn able(seen: Option<&Instance>) -> Option<&Instance> {
    seen.filter(|it| it.unit == UnitState::Ready && it.alive)
}

fn admit(ready: &[&Instance], scene: &Scene) -> Option<Step> {
    let absent = ready.iter().find(|it| it.slot == Slot::Absent)?;
    Some(match scene.open {
        true => Step::Admit(absent.name.clone()),
        false => Step::Open,
    })
}

/// The old ones take no more connections once as many new ones do, or all there will be.
fn swap(ready: &[&Instance], scene: &Scene, target: &Target) -> Option<Step> {
    let raise: Vec<_> = ready.iter().filter(|it| it.slot != Slot::Serving).collect();
    let all = || scene.instances.iter();
    let taking = all().filter(|it| belongs(it, target) && it.slot.takes());
    let after = taking.filter(|it| !raise.iter().any(|other| other.name == it.name));
    let after = after.count() + raise.len();
    let old: Vec<_> = all()
        .filter(|it| !belongs(it, target) && it.slot.takes())
        .collect();
    let enough = after >= old.len().min(usize::from(target.rollout.replicas)).max(1);
    let raise: Vec<_> = raise.iter().map(|it| it.name.clone()).collect();
    let old = old.iter().filter(|_| enough);
    let lower: Vec<_> = old.map(|it| it.name.clone()).collect();
    (!raise.is_empty() || !lower.is_empty()).then_some(Step::Swap { raise, lower })
}

/// Returns the step that lets somebody take connections while those who do are dead.
pub(super) fn raise_what_can(scene: &Scene, target: &Target) -> Option<Step> {
    if scene.instances.iter().any(|it| it.slot.takes() && it.alive) {
        return None;
    }
    let mut able: Vec<_> = scene
        .instances
        .iter()
        .filter(|it| it.unit == UnitState::Ready && it.alive && matches!(it.slot, Slot::Idle(_)))
        .collect();
    able.sort_by_key(|it| !belongs(it, target));
    let revision = &able.first()?.name.revision;
    let raise = able.iter().filter(|it| it.name.revision == *revision);
    Some(Step::Swap {
        raise: raise.map(|it| it.name.clone()).collect(),
        lower: Vec::new(),
    })
}

/// Returns the next step from serving to proven.
pub(super) fn judge(scene: &Scene, target: &Target) -> Option<Step> {
    if target.proven {
        return None;
    }
    let revision = target.revision.clone();
    let Some(trial) = scene.trial else {
        return Some(Step::Watch(revision));
    };
    if !trial.probed {
        return Some(Step::Probe(revision));
    }
    let rest = target.rollout.min_healthy.saturating_sub(trial.since);
    Some(match rest.is_zero() {
        true => Step::Prove(revision),
        false => Step::Wait(Why::Window(revision, rest)),
    })
}
