//! Every state a deploy can be in: it always comes to its end, and after a failure nothing new begins.

use std::time::Duration;

use super::course::Leg;
use super::next::{Next, State, next};
use crate::model::cluster::OnFailure;

const STATES: [State; 11] = [
    State::Waiting,
    State::Running,
    State::Done,
    State::Skipped,
    State::Failed,
    State::Backing { failed: true },
    State::Backing { failed: false },
    State::Back { failed: true },
    State::Back { failed: false },
    State::Stuck { failed: true },
    State::Stuck { failed: false },
];
const POLICIES: [OnFailure; 3] = [
    OnFailure::RollbackAll,
    OnFailure::RollbackHost,
    OnFailure::Pause,
];
/// What a change that runs, or goes back, may come to.
const ENDS: [State; 3] = [State::Done, State::Failed, State::Skipped];
/// Steps after which every state has come to its end.
const ENOUGH: usize = 30;

/// Two services: one on three nodes in two waves, one on two nodes in two waves with a pause.
fn legs(policies: [OnFailure; 2]) -> Vec<Leg> {
    let leg = |service: &str, waves: Vec<Vec<usize>>, on_failure, pause| Leg {
        service: service.to_owned(),
        waves,
        pause: Duration::from_secs(pause),
        on_failure,
    };
    vec![
        leg("a", vec![vec![0], vec![1, 2]], policies[0], 0),
        leg("b", vec![vec![3], vec![4]], policies[1], 9),
    ]
}

fn each(mut look: impl FnMut(&[Leg], &[State])) {
    for one in POLICIES {
        for other in POLICIES {
            let legs = legs([one, other]);
            for number in 0..STATES.len().pow(5) {
                let digit = |place: u32| STATES[number / STATES.len().pow(place) % STATES.len()];
                look(
                    &legs,
                    &std::array::from_fn::<State, 5, _>(|it| digit(it as u32)),
                );
            }
        }
    }
}

fn is_failed(state: &State) -> bool {
    matches!(
        state,
        State::Failed
            | State::Backing { failed: true }
            | State::Back { failed: true }
            | State::Stuck { failed: true }
    )
}

/// The policy that holds: that of the first service with a failure.
fn policy(legs: &[Leg], states: &[State]) -> Option<OnFailure> {
    let of = |it: &&Leg| it.waves.iter().flatten().any(|it| is_failed(&states[*it]));
    legs.iter().find(of).map(|it| it.on_failure)
}

#[test]
fn no_step_is_wrong_in_any_state() {
    each(|legs, states| {
        let moving = states.iter().any(|it| it.is_moving());
        let failure = policy(legs, states);
        for (rested, stopped) in [(false, false), (true, false), (false, true)] {
            match next(legs, states, rested, stopped) {
                Next::Wait => assert!(moving, "{states:?}"),
                Next::Start { changes, .. } => {
                    assert!(!moving && failure.is_none() && !stopped, "{states:?}");
                    assert!(!changes.is_empty());
                    assert!(changes.iter().all(|it| states[*it] == State::Waiting));
                    let first = changes[0];
                    let late = states[..first].contains(&State::Waiting);
                    assert!(!late, "an earlier wave was left out: {states:?}");
                }
                Next::Pause { leg, time } => {
                    assert!(!moving && failure.is_none() && !rested && !stopped);
                    assert_eq!((leg, time.as_secs()), (1, 9));
                    assert_ne!(states[3], State::Waiting, "the first wave needs none");
                }
                Next::PutBack(changes) => {
                    assert!(!moving && !changes.is_empty(), "{states:?}");
                    for it in &changes {
                        match failure {
                            Some(OnFailure::RollbackAll) => {
                                assert!(matches!(states[*it], State::Done | State::Failed));
                            }
                            Some(OnFailure::RollbackHost) => assert_eq!(states[*it], State::Failed),
                            Some(OnFailure::Pause) | None => panic!("{states:?}"),
                        }
                    }
                    // Last first: nothing behind these is left to go back.
                    let after = &states[changes[changes.len() - 1] + 1..];
                    let left = |it: &State| match failure {
                        Some(OnFailure::RollbackAll) => matches!(it, State::Done | State::Failed),
                        Some(OnFailure::RollbackHost | OnFailure::Pause) | None => {
                            *it == State::Failed
                        }
                    };
                    assert!(!after.iter().any(left), "{states:?}");
                }
                Next::End => {
                    let open = states.contains(&State::Waiting) && failure.is_none() && !stopped;
                    assert!(!moving && !open, "{states:?}");
                }
            }
        }
    });
}

