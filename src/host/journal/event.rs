//! wharf's own events: one JSON object as the message, the facts once more as fields.

use std::{io::Write, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::{
    Journal,
    catalogue::message_id,
    encode::{Prefix, Records, field_name},
};
use crate::model::{
    event::Event,
    log::{Origin, Priority},
    stamp,
};

/// How long an event waits for journald before it goes to stdout instead.
const PATIENCE: Duration = Duration::from_secs(2);

impl Journal {
    /// Writes an event into the story of `object_unit`, or of the unit this process belongs to.
    /// When the journal does not take it within 2 s, its JSON object goes to stdout instead.
    pub async fn write_event(&mut self, event: &Event, origin: &Origin, object_unit: Option<&str>) {
        let records = encode(event, origin, object_unit, &[]);
        let sending = self.send(records.bytes());
        if !matches!(tokio::time::timeout(PATIENCE, sending).await, Ok(Ok(()))) {
            print(event);
        }
    }
}

/// Writes the event's JSON object to stdout: for a host without a journal.
pub fn print(event: &Event) {
    let line = format!("{}\n", object(event));
    // Nobody is left to tell when stdout is closed, too.
    let _ = std::io::stdout().write_all(line.as_bytes());
}

/// Returns the event as a record, with these fields besides its own.
pub fn encode(
    event: &Event,
    origin: &Origin,
    object_unit: Option<&str>,
    more: &[(&str, &str)],
) -> Records {
    let mut records = Records::default();
    records.begin(&Prefix::new(origin, None), event.priority);
    records.field("MESSAGE", object(event).to_string().as_bytes());
    records.field("MESSAGE_ID", message_id(event.kind).as_bytes());
    records.field("WHARF_EVENT", event.kind.name().as_bytes());
    if let Some(unit) = object_unit.filter(|it| !it.is_empty()) {
        records.field("OBJECT_SYSTEMD_UNIT", unit.as_bytes());
    }
    for (key, value) in &event.data {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        records.field(&field_name(key), text.as_bytes());
    }
    for (key, value) in more {
        records.field(key, value.as_bytes());
    }
    records
}

fn object(event: &Event) -> Value {
    json!({
        "source": event.kind.source(),
        "severity": severity(event.priority),
        "message": event.message,
        "timestamp": now(),
        "data": event.data,
    })
}

fn severity(priority: Priority) -> &'static str {
    const NAMES: [&str; 8] = [
        "emergency",
        "alert",
        "critical",
        "error",
        "warning",
        "notice",
        "info",
        "debug",
    ];
    NAMES[usize::from(priority.0.min(7))]
}

fn now() -> String {
    let time = clock_gettime(ClockId::Realtime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    stamp::format(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::model::{
        event::{Event, Kind},
        log::{Origin, Priority},
    };

    #[test]
    fn an_event_is_one_object_and_its_facts_are_fields() {
        let event = Event::new(Kind::Exited, Priority::ERROR, "ended with 3")
            .with("exit_code", 3)
            .with("limits", serde_json::json!({"memory": 5}));
        let records = encode(&event, &Origin::default(), Some("runner@web.service"), &[]);
        let text = String::from_utf8(records.bytes().to_vec()).unwrap();
        let message = text
            .lines()
            .find_map(|it| it.strip_prefix("MESSAGE="))
            .unwrap();
        let object: serde_json::Value = serde_json::from_str(message).unwrap();
        assert_eq!(object["source"], "shim");
        assert_eq!(object["severity"], "error");
        assert_eq!(object["data"]["exit_code"], 3);
        assert!(object["timestamp"].as_str().unwrap().ends_with('Z'));
        for line in [
            "EXIT_CODE=3",
            "LIMITS={\"memory\":5}",
            "WHARF_EVENT=exited",
            "OBJECT_SYSTEMD_UNIT=runner@web.service",
            "PRIORITY=3",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in {text}");
        }
    }
}
