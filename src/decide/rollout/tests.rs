//! The states of a rollout one by one, each with the step that has to follow.

use std::time::Duration;

use super::next;
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::{Drain, Hint, Rollout};
use crate::model::scene::{Goal, Idle, Instance, Scene, Slot, Target, Trial, UnitState};
use crate::model::step::{End, Fault, Step, Why};

pub(super) fn revision(generation: u64) -> RevisionId {
    RevisionId {
        generation,
        digest: "0".repeat(32),
    }
}

pub(super) fn name(generation: u64) -> InstanceName {
    InstanceName {
        revision: revision(generation),
        replica: 1,
    }
}

pub(super) fn instance(generation: u64, unit: UnitState, slot: Slot) -> Instance {
    Instance {
        name: name(generation),
        unit,
        unit_for: Duration::from_secs(20),
        alive: true,
        slot,
        hinted: false,
    }
}

/// Revision 2 is wanted and not proven; its image is here, the address is open.
pub(super) fn scene(instances: &[Instance]) -> Scene {
    Scene {
        goal: Goal::Serve(Box::new(Target {
            revision: revision(2),
            rollout: Rollout::default(),
            proven: false,
            prepared: true,
        })),
        paused: false,
        open: true,
        trial: None,
        instances: instances.to_vec(),
        strays: Vec::new(),
    }
}

fn with(mut scene: Scene, change: impl FnOnce(&mut Target)) -> Scene {
    match &mut scene.goal {
        Goal::Serve(target) => change(target),
        Goal::Keep | Goal::Withdraw(_) => {}
    }
    scene
}

fn proven(scene: Scene) -> Scene {
    with(scene, |it| it.proven = true)
}

fn tried(mut scene: Scene, since: u64, probed: bool) -> Scene {
    let since = Duration::from_secs(since);
    scene.trial = Some(Trial { since, probed });
    scene
}

const IDLE: Slot = Slot::Idle(Idle {
    active: 0,
    since: Duration::ZERO,
    zeros: 0,
});

fn idle(active: u32, since: u64, zeros: u32) -> Slot {
    let since = Duration::from_secs(since);
    Slot::Idle(Idle {
        active,
        since,
        zeros,
    })
}

fn swap(raise: &[u64], lower: &[u64]) -> Step {
    Step::Swap {
        raise: raise.iter().map(|it| name(*it)).collect(),
        lower: lower.iter().map(|it| name(*it)).collect(),
    }
}

#[test]
fn a_rollout_takes_its_steps_in_order() {
    use UnitState::{Inactive, Ready, Starting, Stopping};
    let old = instance(1, Ready, Slot::Serving);
    let new = |unit, slot| instance(2, unit, slot);
    let cold = with(scene(std::slice::from_ref(&old)), |it| it.prepared = false);
    assert_eq!(next(&cold), Step::Prepare(revision(2)));
    assert_eq!(
        next(&scene(std::slice::from_ref(&old))),
        Step::Start(name(2))
    );
    let starting = scene(&[old.clone(), new(Starting, Slot::Absent)]);
    assert_eq!(next(&starting), Step::Wait(Why::Health(name(2))));
    let mut fresh = new(Ready, Slot::Absent);
    fresh.unit_for = Duration::from_secs(2);
    let rest = Duration::from_secs(3);
    assert_eq!(
        next(&scene(&[old.clone(), fresh])),
        Step::Wait(Why::Settle(name(2), rest))
    );
    let ready = scene(&[old.clone(), new(Ready, Slot::Absent)]);
    assert_eq!(next(&ready), Step::Admit(name(2)));
    assert_eq!(
        next(&Scene {
            open: false,
            ..ready
        }),
        Step::Open
    );
    let listed = scene(&[old, new(Ready, IDLE)]);
    assert_eq!(next(&listed), swap(&[2], &[1]));
    let swapped = scene(&[instance(1, Ready, IDLE), new(Ready, Slot::Serving)]);
    assert_eq!(next(&swapped), Step::Watch(revision(2)));
    assert_eq!(
        next(&tried(swapped.clone(), 0, false)),
        Step::Probe(revision(2))
    );
    let rest = Duration::from_secs(6);
    assert_eq!(
        next(&tried(swapped.clone(), 4, true)),
        Step::Wait(Why::Window(revision(2), rest))
    );
    assert_eq!(next(&tried(swapped, 10, true)), Step::Prove(revision(2)));
    let leaving = |unit, slot| proven(scene(&[instance(1, unit, slot), new(Ready, Slot::Serving)]));
    assert_eq!(next(&leaving(Ready, idle(3, 9, 0))), Step::Stop(name(1)));
    assert_eq!(
        next(&leaving(Stopping, idle(3, 9, 0))),
        Step::Wait(Why::End(name(1)))
    );
    assert_eq!(next(&leaving(Inactive, IDLE)), Step::Remove(name(1)));
    assert_eq!(
        next(&leaving(Inactive, Slot::Absent)),
        Step::Done(End::Serving(revision(2)))
    );
}

