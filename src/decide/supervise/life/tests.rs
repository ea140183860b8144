//! Every state, everything that can happen, every way to go on.

use std::collections::HashSet;

use super::*;

const STATES: [State; 9] = [
    State::Down,
    State::Waiting,
    State::Starting,
    State::Ready,
    State::Unready,
    State::Stopping(Then::Rest),
    State::Stopping(Then::Again),
    State::Paused,
    State::Failed,
];
const HAPPENINGS: [Happening; 11] = [
    Happening::Wished(Wish::Start),
    Happening::Wished(Wish::Stop),
    Happening::Wished(Wish::Restart),
    Happening::Free,
    Happening::Found,
    Happening::Refused,
    Happening::Proven,
    Happening::Faltered,
    Happening::Unbearable,
    Happening::Ended,
    Happening::Due,
];
const AFTERWARDS: [Afterwards; 3] = [Afterwards::Rest, Afterwards::Retry, Afterwards::GiveUp];

fn all() -> impl Iterator<Item = (State, Happening, State, Act)> {
    STATES.into_iter().flat_map(|state| {
        HAPPENINGS.into_iter().flat_map(move |happening| {
            AFTERWARDS.into_iter().map(move |afterwards| {
                let (then, act) = next(state, happening, afterwards);
                (state, happening, then, act)
            })
        })
    })
}

#[test]
fn a_second_process_is_never_started_beside_one_that_runs() {
    for (state, happening, then, act) in all() {
        if matches!(act, Act::Launch | Act::Take) {
            assert!(!state.runs(), "{state:?} {happening:?}");
            assert_eq!(then, State::Starting);
        }
    }
}

#[test]
fn what_runs_is_left_only_by_its_end() {
    for (state, happening, then, _) in all() {
        let gone = matches!(happening, Happening::Ended | Happening::Refused);
        if state.runs() && !gone {
            assert!(then.runs(), "{state:?} {happening:?} {then:?}");
        }
    }
}

#[test]
fn a_stop_leads_to_rest_whatever_else_happens_but_a_wish() {
    for first in STATES {
        let (mut state, _) = next(first, Happening::Wished(Wish::Stop), Afterwards::Retry);
        for happening in HAPPENINGS {
            if matches!(happening, Happening::Wished(_)) {
                continue;
            }
            state = next(state, happening, Afterwards::Retry).0;
            assert!(
                matches!(state, State::Down | State::Stopping(Then::Rest)),
                "{first:?} {happening:?} {state:?}"
            );
        }
        assert_eq!(state, State::Down, "{first:?}");
    }
}

#[test]
fn a_start_is_reached_from_everywhere() {
    for first in STATES {
        let (mut state, _) = next(first, Happening::Wished(Wish::Start), Afterwards::Retry);
        for happening in [
            Happening::Ended,
            Happening::Due,
            Happening::Free,
            Happening::Proven,
        ] {
            if state == State::Ready {
                break;
            }
            state = next(state, happening, Afterwards::Retry).0;
        }
        assert_eq!(state, State::Ready, "{first:?}");
    }
}

#[test]
fn readiness_is_said_exactly_when_it_begins_and_when_it_is_lost() {
    for (state, happening, then, act) in all() {
        let began = state != State::Ready && then == State::Ready;
        assert_eq!(act == Act::SayReady, began, "{state:?} {happening:?}");
        let faltered = state == State::Ready && then == State::Unready;
        assert_eq!(act == Act::SayUnready, faltered, "{state:?} {happening:?}");
    }
}

#[test]
fn no_check_ends_what_is_not_shown_to_work_yet() {
    for afterwards in AFTERWARDS {
        let kept = next(State::Starting, Happening::Unbearable, afterwards);
        assert_eq!(kept, (State::Starting, Act::Nothing));
    }
}

#[test]
fn every_state_has_a_word_of_its_own() {
    let words: HashSet<_> = STATES.iter().map(|it| it.name()).collect();
    // Both ways to stop look alike.
    assert_eq!(words.len(), STATES.len() - 1);
}
