//! Journal records as lines for a person.

use serde_json::Value;

use super::words;
use crate::model::event::Event;
use crate::model::revision::RevisionId;
use crate::model::stamp;

/// Returns one record as `TIME NAME │ text`; events and systemd's own words are set apart by their mark.
///
/// A record that cannot be read is returned as it is: hiding it would lose a line.
pub fn line(record: &str, colour: bool) -> String {
    let Ok(record) = serde_json::from_str::<Value>(record) else {
        return words::plain(record);
    };
    let text = |key: &str| field(&record, key);
    let at = text("__REALTIME_TIMESTAMP")
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(0);
    let message = text("MESSAGE").unwrap_or_default();
    let (mark, message) = match (text("WHARF_EVENT"), text("STREAM")) {
        (Some(event), _) => ("●", format!("{event}: {}", sentence(&message))),
        (None, Some(stream)) if stream == "stderr" => ("┃", message),
        (None, Some(_)) => ("│", message),
        (None, None) => ("○", message),
    };
    let name = text("SYSLOG_IDENTIFIER").unwrap_or_default();
    let line = format!("{} {name} {mark} {}", clock(at), words::plain(&message));
    match text("PRIORITY").as_deref() {
        Some("0" | "1" | "2" | "3") if colour => format!("\u{1b}[31m{line}\u{1b}[0m"),
        Some("4") if colour => format!("\u{1b}[33m{line}\u{1b}[0m"),
        Some(_) | None => line,
    }
}

/// Returns a record as another host's journal printed it, with the host as a field `WHARF_NODE`.
pub fn of_node(node: &str, record: &str) -> String {
    match record.strip_prefix('{') {
        Some(rest) => format!("{{\"WHARF_NODE\":{},{rest}", Value::from(node)),
        None => record.to_owned(),
    }
}

/// Returns a sentence on lines that nobody read: between these microseconds since 1970, so many at most.
pub fn left_out(since: u64, until: u64, most: Option<u64>) -> String {
    let many = most.map_or_else(|| "lines".to_owned(), |it| format!("up to {it} lines"));
    format!(
        "{many} of {:.1} s, from {} to {}, are left out: they came faster than they could be read",
        until.saturating_sub(since) as f64 / 1e6,
        clock(since),
        clock(until)
    )
}

/// Returns the same as a record, so that it has its place among the others.
pub fn gap(until: u64, most: Option<u64>, text: &str) -> String {
    let fields = serde_json::json!({
        "__REALTIME_TIMESTAMP": until.to_string(),
        "MESSAGE": text,
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "wharf",
        "WHARF_LEFT_OUT": most.unwrap_or_default().to_string(),
    });
    fields.to_string()
}

/// Returns the revision a record is of, short as people say it.
pub fn revision(record: &str) -> Option<String> {
    let record: Value = serde_json::from_str(record).ok()?;
    let id: RevisionId = field(&record, "WHARF_REVISION")?.parse().ok()?;
    Some(id.short())
}

/// Returns an event as a line, its last lines below, and what to do next.
pub fn event(event: &Event) -> String {
    let mut text = format!("{}: {}", event.kind.name(), words::plain(&event.message));
    let list = |key: &str| {
        event
            .data
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    for line in list("last_lines") {
        text += &format!("\n  | {}", words::plain(line.as_str().unwrap_or_default()));
    }
    if let Some(next) = event.data.get("next").and_then(Value::as_str) {
        text += &format!("\nnext: {}", words::plain(next));
    }
    text
}

/// A field's text; journalctl writes bytes that are not UTF-8 as an array of numbers.
fn field(record: &Value, key: &str) -> Option<String> {
    match record.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok()))
                .collect();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The `message` inside an event's JSON.
fn sentence(message: &str) -> String {
    let event = serde_json::from_str::<Value>(message).ok();
    let inside = event.as_ref().and_then(|it| it.get("message")?.as_str());
    inside.unwrap_or(message).to_owned()
}

/// Microseconds since the epoch as `2026-01-31 12:34:56Z`.
fn clock(micros: u64) -> String {
    let stamp = stamp::format(micros.saturating_mul(1000));
    format!("{}Z", stamp[..19].replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Kind;
    use crate::model::log::Priority;

    #[test]
    fn a_line_an_event_and_a_word_of_systemd_look_different() {
        let at = "1769862896000000";
        let line_of = |rest: &str| {
            line(
                &format!(r#"{{"__REALTIME_TIMESTAMP":"{at}","SYSLOG_IDENTIFIER":"web",{rest}}}"#),
                false,
            )
        };
        assert_eq!(
            line_of(r#""STREAM":"stdout","MESSAGE":"hi""#),
            "2026-01-31 12:34:56Z web │ hi"
        );
        assert_eq!(
            line_of(r#""WHARF_EVENT":"ready","MESSAGE":"{\"message\":\"ready\"}""#),
            "2026-01-31 12:34:56Z web ● ready: ready"
        );
        assert_eq!(
            line_of(r#""MESSAGE":[104,27,105]"#),
            "2026-01-31 12:34:56Z web ○ h\u{fffd}i"
        );
        assert_eq!(line("not json", false), "not json");
    }

    #[test]
    fn an_event_at_a_terminal_has_its_lines_and_what_next() {
        let it = Event::new(Kind::Failed, Priority::ERROR, "no such image")
            .with("last_lines", vec!["one", "t\u{1b}wo"])
            .with("next", "pull it");
        assert_eq!(
            event(&it),
            "failed: no such image\n  | one\n  | t\u{fffd}wo\nnext: pull it"
        );
    }
}
