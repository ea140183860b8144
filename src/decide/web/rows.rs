//! A journal's record as a row of the page.

use serde_json::{Map, Value};

use crate::decide::clean;
use crate::model::web::shown::LogRow;

/// Characters of a line that go to a browser; the download has all of it.
const TEXT_LONGEST: usize = 16 * 1024;
/// What a record has that stands for lines nobody read; inside of a string its quotes would be escaped.
const LEFT_OUT: &str = "\"WHARF_LEFT_OUT\":\"";
/// systemd's "information", where a record tells nothing.
const USUAL: u8 = 6;

/// Returns the row; None for what is no record.
pub fn row(line: &str) -> Option<LogRow> {
    let record: Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |key: &str| record.get(key).map(plain).unwrap_or_default();
    let unit = ["OBJECT_SYSTEMD_UNIT", "UNIT", "_SYSTEMD_UNIT"];
    let unit = unit.iter().map(|it| text(it)).find(|it| !it.is_empty());
    Some(LogRow {
        t: text("__REALTIME_TIMESTAMP").parse().ok()?,
        node: text("WHARF_NODE"),
        unit: unit.unwrap_or_default(),
        revision: text("WHARF_REVISION"),
        priority: text("PRIORITY").parse().unwrap_or(USUAL),
        stream: text("STREAM"),
        text: bounded(&said(&record, text("MESSAGE"))),
        cursor: text("__CURSOR"),
    })
}

/// Returns for how many lines nobody read a record stands; None: it is a line like any other.
pub fn left_out(line: &str) -> Option<usize> {
    let rest = &line[line.find(LEFT_OUT)? + LEFT_OUT.len()..];
    Some(rest.split('"').next()?.parse().unwrap_or(0))
}

/// An event's MESSAGE is an object; a person reads its sentence.
fn said(record: &Map<String, Value>, message: String) -> String {
    if !record.contains_key("WHARF_EVENT") {
        return message;
    }
    let event: Option<Value> = serde_json::from_str(&message).ok();
    let sentence = event.as_ref().and_then(|it| it.get("message")?.as_str());
    sentence.map_or(message.clone(), str::to_owned)
}

/// journalctl writes bytes that are no text as numbers, and a field that is there twice as a list.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => clean::clean(text.as_bytes()).text.into_owned(),
        Value::Array(all) if all.iter().all(Value::is_u64) => {
            let bytes = all.iter().filter_map(|it| u8::try_from(it.as_u64()?).ok());
            let bytes: Vec<u8> = bytes.collect();
            clean::clean(&bytes).text.into_owned()
        }
        Value::Array(all) => all.first().map(plain).unwrap_or_default(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_becomes_a_row() {
        let line = r#"{"WHARF_NODE":"n1","__REALTIME_TIMESTAMP":"17","__CURSOR":"s=1","_SYSTEMD_UNIT":"runner@web.service","PRIORITY":"3","STREAM":"stderr","WHARF_REVISION":"3-ab","MESSAGE":"<b>oh</b>"}"#;
        let row = row(line).unwrap();
        assert_eq!(
            (row.t, row.priority, row.text.as_str()),
            (17, 3, "<b>oh</b>")
        );
        assert_eq!(
            (row.node.as_str(), row.unit.as_str()),
            ("n1", "runner@web.service")
        );
        assert_eq!(
            (
                row.stream.as_str(),
                row.revision.as_str(),
                row.cursor.as_str()
            ),
            ("stderr", "3-ab", "s=1")
        );
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let gap = r#"{"WHARF_NODE":"n1","__REALTIME_TIMESTAMP":"1","MESSAGE":"up to 7","WHARF_LEFT_OUT":"7"}"#;
        assert_eq!(left_out(gap), Some(7));
        assert_eq!(row(gap).unwrap().text, "up to 7");
        let said = serde_json::json!({"__REALTIME_TIMESTAMP": "1", "MESSAGE": gap}).to_string();
        assert_eq!(left_out(&said), None, "a line that quotes one");
    }

    #[test]
    fn everything_journalctl_writes_is_borne() {
        let bytes = r#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":[104,105,27,91,51,49,109,255]}"#;
        assert_eq!(row(bytes).unwrap().text, "hi\u{fffd}");
        let none = r#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":null,"PRIORITY":["4","5"]}"#;
        let none = row(none).unwrap();
        assert_eq!((none.text.as_str(), none.priority), ("", 4));
        for wrong in ["", "x", "[]", "{}", r#"{"__REALTIME_TIMESTAMP":"x"}"#] {
            assert_eq!(row(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_event_is_its_sentence_and_long_lines_are_cut() {
        let event = r#"{"__REALTIME_TIMESTAMP":"1","WHARF_EVENT":"ready","MESSAGE":"{\"message\":\"it is ready\"}"}"#;
        assert_eq!(row(event).unwrap().text, "it is ready");
        let long = "ä".repeat(TEXT_LONGEST + 5);
        let line = serde_json::json!({"__REALTIME_TIMESTAMP": "1", "MESSAGE": long}).to_string();
        let text = row(&line).unwrap().text;
        assert_eq!(text.chars().count(), TEXT_LONGEST + 1);
    }
}
