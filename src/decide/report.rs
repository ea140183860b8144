//! The failure report of a unit, out of what its own shim told the journal.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::decide::cause;
use crate::model::check::Detail;
use crate::model::rollout::Report;

/// Records of a unit looked through for what went wrong, the newest.
pub const RECORDS: usize = 200;
/// Lines of the container in a report.
const LINES: usize = 20;
/// Events that say how a start or a life went wrong.
const TELLING: [&str; 5] = [
    "failed",
    "exited",
    "out_of_memory",
    "check_failed",
    "unready",
];

/// One record of the journal, by its fields.
type Record = BTreeMap<String, Vec<u8>>;

/// Returns the report with what the records, oldest first, tell: the container's last lines, what the
/// health check saw, how it ended, and the likely cause.
pub fn completed(mut report: Report, records: &[Record]) -> Report {
    let lines = lines(records);
    if !lines.is_empty() {
        report.last_lines = lines;
    }
    for event in records.iter().filter_map(event) {
        learn(&mut report, &event);
    }
    finished(report)
}

/// Returns the report with its likely cause.
pub fn finished(mut report: Report) -> Report {
    if report.cause.is_none() {
        report.cause = cause::likely(&report);
    }
    report
}

/// One event of a shim: its name, and the object it put into MESSAGE.
struct Event {
    name: String,
    object: Value,
}

fn event(record: &Record) -> Option<Event> {
    let name = text(record, "WHARF_EVENT")?;
    let object = serde_json::from_slice(record.get("MESSAGE")?).ok()?;
    TELLING
        .contains(&name.as_str())
        .then_some(Event { name, object })
}

/// The last of each kind counts.
fn learn(report: &mut Report, event: &Event) {
    let message = event.object["message"].as_str().unwrap_or_default();
    let data = &event.object["data"];
    match event.name.as_str() {
        "check_failed" => {
            report.answer = serde_json::from_value::<Detail>(data["detail"].clone()).ok();
            report.what = message.to_owned();
        }
        "unready" => report.what = message.to_owned(),
        _ => {
            report.exit = Some(message.to_owned());
            if report.answer.is_none() {
                report.what = message.to_owned();
            }
            if let Some(next) = data["next"].as_str() {
                report.next = next.to_owned();
            }
        }
    }
}

fn lines(records: &[Record]) -> Vec<String> {
    let own = records.iter().filter(|it| !it.contains_key("WHARF_EVENT"));
    let written = own.filter(|it| it.contains_key("STREAM"));
    let texts: Vec<_> = written.filter_map(|it| text(it, "MESSAGE")).collect();
    texts[texts.len().saturating_sub(LINES)..].to_vec()
}

fn text(record: &Record, key: &str) -> Option<String> {
    record
        .get(key)
        .map(|it| String::from_utf8_lossy(it).into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::completed;
    use crate::model::rollout::Report;

    fn record(fields: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        let fields = fields.iter();
        fields
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn what_the_shim_told_becomes_the_report() {
        let failed = r#"{"message":"check health: answered 301","data":{"detail":{"url":"http://x/","status":301,
            "location":"https://x/","head":null,"exit_code":null,"error":null}}}"#;
        let ended = r#"{"message":"ended with 3","data":{"next":"try again"}}"#;
        let mut records: Vec<_> = (0..25)
            .map(|it| record(&[("STREAM", "stdout"), ("MESSAGE", &format!("line {it}"))]))
            .collect();
        records.push(record(&[
            ("WHARF_EVENT", "check_failed"),
            ("MESSAGE", failed),
        ]));
        records.push(record(&[("WHARF_EVENT", "exited"), ("MESSAGE", ended)]));
        records.push(record(&[("WHARF_EVENT", "ready"), ("MESSAGE", "{}")]));
        let report = completed(Report::default(), &records);
        assert_eq!(report.last_lines.len(), 20);
        assert_eq!(report.last_lines[19], "line 24");
        assert_eq!(report.answer.unwrap().status, Some(301));
        assert_eq!(report.exit.as_deref(), Some("ended with 3"));
        assert_eq!(report.next, "try again");
        assert!(report.cause.unwrap().contains("redirects"));
    }

    #[test]
    fn without_records_it_says_what_it_said() {
        let report = Report {
            what: "gone".into(),
            last_lines: vec!["one".into()],
            ..Report::default()
        };
        assert_eq!(completed(report.clone(), &[]), report);
    }
}
