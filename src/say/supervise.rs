//! What a supervisor answers, for people and for programs.

use std::time::Duration;

use crate::model::process::{Answer, Outcome, Standing, Verdict};

/// Prints an answer as one line of JSON.
pub fn json(answer: &Answer) {
    let value = match answer {
        Answer::Outcome(it) => serde_json::json!(it),
        Answer::Standing(it) => serde_json::json!(it),
        Answer::Reloaded(it) => serde_json::json!({ "changed": it }),
        Answer::Refused(it) => serde_json::json!({ "refused": it }),
        Answer::End => return,
    };
    super::answer_line(&value.to_string());
}

/// Prints an answer in words.
pub fn answer(answer: &Answer) {
    match answer {
        Answer::Outcome(it) if it.verdict.is_good() || harmless(it) => {
            super::answer_line(&outcome(it));
        }
        Answer::Outcome(it) => super::error(&outcome(it), remedy(it).as_deref()),
        Answer::Standing(it) => super::answer(&table(std::slice::from_ref(it))),
        Answer::Reloaded(changes) if changes.is_empty() => {
            super::answer_line("nothing has changed");
        }
        Answer::Reloaded(changes) => changes.iter().for_each(|it| super::answer_line(it)),
        Answer::Refused(wrong) => wrong.iter().for_each(|it| super::error(it, None)),
        Answer::End => {}
    }
}

/// Whether it is only told, because what was wanted is so already.
pub fn harmless(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::NotRunning
}

fn outcome(it: &Outcome) -> String {
    let pid = it
        .pid
        .map(|it| format!(" (process {it})"))
        .unwrap_or_default();
    let name = &it.name;
    match it.verdict {
        Verdict::Done | Verdict::Running => format!("{name}: {}{pid}", it.why),
        Verdict::AlreadyRunning => format!("{name}: running already{pid}"),
        Verdict::NotRunning => format!("{name}: not running"),
        Verdict::Disabled => format!("{name}: not enabled"),
        Verdict::Unknown => format!("{name}: {}", it.why),
        Verdict::NotStarted | Verdict::Forbidden | Verdict::Ambiguous => {
            format!("{name}: not started: {}", it.why)
        }
        Verdict::Late => format!("{name}: not there yet: {}", it.why),
    }
}

fn remedy(it: &Outcome) -> Option<String> {
    match it.verdict {
        Verdict::Disabled => Some("set `enabled: true` in its definition, and reload".to_owned()),
        Verdict::NotStarted | Verdict::Late => {
            Some(format!("wharf logs {} shows its last lines", it.name))
        }
        Verdict::Forbidden => Some("look at the owner and mode of its files".to_owned()),
        Verdict::Unknown => Some("wharf supervise status lists those there are".to_owned()),
        Verdict::Done
        | Verdict::Running
        | Verdict::AlreadyRunning
        | Verdict::NotRunning
        | Verdict::Ambiguous => None,
    }
}

/// Returns a table of services.
pub fn table(standings: &[Standing]) -> String {
    let mut rows = vec![["SERVICE", "STATE", "PID", "FOR", "RESTARTS", "WHY"].map(str::to_owned)];
    rows.extend(standings.iter().map(|it| {
        [
            it.name.clone(),
            it.state.clone(),
            it.pid.map_or("-".to_owned(), |it| it.to_string()),
            super::words::age(Duration::from_secs(it.seconds)),
            it.restarts.to_string(),
            super::words::plain(&it.why),
        ]
    }));
    super::table_rows(&rows)
}

/// Returns an outcome in usrsvc's words.
pub fn as_usrsvc(it: &Outcome, code: u8) -> String {
    let name = &it.name;
    let pid = it.pid.map(|it| format!(" [{it}]")).unwrap_or_default();
    match it.verdict {
        Verdict::Done if it.pid.is_some() => format!("Started {name}:{pid}"),
        Verdict::Done => format!("{name} terminated"),
        Verdict::AlreadyRunning => format!("Program {name} is already running:{pid}"),
        Verdict::Running => format!("{name} is running:{pid}"),
        Verdict::NotRunning => format!("{name} is NOT running"),
        Verdict::Disabled => format!("{name} is disabled"),
        Verdict::Unknown => format!("No such program: {name}"),
        Verdict::NotStarted | Verdict::Ambiguous => {
            format!(
                "Failed to start {name}! Err={code} (PROGRAM_FAILED_TO_LAUNCH): {}",
                it.why
            )
        }
        Verdict::Forbidden => {
            format!(
                "Failed to start {name}! Err={code} (INSUFFICIENT_PERMISSIONS): {}",
                it.why
            )
        }
        Verdict::Late => format!("{name} is not done yet: {}", it.why),
    }
}