#[test]
fn a_swap_that_was_cut_short_is_done_again() {
    use UnitState::Ready;
    for (old, new, step) in [
        (Slot::Serving, Slot::Mixed, swap(&[2], &[1])),
        (Slot::Serving, Slot::Serving, swap(&[], &[1])),
        (Slot::Mixed, Slot::Serving, swap(&[], &[1])),
    ] {
        let cut = scene(&[instance(1, Ready, old), instance(2, Ready, new)]);
        assert_eq!(next(&cut), step);
    }
}

#[test]
fn what_fails_before_it_is_proven_is_given_up() {
    use UnitState::{Failed, Ready, Starting, Unready};
    let old = instance(1, Ready, Slot::Serving);
    let fail = |fault| Step::Fail(revision(2), fault);
    let failed = scene(&[old.clone(), instance(2, Failed, Slot::Absent)]);
    assert_eq!(next(&failed), fail(Fault::Start(name(2))));
    let mut late = instance(2, Starting, Slot::Absent);
    late.unit_for = Duration::from_secs(600);
    assert_eq!(next(&scene(&[old, late])), fail(Fault::Deadline(name(2))));

    let warm = instance(1, Ready, idle(0, 5, 9));
    let unready = scene(&[warm.clone(), instance(2, Unready, Slot::Serving)]);
    assert_eq!(
        next(&tried(unready, 5, true)),
        fail(Fault::Unready(name(2)))
    );
    let mut dead = instance(2, Starting, Slot::Serving);
    dead.alive = false;
    let ended = scene(&[warm.clone(), dead]);
    assert_eq!(next(&tried(ended, 5, true)), fail(Fault::Ended(name(2))));
    // Its shim was killed and comes back to a living container: nothing of that harms a request.
    let adopted = scene(&[warm, instance(2, Starting, Slot::Serving)]);
    assert!(matches!(next(&tried(adopted, 5, true)), Step::Wait(_)));
}

#[test]
fn the_way_back_is_one_swap_while_the_old_one_is_warm() {
    use UnitState::{Ready, Unready};
    let back = |new| {
        let both = [
            instance(1, Ready, idle(0, 5, 9)),
            instance(2, new, Slot::Serving),
        ];
        with(scene(&both), |it| {
            it.revision = revision(1);
            it.proven = true;
        })
    };
    assert_eq!(next(&back(Unready)), swap(&[1], &[2]));
    assert_eq!(next(&back(Ready)), swap(&[1], &[2]));
}

#[test]
fn the_dead_leave_at_once_and_somebody_takes_over_first() {
    use UnitState::{Ready, Starting};
    let mut dead = instance(1, Starting, Slot::Serving);
    dead.alive = false;
    let alone = scene(std::slice::from_ref(&dead));
    assert_eq!(next(&alone), Step::Remove(name(1)));
    let warm = scene(&[dead, instance(2, Ready, IDLE)]);
    assert_eq!(next(&warm), swap(&[2], &[]));
    let mut stray = alone;
    stray.strays = vec!["10.0.0.9:80".parse().unwrap()];
    assert_eq!(next(&stray), Step::Sweep(stray.strays[0]));
}

