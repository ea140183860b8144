//! usrsvc's exit codes, for scripts that tell them apart.

use crate::model::process::{Outcome, Verdict};

pub const SUCCESS: u8 = 0;
pub const GENERAL_FAILURE: u8 = 1;
pub const TRY_AGAIN: u8 = 11;
pub const INVALID_CONFIG: u8 = 130;
pub const INVALID_ACTION: u8 = 131;
pub const PROGRAM_DISABLED: u8 = 132;
pub const PROGRAM_UNDEFINED: u8 = 133;
/// Of a supervisor; 134 usrsvc documented and never returned for a program that did not stay up.
pub const USRSVCD_ALREADY_RUNNING: u8 = 135;
pub const INSUFFICIENT_PERMISSIONS: u8 = 136;
pub const PROGRAM_FAILED_TO_LAUNCH: u8 = 137;
pub const HELP_MESSAGE: u8 = 138;
pub const UNKNOWN_FAILURE: u8 = 254;

/// What was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Start,
    Stop,
    Restart,
    Status,
}

/// Returns the action of this word.
pub fn action(word: &str) -> Option<Action> {
    match word {
        "start" => Some(Action::Start),
        "stop" => Some(Action::Stop),
        "restart" => Some(Action::Restart),
        "status" => Some(Action::Status),
        _ => None,
    }
}

/// Returns the exit code of one program's outcome.
pub fn of(action: Action, outcome: &Outcome) -> u8 {
    match outcome.verdict {
        Verdict::Done | Verdict::AlreadyRunning | Verdict::Running => SUCCESS,
        Verdict::NotRunning if action == Action::Stop => SUCCESS,
        Verdict::NotRunning => GENERAL_FAILURE,
        Verdict::Disabled => PROGRAM_DISABLED,
        Verdict::Unknown => PROGRAM_UNDEFINED,
        Verdict::NotStarted | Verdict::Ambiguous => PROGRAM_FAILED_TO_LAUNCH,
        Verdict::Forbidden => INSUFFICIENT_PERMISSIONS,
        Verdict::Late => TRY_AGAIN,
    }
}

/// Returns the exit code of `all`: one that failed is a general failure.
pub fn of_all(codes: &[u8]) -> u8 {
    match codes.iter().all(|it| *it == SUCCESS) {
        true => SUCCESS,
        false => GENERAL_FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_usrsvcs_code() {
        let code = |action, verdict| {
            let outcome = Outcome {
                name: "x".to_owned(),
                verdict,
                why: String::new(),
                pid: None,
            };
            of(action, &outcome)
        };
        for (action, verdict, expected) in [
            (Action::Start, Verdict::Done, 0),
            (Action::Start, Verdict::AlreadyRunning, 0),
            (Action::Stop, Verdict::NotRunning, 0),
            (Action::Status, Verdict::Running, 0),
            (Action::Status, Verdict::NotRunning, 1),
            (Action::Start, Verdict::Late, 11),
            (Action::Start, Verdict::Disabled, 132),
            (Action::Stop, Verdict::Unknown, 133),
            (Action::Start, Verdict::Forbidden, 136),
            (Action::Restart, Verdict::NotStarted, 137),
            (Action::Start, Verdict::Ambiguous, 137),
        ] {
            assert_eq!(code(action, verdict), expected, "{action:?} {verdict:?}");
        }
        assert_eq!((of_all(&[0, 0]), of_all(&[0, 137]), of_all(&[])), (0, 1, 0));
        assert_eq!(action("halt"), None);
    }
}
