//! What the journal is told of a definition that was placed, and what it tells of one that did not come up.

use crate::host::journal::Journal;
use crate::host::journal::read::{self, Record};
use crate::host::{surroundings, systemd};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::rollout::Report;

/// Records looked through, and lines of the container that are shown.
const RECORDS: usize = 60;
const LINES: usize = 20;

/// Writes into the unit's story who placed it, and why.
pub(super) async fn tell(name: &str, unit: &str, note: &str) {
    let text = format!("placed by {}: {note}", surroundings::who());
    let event = Event::new(Kind::Deployed, Priority::INFO, text);
    let origin = Origin {
        service: name.to_owned(),
        ..Origin::default()
    };
    // A host without a journal has no story to write into.
    if let Ok(mut journal) = Journal::open() {
        journal.write_event(&event, &origin, Some(unit)).await;
    }
}

/// Returns the report; what the journal does not tell, systemd's own words do.
pub(super) async fn report(name: &str, unit: &str, why: &str) -> Report {
    let records = read::tail(&[("_SYSTEMD_UNIT", unit)], RECORDS).await;
    let records = records.unwrap_or_default();
    let events = records
        .iter()
        .rev()
        .filter(|it| it.contains_key("WHARF_EVENT"));
    let graver = events.filter(|it| text(it, "PRIORITY").parse().is_ok_and(|it: u8| it <= 4));
    let what = graver.map(sentence).next();
    let lines = records.iter().filter(|it| it.contains_key("STREAM"));
    let mut last_lines: Vec<String> = lines.map(|it| text(it, "MESSAGE")).collect();
    last_lines.drain(..last_lines.len().saturating_sub(LINES));
    let shown = systemd::show(unit, &["Result"]).unwrap_or_default();
    Report {
        what: what.unwrap_or_else(|| why.to_owned()),
        stage: "start".to_owned(),
        unit: Some(unit.to_owned()),
        result: shown.first().and_then(|it| it.get("Result")).cloned(),
        last_lines,
        next: format!("on the node: wharf logs {name}"),
        ..Report::default()
    }
}

/// An event is an object with a sentence in it.
fn sentence(record: &Record) -> String {
    let message = text(record, "MESSAGE");
    let object: serde_json::Value = serde_json::from_str(&message).unwrap_or_default();
    object["message"]
        .as_str()
        .map_or(message.clone(), str::to_owned)
}

fn text(record: &Record, key: &str) -> String {
    let bytes = record.get(key).map(Vec::as_slice).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}
