//! A service's steps and verdicts, a line each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::words;
use crate::model::stamp;

type Record = BTreeMap<String, Vec<u8>>;

/// Returns `TIME REVISION WHAT`, with what the event says in its sentence.
pub fn line(record: &Record) -> String {
    let message = text(record, "MESSAGE");
    let object: Value = serde_json::from_str(&message).unwrap_or_default();
    let sentence = object["message"].as_str().unwrap_or(&message).to_owned();
    let revision = text(record, "WHARF_REVISION");
    let short = revision.get(..revision.find('-').map_or(0, |it| it + 8));
    format!(
        "{} {:<10} {}",
        time(record),
        short.unwrap_or_default(),
        words::plain(&sentence)
    )
}

/// Returns the record as one JSON object: time, revision, event, and the event's own object.
pub fn json(record: &Record) -> String {
    let object: Value = serde_json::from_str(&text(record, "MESSAGE")).unwrap_or_default();
    json!({
        "time": time(record),
        "revision": text(record, "WHARF_REVISION"),
        "event": text(record, "WHARF_EVENT"),
        "message": object["message"],
        "data": object["data"],
    })
    .to_string()
}

/// Returns a step that another host printed with [`json`], with the host before it.
pub fn of_node(node: &str, width: usize, step: &Value) -> String {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let revision = text("revision");
    let short = revision.get(..revision.find('-').map_or(0, |it| it + 8));
    let line = format!(
        "{} {node:width$} {:<10} {}",
        text("time"),
        short.unwrap_or_default(),
        text("message")
    );
    words::plain(&line)
}

fn text(record: &Record, key: &str) -> String {
    let bytes = record.get(key).map(Vec::as_slice).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// To the second, UTC.
fn time(record: &Record) -> String {
    let micros: u64 = text(record, "__REALTIME_TIMESTAMP")
        .parse()
        .unwrap_or_default();
    let stamp = stamp::format(micros * 1000);
    stamp.get(..19).unwrap_or(&stamp).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::{json, line, of_node};

    #[test]
    fn a_step_reads_as_a_line_and_as_an_object() {
        let fields = [
            ("__REALTIME_TIMESTAMP", "1795250700123456"),
            ("MESSAGE", r#"{"message":"start 2-abcdef0","data":{"a":1}}"#),
            ("WHARF_REVISION", "2-abcdef0123456789abcdef0123456789"),
            ("WHARF_EVENT", "stepped"),
        ];
        let record = fields.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
        let record = record.into();
        assert_eq!(
            line(&record),
            "2026-11-21 08:45:00 2-abcdef0  start 2-abcdef0"
        );
        let object: serde_json::Value = serde_json::from_str(&json(&record)).unwrap();
        assert_eq!(
            (&object["event"], &object["data"]["a"]),
            (&"stepped".into(), &1.into())
        );
        assert_eq!(
            of_node("n1", 3, &object),
            "2026-11-21 08:45:00 n1  2-abcdef0  start 2-abcdef0"
        );
    }
}
