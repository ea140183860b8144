//! The failure report: what the instance's own shim told the journal, put together once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Manager;
use crate::decide::cause;
use crate::host::journal::read::{self, Record};
use crate::model::check::Detail;
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::Report;

/// Records of the instance looked through for what went wrong, the newest.
const RECORDS: usize = 200;
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

/// Returns the report on an instance that failed at this stage. Where the journal cannot be read the
/// report says less, and never nothing.
pub(super) async fn of_instance(
    manager: &Manager,
    revision: &RevisionId,
    name: &InstanceName,
    stage: &str,
    what: &str,
) -> Report {
    let unit = name.unit(&manager.service);
    let matches = [("_SYSTEMD_UNIT", unit.as_str())];
    let records = read::tail(&matches, RECORDS).await.unwrap_or_default();
    let seen = manager.sight.units.get(name);
    let mut report = Report {
        what: what.to_owned(),
        stage: stage.to_owned(),
        result: seen
            .map(|it| it.result.clone())
            .filter(|it| it != "success"),
        last_lines: lines(&records),
        next: format!(
            "journalctl -eu {unit}, or wharf logs {} --rev {revision}",
            manager.service
        ),
        unit: Some(unit),
        ..Report::default()
    };
    for event in records.iter().filter_map(event) {
        learn(&mut report, &event);
    }
    finished(report)
}

/// Returns the report with its likely cause.
pub(super) fn finished(mut report: Report) -> Report {
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

fn text(record: &BTreeMap<String, Vec<u8>>, key: &str) -> Option<String> {
    record
        .get(key)
        .map(|it| String::from_utf8_lossy(it).into_owned())
}
