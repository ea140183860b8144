//! Every state two revisions can be in: no step empties the balancer, and every state leads to the end.

use std::time::Duration;

use super::next;
use super::tests::{instance, name, revision, scene};
use crate::model::scene::{Goal, Idle, Instance, Scene, Slot, Trial, UnitState};
use crate::model::step::{End, Step};

const UNITS: [UnitState; 6] = [
    UnitState::Inactive,
    UnitState::Starting,
    UnitState::Ready,
    UnitState::Unready,
    UnitState::Stopping,
    UnitState::Failed,
];
const SLOTS: [Slot; 5] = [
    Slot::Absent,
    Slot::Mixed,
    Slot::Serving,
    Slot::Idle(Idle {
        active: 2,
        since: Duration::ZERO,
        zeros: 0,
    }),
    Slot::Idle(Idle {
        active: 0,
        since: Duration::from_secs(90),
        zeros: 5,
    }),
];
/// Steps after which every state has come to its end.
const ENOUGH: usize = 40;

/// Whatever one instance of this revision can look like.
fn looks(generation: u64) -> Vec<Option<Instance>> {
    let mut all = vec![None];
    for unit in UNITS {
        for slot in SLOTS {
            for alive in [true, false] {
                let mut it = instance(generation, unit, slot);
                it.alive = alive;
                // A unit that is ready has its container; systemd and docker see to that.
                if alive || !matches!(unit, UnitState::Ready | UnitState::Unready) {
                    all.push(Some(it));
                }
            }
        }
    }
    all
}

pub(super) fn scenes() -> impl Iterator<Item = Scene> {
    let trials = [None, Some((3, false)), Some((3, true)), Some((30, true))];
    let flags = (0..8).map(|it| (it & 1 == 0, it & 2 == 0, it & 4 == 0));
    flags.flat_map(move |(proven, prepared, open)| {
        trials.into_iter().flat_map(move |trial| {
            looks(1).into_iter().flat_map(move |old| {
                looks(2).into_iter().map(move |new| {
                    let pair: Vec<_> = old.clone().into_iter().chain(new).collect();
                    let mut it = scene(&pair);
                    it.open = open;
                    it.trial = trial.map(|(since, probed)| Trial {
                        since: Duration::from_secs(since),
                        probed,
                    });
                    set(&mut it, proven, prepared);
                    it
                })
            })
        })
    })
}

pub(super) fn set(scene: &mut Scene, proven: bool, prepared: bool) {
    match &mut scene.goal {
        Goal::Serve(target) => (target.proven, target.prepared) = (proven, prepared),
        Goal::Keep | Goal::Withdraw(_) => {}
    }
}

/// Instances that can answer a new connection.
pub(super) fn answering(scene: &Scene) -> usize {
    let able = scene.instances.iter();
    able.filter(|it| it.slot.takes() && it.alive).count()
}

#[test]
fn no_step_takes_the_last_one_that_answers() {
    for before in scenes() {
        let step = next(&before);
        let mut after = before.clone();
        act(&mut after, &step);
        // What time does is not the step's doing.
        let waits = matches!(step, Step::Wait(_));
        let lost = !waits && answering(&before) > 0 && answering(&after) == 0;
        assert!(!lost, "{step}\n{before:#?}");
        if let Step::Stop(stopped) = &step {
            let it = before.instances.iter().find(|it| it.name == *stopped);
            assert!(it.is_some_and(|it| !it.slot.takes()), "{before:#?}");
        }
    }
}

