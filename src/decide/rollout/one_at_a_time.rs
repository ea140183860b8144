//! Every state of two revisions that exclude each other: never both run by our doing, and all lead to the end.

use super::next;
use super::proofs::{act, scenes, trial};
use super::tests::{instance, name, revision, scene};
use crate::model::rollout::Order;
use crate::model::scene::{Goal, Idle, Instance, Scene, Slot, UnitState};
use crate::model::step::{End, Step, Why};

const ENOUGH: usize = 40;
const LEFT: Slot = Slot::Idle(Idle {
    active: 0,
    since: std::time::Duration::from_secs(90),
    zeros: 5,
});

fn excluding(mut scene: Scene) -> Scene {
    match &mut scene.goal {
        Goal::Serve(target) => target.rollout.order = Order::StopFirst,
        Goal::Keep | Goal::Withdraw(_) => {}
    }
    scene
}

fn looks(instances: &[Instance]) -> Scene {
    excluding(scene(instances))
}

fn runs(it: &Instance) -> bool {
    super::runs(it.unit)
}

fn prepared(scene: &Scene, is: bool) -> Scene {
    let mut scene = scene.clone();
    match &mut scene.goal {
        Goal::Serve(target) => target.prepared = is,
        Goal::Keep | Goal::Withdraw(_) => {}
    }
    scene
}

#[test]
fn nothing_is_started_while_another_revision_runs() {
    for before in scenes().map(excluding) {
        let Step::Start(new) = next(&before) else {
            continue;
        };
        let other = |it: &&Instance| it.name.revision != new.revision && runs(it);
        assert!(before.instances.iter().find(other).is_none(), "{before:#?}");
    }
}

#[test]
fn nobody_is_told_to_go_before_the_image_is_here() {
    for before in scenes().map(excluding) {
        let before = prepared(&before, false);
        let old = before.instances.iter().find(|it| it.name == name(1));
        if !old.is_some_and(|it| runs(it) && it.alive && it.slot.takes()) {
            continue;
        }
        let told = match next(&before) {
            Step::Stop(it) | Step::Hint(it) => it == name(1),
            Step::Swap { lower, .. } => lower.contains(&name(1)),
            Step::Prepare(_)
            | Step::Start(_)
            | Step::Open
            | Step::Admit(_)
            | Step::Probe(_)
            | Step::Watch(_)
            | Step::Prove(_)
            | Step::Fail(..)
            | Step::Remove(_)
            | Step::Sweep(_)
            | Step::Forget(_)
            | Step::Close
            | Step::Wait(_)
            | Step::Done(_) => false,
        };
        assert!(!told, "{before:#?}");
    }
}

#[test]
fn every_state_comes_to_the_end() {
    for before in scenes().map(excluding) {
        let mut at = before.clone();
        let steps = (0..ENOUGH).take_while(|_| {
            let step = next(&at);
            act(&mut at, &step);
            !matches!(step, Step::Done(_))
        });
        assert!(
            steps.count() < ENOUGH,
            "still {} from\n{before:#?}",
            next(&at)
        );
        let left: Vec<_> = at.instances.iter().filter(|it| runs(it)).collect();
        assert_eq!(left.len(), 1, "{before:#?}\n{at:#?}");
        assert_eq!(left[0].slot, Slot::Serving);
    }
}

#[test]
fn the_steps_in_order() {
    use UnitState::{Inactive, Ready, Stopping};
    let old = |unit, slot| instance(1, unit, slot);
    let new = |unit, slot| instance(2, unit, slot);
    let serving = looks(&[old(Ready, Slot::Serving)]);
    let lower = Step::Swap {
        raise: Vec::new(),
        lower: vec![name(1)],
    };
    assert_eq!(next(&prepared(&serving, false)), Step::Prepare(revision(2)));
    assert_eq!(next(&serving), lower);
    let lowered = Slot::Idle(Idle::default());
    assert_eq!(next(&looks(&[old(Ready, lowered)])), Step::Stop(name(1)));
    assert_eq!(
        next(&looks(&[old(Stopping, LEFT)])),
        Step::Wait(Why::End(name(1)))
    );
    assert_eq!(next(&looks(&[old(Inactive, LEFT)])), Step::Remove(name(1)));
    let gone = old(Inactive, Slot::Absent);
    assert_eq!(
        next(&looks(std::slice::from_ref(&gone))),
        Step::Start(name(2))
    );
    // It has nobody beside whom it could settle.
    let mut fresh = new(Ready, Slot::Absent);
    fresh.unit_for = std::time::Duration::ZERO;
    assert_eq!(next(&looks(&[gone, fresh])), Step::Admit(name(2)));
}

#[test]
fn a_revision_that_fails_makes_way_for_the_one_before() {
    let failed = instance(2, UnitState::Failed, Slot::Absent);
    let mut at = looks(&[instance(1, UnitState::Inactive, Slot::Absent), failed]);
    let mut told = Vec::new();
    for _ in 0..ENOUGH {
        let step = next(&at);
        act(&mut at, &step);
        told.push(step.to_string());
        if matches!(step, Step::Done(_)) {
            break;
        }
    }
    assert!(told[0].starts_with("give up"), "{told:?}");
    assert_eq!(next(&at), Step::Done(End::Serving(revision(1))));
}

#[test]
fn a_pause_holds_until_the_old_one_was_told_to_go_and_not_after() {
    let paused = |it: &[Instance]| Scene {
        paused: true,
        ..looks(it)
    };
    let old = |unit, slot| instance(1, unit, slot);
    let serving = paused(&[old(UnitState::Ready, Slot::Serving)]);
    assert_eq!(next(&serving), Step::Done(End::Paused));
    let lowered = paused(&[old(UnitState::Ready, LEFT)]);
    assert_eq!(next(&lowered), Step::Stop(name(1)));
    let mut tried = paused(&[instance(2, UnitState::Ready, Slot::Serving)]);
    tried.trial = Some(trial(1, true));
    assert_eq!(next(&tried), Step::Done(End::Paused));
}
