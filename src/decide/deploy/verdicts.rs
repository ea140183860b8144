//! What is told of each node in the end, from how far each change came and what was heard of it.

use super::next::State;
use crate::model::deploy::{HostVerdict, Outcome};
use crate::model::plan::Plan;
use crate::model::rollout::Report;

/// What was heard of one change while it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Why it failed, one sentence.
    pub what: String,
    /// The node's own report.
    pub report: Option<Box<Report>>,
    /// Why it could not be put back.
    pub stuck: String,
}

impl Heard {
    /// Adds what was heard on the way back.
    pub fn add(&mut self, more: Heard) {
        if !more.what.is_empty() {
            self.what = more.what;
        }
        if !more.stuck.is_empty() {
            self.stuck = more.stuck;
        }
        self.report = more.report.or(self.report.take());
    }
}

/// Returns the verdict on every change, and on every node that was left out.
pub fn outcome(id: &str, plan: &Plan, states: &[State], heard: &[Heard]) -> Outcome {
    let because = because(plan, states, heard);
    let changes = plan.changes.iter().zip(states).zip(heard);
    let told = changes.map(|((change, state), heard)| {
        let verdict = verdict(*state, heard, &because);
        (change.service.clone(), change.node.clone(), verdict)
    });
    let away = plan.unreached.iter().map(|(node, what)| {
        let verdict = HostVerdict::Skipped { what: what.clone() };
        ("-".to_owned(), node.clone(), verdict)
    });
    Outcome {
        id: id.to_owned(),
        verdicts: told.chain(away).collect(),
    }
}

/// Returns what is told of one change; `because`: why those that succeeded go back.
pub fn verdict(state: State, heard: &Heard, because: &str) -> HostVerdict {
    let failed = || HostVerdict::Failed {
        what: heard.what.clone(),
        report: heard.report.clone(),
    };
    match state {
        State::Waiting => HostVerdict::Untouched,
        State::Done => HostVerdict::Done,
        State::Skipped => HostVerdict::Skipped {
            what: heard.what.clone(),
        },
        State::Failed | State::Back { failed: true } => failed(),
        State::Back { failed: false } => HostVerdict::PutBack {
            because: because.to_owned(),
        },
        State::Stuck { failed } => HostVerdict::Stuck {
            what: match failed {
                true => format!("{}; then: {}", heard.what, heard.stuck),
                false => heard.stuck.clone(),
            },
        },
        State::Running | State::Backing { .. } => HostVerdict::Stuck {
            what: "it was left in the middle; the node goes on by itself".to_owned(),
        },
    }
}

/// The first failure, as the others are told of it.
fn because(plan: &Plan, states: &[State], heard: &[Heard]) -> String {
    let first = states.iter().position(|it| {
        matches!(
            it,
            State::Failed
                | State::Backing { failed: true }
                | State::Back { failed: true }
                | State::Stuck { failed: true }
        )
    });
    match first.map(|it| (&plan.changes[it], &heard[it])) {
        Some((change, heard)) => {
            format!(
                "{} failed on {}: {}",
                change.service, change.node, heard.what
            )
        }
        None => "the deploy was stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Action, Change, Mark, Undo};

    #[test]
    fn each_state_has_its_verdict() {
        let states = [
            State::Done,
            State::Failed,
            State::Back { failed: true },
            State::Back { failed: false },
            State::Stuck { failed: false },
            State::Stuck { failed: true },
            State::Skipped,
            State::Waiting,
            State::Running,
        ];
        let change = |number: usize| Change {
            service: "web".into(),
            node: format!("n{number}"),
            mark: Mark::Change,
            action: Action::Place,
            why: Vec::new(),
            danger: None,
            broken: false,
            undo: Undo::Restore,
        };
        let plan = Plan {
            changes: (0..states.len()).map(change).collect(),
            unreached: vec![("n99".into(), "refused".into())],
            ..Plan::default()
        };
        let heard = Heard {
            what: "301".into(),
            report: Some(Box::default()),
            stuck: "no room".into(),
        };
        let told = outcome("id", &plan, &states, &vec![heard; states.len()]);
        let words: Vec<String> = told
            .verdicts
            .iter()
            .map(|(_, _, it)| match it {
                HostVerdict::Failed { what, report } => {
                    format!("failed {what} {}", report.is_some())
                }
                HostVerdict::PutBack { because } => format!("back: {because}"),
                HostVerdict::Stuck { what } => format!("stuck: {what}"),
                HostVerdict::Skipped { what } => format!("skipped: {what}"),
                HostVerdict::Done | HostVerdict::Unchanged | HostVerdict::Untouched => {
                    serde_json::to_value(it).unwrap()["verdict"].to_string()
                }
            })
            .collect();
        assert_eq!(
            words,
            [
                "\"done\"",
                "failed 301 true",
                "failed 301 true",
                "back: web failed on n1: 301",
                "stuck: no room",
                "stuck: 301; then: no room",
                "skipped: 301",
                "\"untouched\"",
                "stuck: it was left in the middle; the node goes on by itself",
                "skipped: refused",
            ]
        );
        assert!(!told.is_good());
    }
}