#[test]
fn the_old_one_is_kept_until_the_new_one_is_proven() {
    for before in scenes() {
        let unproven = matches!(&before.goal, Goal::Serve(it) if !it.proven);
        let step = next(&before);
        let touches = match &step {
            Step::Stop(it) | Step::Hint(it) => *it == name(1),
            Step::Prepare(_)
            | Step::Start(_)
            | Step::Open
            | Step::Admit(_)
            | Step::Swap { .. }
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
        assert!(!(unproven && touches), "{step}\n{before:#?}");
    }
}

#[test]
fn every_state_comes_to_the_end_in_a_world_that_behaves() {
    let mut longest = 0;
    for before in scenes() {
        let mut at = before.clone();
        let steps = (0..ENOUGH).take_while(|_| {
            let step = next(&at);
            act(&mut at, &step);
            !matches!(step, Step::Done(_))
        });
        let steps = steps.count();
        longest = longest.max(steps);
        assert!(steps < ENOUGH, "still {} from\n{before:#?}", next(&at));
        let end = match &at.goal {
            Goal::Serve(it) => End::Serving(it.revision.clone()),
            Goal::Keep | Goal::Withdraw(_) => unreachable!(),
        };
        assert_eq!(next(&at), Step::Done(end), "{before:#?}");
        let left: Vec<_> = at
            .instances
            .iter()
            .filter(|it| it.unit != UnitState::Inactive)
            .collect();
        assert_eq!(left.len(), 1, "{before:#?}\n{at:#?}");
        assert_eq!(left[0].slot, Slot::Serving);
    }
    assert!(longest > 8, "the longest way took only {longest} steps");
}

/// A crash of the manager before each of its steps changes nothing: the next look says the same. A
/// crash within a swap leaves any half of its changes; each of those states is among [`scenes`].
#[test]
fn every_half_of_a_swap_is_finished_by_the_next_look() {
    for before in scenes() {
        let step = next(&before);
        let Step::Swap { raise, lower } = &step else {
            continue;
        };
        for (raised, lowered) in [
            (Slot::Mixed, None),
            (Slot::Serving, None),
            (Slot::Serving, Some(Slot::Mixed)),
        ] {
            let mut cut = before.clone();
            for it in &mut cut.instances {
                if raise.contains(&it.name) {
                    it.slot = raised;
                }
                if lower.contains(&it.name) {
                    it.slot = lowered.unwrap_or(it.slot);
                }
            }
            if cut == before || (lower.is_empty() && lowered.is_some()) {
                continue;
            }
            assert!(answering(&cut) > 0, "{cut:#?}");
        }
    }
}

/// What a step makes of the world when everything works.
pub(super) fn act(scene: &mut Scene, step: &Step) {
    match step {
        Step::Prepare(_) => prepare(scene),
        Step::Start(it) => become_(scene, it.revision.generation, UnitState::Ready),
        Step::Open => scene.open = true,
        Step::Admit(it) => place(scene, it.revision.generation, SLOTS[3]),
        Step::Swap { raise, lower } => {
            for it in raise {
                place(scene, it.revision.generation, Slot::Serving);
            }
            for it in lower {
                place(scene, it.revision.generation, SLOTS[4]);
            }
        }
        Step::Probe(_) => scene.trial = scene.trial.map(|it| Trial { probed: true, ..it }),
        Step::Watch(_) => scene.trial = Some(trial(0, false)),
        Step::Prove(_) => set(scene, true, true),
        // The verdict makes the old revision, proven before, the one to serve.
        Step::Fail(..) => fall_back(scene),
        Step::Hint(_) => {}
        Step::Stop(it) => become_(scene, it.revision.generation, UnitState::Inactive),
        Step::Remove(it) => place(scene, it.revision.generation, Slot::Absent),
        Step::Sweep(_) => scene.strays.clear(),
        Step::Forget(it) => become_(scene, it.revision.generation, UnitState::Inactive),
        Step::Close => scene.open = false,
        Step::Wait(_) => wait(scene),
        Step::Done(_) => {}
    }
}

pub(super) fn trial(since: u64, probed: bool) -> Trial {
    Trial {
        since: Duration::from_secs(since),
        probed,
    }
}

fn prepare(scene: &mut Scene) {
    if let Goal::Serve(target) = &mut scene.goal {
        target.prepared = true;
    }
}

fn fall_back(scene: &mut Scene) {
    if let Goal::Serve(target) = &mut scene.goal {
        target.revision = revision(1);
        target.proven = true;
    }
    scene.trial = None;
}

fn become_(scene: &mut Scene, generation: u64, unit: UnitState) {
    if !scene.instances.iter().any(|it| it.name == name(generation)) {
        scene
            .instances
            .push(instance(generation, unit, Slot::Absent));
    }
    for it in scene
        .instances
        .iter_mut()
        .filter(|it| it.name == name(generation))
    {
        it.unit = unit;
        it.alive = unit == UnitState::Ready;
        it.unit_for = Duration::from_secs(60);
    }
}

fn place(scene: &mut Scene, generation: u64, slot: Slot) {
    for it in scene
        .instances
        .iter_mut()
        .filter(|it| it.name == name(generation))
    {
        it.slot = slot;
    }
}

/// Time passes: starts succeed, stops end, connections close.
fn wait(scene: &mut Scene) {
    scene.trial = scene.trial.map(|it| trial(60, it.probed));
    for it in &mut scene.instances {
        it.unit_for = Duration::from_secs(60);
        it.unit = match it.unit {
            UnitState::Starting | UnitState::Unready | UnitState::Ready => UnitState::Ready,
            UnitState::Stopping | UnitState::Inactive => UnitState::Inactive,
            UnitState::Failed => UnitState::Failed,
        };
        it.alive = it.unit == UnitState::Ready;
        if let Slot::Idle(_) = it.slot {
            it.slot = SLOTS[4];
        }
    }
}