#[test]
fn the_old_one_leaves_in_the_order_its_definition_chose() {
    use UnitState::Ready;
    let leaving = |drain: Drain, slot, hinted| {
        let mut old = instance(1, Ready, slot);
        old.hinted = hinted;
        let both = scene(&[old, instance(2, Ready, Slot::Serving)]);
        next(&with(proven(both), |it| it.rollout.drain = drain))
    };
    let lame = || Drain::Lame(Hint::Signal("SIGUSR1".into()));
    let wait = |count| Step::Wait(Why::Connections(name(1), count));
    assert_eq!(leaving(Drain::TermFirst, idle(2, 0, 0), false), wait(2));
    assert_eq!(
        leaving(Drain::TermFirst, idle(2, 1, 0), false),
        Step::Stop(name(1))
    );
    assert_eq!(leaving(Drain::WaitFirst, idle(2, 59, 0), false), wait(2));
    assert_eq!(leaving(Drain::WaitFirst, idle(0, 2, 2), false), wait(0));
    assert_eq!(leaving(Drain::WaitFirst, idle(0, 0, 3), false), wait(0));
    assert_eq!(
        leaving(Drain::WaitFirst, idle(0, 1, 3), false),
        Step::Stop(name(1))
    );
    assert_eq!(
        leaving(Drain::WaitFirst, idle(2, 60, 0), false),
        Step::Stop(name(1))
    );
    assert_eq!(leaving(lame(), idle(2, 1, 0), false), Step::Hint(name(1)));
    assert_eq!(leaving(lame(), idle(2, 1, 0), true), wait(2));
    assert_eq!(leaving(lame(), idle(0, 1, 3), true), Step::Stop(name(1)));
}

#[test]
fn a_pause_begins_nothing_and_cares_for_what_serves() {
    use UnitState::{Inactive, Ready};
    let hold = |instances: &[Instance]| Scene {
        paused: true,
        ..scene(instances)
    };
    let old = instance(1, Ready, Slot::Serving);
    assert_eq!(next(&hold(&[old])), Step::Done(End::Paused));
    let fallen = proven(hold(&[instance(2, Inactive, Slot::Absent)]));
    assert_eq!(next(&fallen), Step::Start(name(2)));
    let window = hold(&[
        instance(1, Ready, IDLE),
        instance(2, UnitState::Unready, Slot::Serving),
    ]);
    assert!(matches!(next(&tried(window, 1, true)), Step::Fail(..)));
}

#[test]
fn what_nobody_wants_is_kept_until_somebody_withdraws_it() {
    use UnitState::{Inactive, Ready};
    let serving = scene(&[instance(1, Ready, Slot::Serving)]);
    let keep = Scene {
        goal: Goal::Keep,
        ..serving.clone()
    };
    assert_eq!(next(&keep), Step::Done(End::Kept));
    let goal = Goal::Withdraw(Box::default());
    let away = |instances: Vec<Instance>, open| Scene {
        goal: goal.clone(),
        instances,
        open,
        ..serving.clone()
    };
    assert_eq!(
        next(&away(serving.instances.clone(), true)),
        swap(&[], &[1])
    );
    let lowered = vec![instance(1, Ready, idle(0, 2, 3))];
    assert_eq!(next(&away(lowered, true)), Step::Stop(name(1)));
    let stopped = vec![instance(1, Inactive, Slot::Absent)];
    assert_eq!(next(&away(stopped.clone(), true)), Step::Close);
    assert_eq!(next(&away(stopped, false)), Step::Done(End::Nothing));
}

#[test]
fn a_proven_revision_that_fails_is_tried_again_after_a_rest() {
    let mut failed = instance(2, UnitState::Failed, Slot::Absent);
    assert_eq!(
        next(&proven(scene(std::slice::from_ref(&failed)))),
        Step::Wait(Why::Again(name(2)))
    );
    failed.unit_for = super::REST;
    assert_eq!(next(&proven(scene(&[failed]))), Step::Start(name(2)));
}

#[test]
fn replicas_come_up_together_and_come_back_one_by_one() {
    use UnitState::{Ready, Starting};
    let replica = |number, unit, slot| {
        let mut it = instance(2, unit, slot);
        it.name.replica = number;
        it
    };
    let old = instance(1, Ready, Slot::Serving);
    let two = |scene| with(scene, |it| it.rollout.replicas = 2);
    let half = two(scene(&[old.clone(), replica(1, Ready, Slot::Absent)]));
    assert!(matches!(next(&half), Step::Start(it) if it.replica == 2));
    let both = two(scene(&[
        old,
        replica(1, Ready, IDLE),
        replica(2, Ready, IDLE),
    ]));
    assert!(
        matches!(next(&both), Step::Swap { raise, lower } if (raise.len(), lower.len()) == (2, 1))
    );
    let back = two(scene(&[
        replica(1, Ready, IDLE),
        replica(2, Starting, Slot::Absent),
    ]));
    assert!(matches!(next(&proven(back)), Step::Swap { raise, .. } if raise.len() == 1));
    // Fewer replicas than before: the surplus leaves.
    let fewer = scene(&[
        replica(1, Ready, Slot::Serving),
        replica(2, Ready, Slot::Serving),
    ]);
    assert!(matches!(next(&proven(fewer)), Step::Swap { lower, .. } if lower[0].replica == 2));
}
