//! The way of what is not wanted any more: lowered, drained in its order, stopped, removed, forgotten.

use super::{SETTLED, belongs, drained, runs};
use crate::model::rollout::{Drain, Order, Rollout};
use crate::model::scene::{Instance, Scene, Slot, Target, UnitState};
use crate::model::step::{Step, Why};

/// Returns the next step for the first instance that is not the target's. They leave one beside the
/// other: a step that can be done goes before waiting.
pub(super) fn others(scene: &Scene, target: &Target) -> Option<Step> {
    let others = scene.instances.iter().filter(|it| !belongs(it, target));
    first(others.filter_map(|it| one(it, &target.rollout)))
}

/// Returns the next step towards nothing running and no address.
pub(super) fn all(scene: &Scene, rollout: &Rollout) -> Option<Step> {
    let takes = scene.instances.iter().filter(|it| it.slot.takes());
    let lower: Vec<_> = takes.map(|it| it.name.clone()).collect();
    if !lower.is_empty() {
        let raise = Vec::new();
        return Some(Step::Swap { raise, lower });
    }
    first(scene.instances.iter().filter_map(|it| one(it, rollout)))
        .or_else(|| scene.open.then_some(Step::Close))
}

fn first(steps: impl Iterator<Item = Step>) -> Option<Step> {
    let mut waiting = None;
    for step in steps {
        if !matches!(step, Step::Wait(_)) {
            return Some(step);
        }
        waiting = waiting.or(Some(step));
    }
    waiting
}

fn one(it: &Instance, rollout: &Rollout) -> Option<Step> {
    let name = it.name.clone();
    match it.unit {
        UnitState::Ready | UnitState::Unready | UnitState::Starting => Some(dismiss(it, rollout)),
        UnitState::Stopping => Some(Step::Wait(Why::End(name))),
        UnitState::Inactive | UnitState::Failed if it.slot.listed() => Some(Step::Remove(name)),
        UnitState::Failed => Some(Step::Forget(name)),
        UnitState::Inactive => None,
    }
}

fn dismiss(it: &Instance, rollout: &Rollout) -> Step {
    debug_assert!(runs(it.unit));
    let name = it.name.clone();
    let (active, since) = match it.slot {
        Slot::Idle(idle) => (idle.active, idle.since),
        Slot::Absent | Slot::Serving | Slot::Mixed => (0, SETTLED),
    };
    let waits = match &rollout.drain {
        // Where somebody waits for its place, each moment is one in which nobody serves.
        Drain::TermFirst => rollout.order == Order::StartFirst && since < SETTLED,
        Drain::WaitFirst => !drained(it, rollout),
        Drain::Lame(_) if !it.hinted && it.unit != UnitState::Starting => {
            return Step::Hint(name);
        }
        Drain::Lame(_) => !drained(it, rollout),
    };
    match waits {
        true => Step::Wait(Why::Connections(name, active)),
        false => Step::Stop(name),
    }
}