/// All ways a deploy can go, from its beginning to its end, each change ending in each way it can.
#[test]
fn every_way_ends_with_a_verdict_for_every_node() {
    for one in POLICIES {
        for other in POLICIES {
            let legs = legs([one, other]);
            let mut ways = 0;
            go(
                &legs,
                &mut [State::Waiting; 5],
                &mut Vec::new(),
                ENOUGH,
                &mut ways,
            );
            assert!(ways > 20, "only {ways} ways");
        }
    }
}

/// Goes on from here in every way; `done`: changes in the order they were taken or tried.
fn go(legs: &[Leg], states: &mut [State; 5], done: &mut Vec<usize>, left: usize, ways: &mut usize) {
    assert!(left > 0, "it never ends: {states:?}");
    match next(legs, states, true, false) {
        Next::Wait => unreachable!("nothing runs between two steps of this world"),
        Next::Pause { .. } => unreachable!("it has rested"),
        Next::Start { changes, .. } => {
            branch(legs, states, done, &changes, &ENDS, (left, ways));
        }
        Next::PutBack(changes) => {
            let mut order: Vec<usize> = changes.iter().copied().rev().collect();
            let tail = done.split_off(done.len() - changes.len());
            order.reverse();
            assert_eq!(order, tail, "last first: {states:?}");
            let failed = |it: usize| states[it] == State::Failed;
            for stuck in [false, true] {
                let mut after = *states;
                for change in &changes {
                    let failed = failed(*change);
                    after[*change] = match stuck {
                        true => State::Stuck { failed },
                        false => State::Back { failed },
                    };
                }
                go(legs, &mut after, &mut done.clone(), left - 1, ways);
            }
        }
        Next::End => {
            *ways += 1;
            check_end(legs, states);
        }
    }
}

fn branch(
    legs: &[Leg],
    states: &[State; 5],
    done: &[usize],
    changes: &[usize],
    ends: &[State],
    (left, ways): (usize, &mut usize),
) {
    for number in 0..ends.len().pow(changes.len() as u32) {
        let (mut after, mut taken) = (*states, done.to_vec());
        for (at, change) in changes.iter().enumerate() {
            after[*change] = ends[number / ends.len().pow(at as u32) % ends.len()];
            let back = match policy(legs, &after) {
                Some(OnFailure::RollbackHost) => after[*change] == State::Failed,
                Some(OnFailure::RollbackAll | OnFailure::Pause) | None => {
                    after[*change] != State::Skipped
                }
            };
            if back {
                taken.push(*change);
            }
        }
        if policy(legs, &after) == Some(OnFailure::RollbackHost) {
            taken.retain(|it| after[*it] == State::Failed);
        }
        go(legs, &mut after, &mut taken, left - 1, ways);
    }
}

fn check_end(legs: &[Leg], states: &[State]) {
    assert!(!states.iter().any(|it| it.is_moving()), "{states:?}");
    let count = |it: &dyn Fn(&State) -> bool| states.iter().filter(|state| it(state)).count();
    match policy(legs, states) {
        None => assert_eq!(count(&|it| matches!(it, State::Waiting)), 0, "{states:?}"),
        Some(OnFailure::RollbackAll) => {
            let kept = count(&|it| matches!(it, State::Done | State::Failed));
            assert_eq!(kept, 0, "what was changed is put back or stuck: {states:?}");
        }
        Some(OnFailure::RollbackHost) => {
            assert_eq!(count(&|it| *it == State::Failed), 0, "{states:?}");
            let back = count(&|it| matches!(it, State::Back { failed: false }));
            assert_eq!(back, 0, "only the one that failed: {states:?}");
        }
        Some(OnFailure::Pause) => {
            let back = count(&|it| matches!(it, State::Back { .. } | State::Stuck { .. }));
            assert_eq!(back, 0, "{states:?}");
        }
    }
}

#[test]
fn an_operator_who_stops_it_gets_verdicts_of_what_runs_and_nothing_new() {
    let legs = legs([OnFailure::RollbackAll; 2]);
    let mut states = [
        State::Done,
        State::Running,
        State::Running,
        State::Waiting,
        State::Waiting,
    ];
    assert_eq!(next(&legs, &states, false, true), Next::Wait);
    states[1..3].copy_from_slice(&[State::Done, State::Done]);
    assert_eq!(next(&legs, &states, false, true), Next::End);
    states[2] = State::Failed;
    assert_eq!(next(&legs, &states, false, true), Next::PutBack(vec![1, 2]));
}
