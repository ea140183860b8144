//! The next thing a deploy does, from what became of each change so far. Nothing else is remembered.

use std::time::Duration;

use super::course::Leg;
use crate::model::cluster::OnFailure;

/// How far one change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Waiting,
    Running,
    Done,
    /// The node was away and nothing changed there; the file says to go on without it.
    Skipped,
    /// It did not take the change.
    Failed,
    /// On its way back; `failed`: because it did not take the change itself.
    Backing {
        failed: bool,
    },
    Back {
        failed: bool,
    },
    /// The way back did not succeed.
    Stuck {
        failed: bool,
    },
}

/// What to do now. Changes are named by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The wave `number` of a leg begins.
    Start {
        leg: usize,
        number: usize,
        changes: Vec<usize>,
    },
    /// The next wave of a leg comes after this time.
    Pause {
        leg: usize,
        time: Duration,
    },
    /// These go back now, together.
    PutBack(Vec<usize>),
    /// For those that run.
    Wait,
    End,
}

/// Returns the next step. `rested`: the pause before the wave that is due has passed. `stopped`: the
/// operator wants nothing new to begin.
pub fn next(legs: &[Leg], states: &[State], rested: bool, stopped: bool) -> Next {
    if states.iter().any(|it| it.is_moving()) {
        return Next::Wait;
    }
    if let Some(leg) = legs.iter().find(|it| has_failed(it, states)) {
        return after_failure(legs, leg.on_failure, states);
    }
    if stopped {
        return Next::End;
    }
    match due(legs, states) {
        Some((leg, number)) if number > 0 && !rested && !legs[leg].pause.is_zero() => Next::Pause {
            leg,
            time: legs[leg].pause,
        },
        Some((leg, number)) => Next::Start {
            leg,
            number,
            changes: waiting(&legs[leg].waves[number], states),
        },
        None => Next::End,
    }
}

impl State {
    /// Whether somebody is at it, so that its end is still to come.
    pub fn is_moving(self) -> bool {
        match self {
            State::Running | State::Backing { .. } => true,
            State::Waiting
            | State::Done
            | State::Skipped
            | State::Failed
            | State::Back { .. }
            | State::Stuck { .. } => false,
        }
    }

    fn is_failed(self) -> bool {
        match self {
            State::Failed
            | State::Backing { failed: true }
            | State::Back { failed: true }
            | State::Stuck { failed: true } => true,
            State::Waiting
            | State::Running
            | State::Done
            | State::Skipped
            | State::Backing { failed: false }
            | State::Back { failed: false }
            | State::Stuck { failed: false } => false,
        }
    }
}

fn has_failed(leg: &Leg, states: &[State]) -> bool {
    leg.waves.iter().flatten().any(|it| states[*it].is_failed())
}

/// Nothing new starts any more; what goes back does so wave by wave, the last first.
fn after_failure(legs: &[Leg], policy: OnFailure, states: &[State]) -> Next {
    let back = |state: State| match policy {
        OnFailure::RollbackAll => matches!(state, State::Failed | State::Done),
        OnFailure::RollbackHost => state == State::Failed,
        OnFailure::Pause => false,
    };
    for wave in legs.iter().rev().flat_map(|it| it.waves.iter().rev()) {
        let due: Vec<usize> = wave
            .iter()
            .copied()
            .filter(|it| back(states[*it]))
            .collect();
        if !due.is_empty() {
            return Next::PutBack(due);
        }
    }
    Next::End
}

/// The first wave with a change that was not begun.
fn due(legs: &[Leg], states: &[State]) -> Option<(usize, usize)> {
    legs.iter().enumerate().find_map(|(leg, it)| {
        let mut waves = it.waves.iter();
        let number = waves.position(|it| !waiting(it, states).is_empty())?;
        Some((leg, number))
    })
}

fn waiting(wave: &[usize], states: &[State]) -> Vec<usize> {
    let fresh = |it: &usize| states[*it] == State::Waiting;
    wave.iter().copied().filter(fresh).collect()
}
