//! From what is wanted and what is seen, the next step of a rollout.
//!
//! Nothing is remembered between two looks, so every look is a recovery already: whoever kills the
//! manager between two steps only makes the next one look again.

mod arrive;
mod leave;
mod make_way;
#[cfg(test)]
mod one_at_a_time;
#[cfg(test)]
mod proofs;
pub mod reading;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::model::rollout::Rollout;
use crate::model::scene::{Goal, Instance, Scene, Slot, Target, UnitState};
use crate::model::step::{End, Step};

/// How long a unit of a proven revision that failed for good is left alone before it is started again.
pub const REST: Duration = Duration::from_secs(30);
/// At least so long an old instance is kept after its last new connection: a packet may be under way.
pub const SETTLED: Duration = Duration::from_secs(1);
/// Looks in a row without an open connection until there are none; one is not enough.
pub const ZEROS: u32 = 3;

/// Returns the next step.
///
/// The order is the promise: the target serves before anything old is told to go, and an old one is
/// warm until the target is proven. Of a service whose revisions exclude each other the promise is another:
/// no two of them run at once ([`make_way`]).
pub fn next(scene: &Scene) -> Step {
    match &scene.goal {
        Goal::Keep => clear(scene, None).unwrap_or(Step::Done(End::Kept)),
        Goal::Serve(target) => arrive::fault(scene, target)
            .or_else(|| clear(scene, Some(target)))
            .or_else(|| serve(scene, target))
            .unwrap_or_else(|| Step::Done(End::Serving(target.revision.clone()))),
        Goal::Withdraw(rollout) => clear(scene, None)
            .or_else(|| leave::all(scene, rollout))
            .unwrap_or(Step::Done(End::Nothing)),
    }
}

fn serve(scene: &Scene, target: &Target) -> Option<Step> {
    if scene.paused && !make_way::begun(scene, target) {
        let care = target.proven.then(|| arrive::bring(scene, target));
        return Some(care.flatten().unwrap_or(Step::Done(End::Paused)));
    }
    make_way::step(scene, target)
        .or_else(|| arrive::bring(scene, target))
        .or_else(|| arrive::judge(scene, target))
        .or_else(|| leave::others(scene, target))
}

/// Takes out what cannot answer: an entry whose container is gone only swallows requests.
fn clear(scene: &Scene, target: Option<&Target>) -> Option<Step> {
    if let Some(at) = scene.strays.first() {
        return Some(Step::Sweep(*at));
    }
    let dead = |it: &&Instance| it.slot.listed() && !it.alive;
    let dead: Vec<_> = scene.instances.iter().filter(dead).collect();
    // While nothing else serves, one that can is raised first.
    let hand_over = target.filter(|_| dead.iter().any(|it| it.slot.takes()));
    hand_over
        .and_then(|target| arrive::raise_what_can(scene, target))
        .or_else(|| dead.first().map(|it| Step::Remove(it.name.clone())))
}

/// Whether it is one of the target's replicas.
fn belongs(instance: &Instance, target: &Target) -> bool {
    instance.name.revision == target.revision && instance.name.replica <= target.rollout.replicas
}

fn runs(unit: UnitState) -> bool {
    match unit {
        UnitState::Starting | UnitState::Ready | UnitState::Unready | UnitState::Stopping => true,
        UnitState::Inactive | UnitState::Failed => false,
    }
}

/// Whether its last connection is gone, or it has had the time it was given.
fn drained(instance: &Instance, rollout: &Rollout) -> bool {
    match instance.slot {
        Slot::Absent => true,
        Slot::Serving | Slot::Mixed => false,
        Slot::Idle(idle) => {
            let quiet = idle.active == 0 && idle.zeros >= ZEROS && idle.since >= SETTLED;
            quiet || idle.since >= rollout.drain_timeout.max(SETTLED)
        }
    }
}
