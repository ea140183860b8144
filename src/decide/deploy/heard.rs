//! What a node's lines mean: a step, a failure report, or a line of a script.

use serde_json::Value;

use crate::model::ledger::StepLine;
use crate::model::rollout::Report;

/// The kernel's words for a full disk, and what to do about one.
const FULL: &str = "No space left on device";
const MAKE_ROOM: &str =
    "make room there: wharf prune takes away images nobody needs, df -h shows the disks";

/// One line of a node, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Step(String),
    /// Why it was given up.
    Report(Box<Report>),
    /// Why it was refused, one sentence.
    Refused(String),
    /// A line of somebody else's.
    Text(String),
}

/// Reads a line. What wharf on the node says is JSON, an object a line; all else is text.
pub fn heard(line: &str) -> Vec<Word> {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return vec![Word::Text(line.to_owned())];
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if value.get("outcome").is_some()
        && let Ok(step) = serde_json::from_value::<StepLine>(value.clone())
    {
        return vec![Word::Step(step.text)];
    }
    if value.get("stage").is_some()
        && let Ok(report) = serde_json::from_value::<Report>(value.clone())
    {
        return vec![Word::Report(Box::new(report))];
    }
    if value.get("pruned").is_some() {
        return put(&value);
    }
    if let Some(text) = text("error") {
        return vec![Word::Refused(text.to_owned())];
    }
    if let Some(Value::Array(mistakes)) = value.get("mistakes") {
        return vec![Word::Refused(mistaken(mistakes))];
    }
    if let Some(text) = text("step") {
        return vec![Word::Step(text.to_owned())];
    }
    vec![Word::Text(line.to_owned())]
}

/// `wharf put --json`: the revision, and what the node has to say of it.
fn put(value: &Value) -> Vec<Word> {
    let revision = value.get("revision").and_then(Value::as_str);
    let short = revision.and_then(|it| it.parse().ok());
    let short = short.map(|it: crate::model::revision::RevisionId| it.short());
    let what = match value.get("new") {
        Some(Value::Bool(true)) => "put",
        Some(_) | None => "wanted already:",
    };
    let mut words = vec![Word::Step(format!("{what} {}", short.unwrap_or_default()))];
    let notices = value.get("notices").and_then(Value::as_array);
    let notices = notices.into_iter().flatten().filter_map(Value::as_str);
    words.extend(notices.map(|it| Word::Step(format!("note: {it}"))));
    words
}

fn mistaken(mistakes: &[Value]) -> String {
    let first = mistakes.first();
    let what = first.and_then(|it| it.get("what")).and_then(Value::as_str);
    let path = first.and_then(|it| it.get("path")).and_then(Value::as_str);
    format!(
        "the node's wharf finds {} mistakes in its definition; the first: {}: {}",
        mistakes.len(),
        path.unwrap_or_default(),
        what.unwrap_or_default()
    )
}

/// Returns the sentence a failure is told with: the report's, else what was refused, else the last
/// words on stderr; and what to do where the disk is full.
pub fn cause(
    report: Option<&Report>,
    refused: Option<&str>,
    stderr: &[String],
    code: &str,
) -> String {
    let told = sentence(report, refused, stderr, code);
    match told.contains(FULL) {
        true => format!("{told}; {MAKE_ROOM}"),
        false => told,
    }
}

fn sentence(
    report: Option<&Report>,
    refused: Option<&str>,
    stderr: &[String],
    code: &str,
) -> String {
    if let Some(report) = report {
        return report.what.clone();
    }
    if let Some(refused) = refused {
        return refused.to_owned();
    }
    let errors = stderr
        .iter()
        .rev()
        .find_map(|it| it.strip_prefix("error: "));
    let plain = || stderr.iter().rev().find(|it| !is_aside(it));
    match errors.or_else(|| plain().map(String::as_str)) {
        Some(text) => text.to_owned(),
        None => format!("it ended with {code}, without a word"),
    }
}

/// Whether a line of stderr is no reason: a remedy, a notice, nothing.
fn is_aside(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with("next: ") || line.starts_with("note: ")
}

#[cfg(test)]
mod tests {
    use super::{Word, cause, heard};
    use crate::model::ledger::{Outcome, StepLine};
    use crate::model::revised;
    use crate::model::rollout::Report;

    #[test]
    fn what_wharf_prints_is_understood() {
        let id: crate::model::revision::RevisionId =
            format!("3-{}", "ab".repeat(16)).parse().unwrap();
        let step = StepLine {
            when: "2026-11-21T08:45:00Z".into(),
            revision: Some(id.clone()),
            text: "start 3-abababa".into(),
            outcome: Outcome::Going,
        };
        let report = Report {
            what: "it answered 301".into(),
            ..Report::default()
        };
        let put = revised::Outcome {
            revision: id,
            new: true,
            image_digest: None,
            notices: vec!["kept by its name".into()],
            pruned: Vec::new(),
        };
        let step_word = |it: &str| Word::Step(it.into());
        for (line, words) in [
            (json(&step), vec![step_word("start 3-abababa")]),
            (json(&report), vec![Word::Report(Box::new(report.clone()))]),
            (
                json(&put),
                vec![
                    step_word("put 3-abababa"),
                    step_word("note: kept by its name"),
                ],
            ),
            (r#"{"error":"no"}"#.into(), vec![Word::Refused("no".into())]),
            (r#"{"step":"restart"}"#.into(), vec![step_word("restart")]),
            ("plain".into(), vec![Word::Text("plain".into())]),
            ("[1]".into(), vec![Word::Text("[1]".into())]),
            (
                r#"{"outcome":1}"#.into(),
                vec![Word::Text(r#"{"outcome":1}"#.into())],
            ),
        ] {
            assert_eq!(heard(&line), words, "{line}");
        }
        let mistakes = r#"{"mistakes":[{"path":"image","what":"it is missing"}]}"#;
        let [Word::Refused(text)] = &heard(mistakes)[..] else {
            panic!("a refusal")
        };
        assert!(text.ends_with("image: it is missing"), "{text}");
    }

    fn json(it: &impl serde::Serialize) -> String {
        serde_json::to_string(it).unwrap()
    }

    #[test]
    fn the_best_reason_is_told() {
        let report = Report {
            what: "301".into(),
            ..Report::default()
        };
        let lines = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let stderr = lines(&["one", "error: two", "next: three"]);
        assert_eq!(cause(Some(&report), Some("refused"), &stderr, "1"), "301");
        assert_eq!(cause(None, Some("refused"), &stderr, "1"), "refused");
        assert_eq!(cause(None, None, &stderr, "1"), "two");
        assert_eq!(cause(None, None, &lines(&["one", ""]), "1"), "one");
        let full = cause(None, Some("write x: No space left on device"), &[], "1");
        assert!(
            full.contains("device; make room there: wharf prune"),
            "{full}"
        );
        assert_eq!(
            cause(None, None, &[], "7"),
            "it ended with 7, without a word"
        );
    }
}
