//! `wharf setup`: nodes as they stand, and what each still needs.

use super::{doctor, words};
use crate::model::setup::{Ready, SetupEnd, SetupStep};

/// Returns the line said before a step is done.
pub fn step(node: &str, step: &SetupStep) -> String {
    format!("{node}: {step}")
}

/// Returns one block for each node, and the sum. `remedy` is for those not reached, node by node.
pub fn text(all: &[Ready], remedy: impl Fn(&Ready) -> Option<String>) -> String {
    let mut text = String::new();
    for it in all {
        text += &format!("{}: {}\n", it.node, verdict(it));
        if it.end == SetupEnd::Shown {
            for step in &it.steps {
                text += &format!("  {step}\n");
            }
        }
        if let Some(remedy) = remedy(it) {
            text += &format!("  next: {}\n", words::plain(&remedy));
        }
        if !it.findings.is_empty() {
            let found = doctor::text(&it.findings);
            let lines = found.lines().filter(|it| !it.is_empty());
            text += &lines.map(|it| format!("  {it}\n")).collect::<String>();
        }
    }
    let good = all.iter().filter(|it| it.is_good()).count();
    let would = match all.iter().any(|it| it.end == SetupEnd::Shown) {
        true => "would be ready",
        false => "ready",
    };
    text + &format!("{good} of {} {would}\n", all.len())
}

fn verdict(ready: &Ready) -> String {
    match &ready.end {
        SetupEnd::Done if !ready.is_good() => "wharf is there, and its doctor objects".to_owned(),
        SetupEnd::Done if ready.steps.is_empty() => "ready, nothing to do".to_owned(),
        SetupEnd::Done => "ready".to_owned(),
        SetupEnd::Shown if ready.steps.is_empty() => "nothing to do".to_owned(),
        SetupEnd::Shown => "would".to_owned(),
        SetupEnd::Refused { what, .. } => words::plain(what),
        SetupEnd::Unreached(it) => format!("not reached: {}", words::plain(&it.what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::{Finding, Severity};
    use crate::model::fleet::{Unreached, UnreachedKind};

    fn ready(node: &str, end: SetupEnd, steps: Vec<SetupStep>) -> Ready {
        Ready {
            node: node.into(),
            steps,
            end,
            findings: Vec::new(),
        }
    }

    #[test]
    fn each_node_is_told_with_what_it_needs() {
        let grave = Finding {
            severity: Severity::Error,
            subject: "docker".into(),
            what: "does not answer".into(),
            remedy: "systemctl start docker".into(),
        };
        let refused = SetupEnd::Refused {
            what: "it is aarch64".into(),
            remedy: "build it".into(),
        };
        let away = SetupEnd::Unreached(Unreached {
            kind: UnreachedKind::Late,
            what: "no answer".into(),
        });
        let all = [
            ready("n1", SetupEnd::Done, vec![SetupStep::Install]),
            ready("n2", SetupEnd::Done, Vec::new()),
            ready("n3", refused, Vec::new()),
            ready("n4", away, Vec::new()),
            Ready {
                findings: vec![grave],
                ..ready("n5", SetupEnd::Done, Vec::new())
            },
        ];
        let next = |it: &Ready| (!it.is_good() && it.findings.is_empty()).then(|| "see".to_owned());
        let told = text(&all, next);
        assert_eq!(
            told,
            "n1: ready\nn2: ready, nothing to do\nn3: it is aarch64\n  next: see\n\
             n4: not reached: no answer\n  next: see\n\
             n5: wharf is there, and its doctor objects\n\
             \x20 error    docker  does not answer\n                   -> systemctl start docker\n\
             \x20 1 error, 0 warnings, 0 notes\n2 of 5 ready\n"
        );
        let shown = ready("n1", SetupEnd::Shown, vec![SetupStep::Install]);
        let told = text(&[shown], |_| None);
        assert_eq!(
            told,
            "n1: would\n  install units and generator\n1 of 1 would be ready\n"
        );
    }
}
