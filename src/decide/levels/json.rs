//! What a JSON line says about itself: its level, and keys worth a field of their own.

use serde_json::{Map, Value};

use super::named;
use crate::model::log::Priority;

/// Longer lines are not parsed, in bytes.
const LONGEST: usize = 64 * 1024;

/// Longer values are not promoted, in bytes.
const LONGEST_VALUE: usize = 1024;

/// Keys that become fields wherever they are found, and the field of each.
const PROMOTED: [(&[&str], &str); 7] = [
    (&["logger", "log.logger", "logger_name"], "LOGGER"),
    (&["trace_id", "traceId", "traceID", "trace.id"], "TRACE_ID"),
    (&["span_id", "spanId", "spanID", "span.id"], "SPAN_ID"),
    (&["request_id", "requestId", "req_id"], "REQUEST_ID"),
    (&["error", "err", "error.message"], "ERROR"),
    (
        &["status", "http_status", "statusCode", "status_code"],
        "HTTP_STATUS",
    ),
    (&["duration_ms", "durationMs", "elapsed_ms"], "DURATION_MS"),
];

const LEVEL_KEYS: [&str; 6] = ["level", "severity", "lvl", "log.level", "@l", "loglevel"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub priority: Option<Priority>,
    /// Field names as the journal takes them but for `F_` ones, whose key is as it was written.
    pub fields: Vec<(String, String)>,
}

/// Returns None for a line that is no JSON object. `wanted`: further keys, as `F_<KEY>`.
pub fn facts(line: &str, wanted: &[String]) -> Option<Facts> {
    if !line.trim_start().starts_with('{') || line.len() > LONGEST {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(line).ok()?;
    let mut facts = Facts::default();
    if let Some(level) = LEVEL_KEYS.iter().find_map(|it| find(&object, it)) {
        facts.priority = priority(level);
        facts
            .fields
            .extend(scalar(level).map(|it| ("LEVEL".to_owned(), it)));
    }
    for (keys, field) in PROMOTED {
        let value = keys.iter().find_map(|it| find(&object, it));
        let value = value.and_then(scalar).filter(|it| fits(field, it));
        facts.fields.extend(value.map(|it| (field.to_owned(), it)));
    }
    for key in wanted {
        let value = find(&object, key).and_then(scalar);
        facts
            .fields
            .extend(value.map(|it| (format!("F_{key}"), it)));
    }
    Some(facts)
}

/// A key as it is, or a path of keys.
fn find<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(key) {
        return Some(value);
    }
    let (first, rest) = key.split_once('.')?;
    find(object.get(first)?.as_object()?, rest)
}

fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (text.len() <= LONGEST_VALUE).then_some(text)
}

/// `status` is often a word of the application's own: only an HTTP status becomes one.
fn fits(field: &str, value: &str) -> bool {
    match field {
        "HTTP_STATUS" => value.parse().is_ok_and(|it: u16| (100..600).contains(&it)),
        "DURATION_MS" => value.parse::<f64>().is_ok(),
        _ => true,
    }
}

/// Names; syslog's 0 to 7; bunyan's and pino's 10 to 60.
fn priority(level: &Value) -> Option<Priority> {
    let Some(number) = level.as_f64() else {
        return named(level.as_str()?);
    };
    match number {
        it if it < 0.0 => None,
        it if it < 8.0 => Some(Priority(it as u8)),
        it if it < 10.0 => None,
        it if it < 30.0 => Some(Priority::DEBUG),
        it if it < 40.0 => Some(Priority::INFO),
        it if it < 50.0 => Some(Priority::WARNING),
        it if it < 60.0 => Some(Priority::ERROR),
        it if it < 70.0 => Some(Priority::CRITICAL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::facts;

    fn fields(line: &str, wanted: &[&str]) -> String {
        let wanted: Vec<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
        let found = facts(line, &wanted).unwrap();
        let level = found.priority.map_or("-".into(), |it| it.0.to_string());
        let fields = found
            .fields
            .iter()
            .map(|(key, value)| format!(" {key}={value}"));
        level + &fields.collect::<String>()
    }

    #[test]
    fn a_json_line_says_what_it_is() {
        assert_eq!(fields(r#"{"level":"warn","msg":"x"}"#, &[]), "4 LEVEL=warn");
        assert_eq!(fields(r#"{"level":30,"msg":"x"}"#, &[]), "6 LEVEL=30");
        assert_eq!(fields(r#"{"level":3}"#, &[]), "3 LEVEL=3");
        assert_eq!(fields(r#"{"log":{"level":"ERROR"}}"#, &[]), "3 LEVEL=ERROR");
        assert_eq!(
            fields(
                r#"{"severity":"INFO","status":503,"trace_id":"ab","user":{"id":7},"n":12345678901234567890123}"#,
                &["user.id", "n", "absent"]
            ),
            "6 LEVEL=INFO TRACE_ID=ab HTTP_STATUS=503 F_user.id=7 F_n=12345678901234567890123"
        );
        assert_eq!(fields(r#"{"status":"ok","error":null}"#, &[]), "-");
        for line in ["", "text", "[1]", "{", "{\"a\":}", "{} trailing"] {
            assert_eq!(facts(line, &[]), None, "{line}");
        }
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]
        #[test]
        fn broken_objects_are_no_objects(line in "\\{[\\[\\]{}\":,a-z0-9\\\\ ]{0,40}") {
            let _ = facts(&line, &["a".to_owned()]);
        }

        #[test]
        fn deep_nesting_is_refused(depth in 1usize..20_000) {
            let _ = facts(&"{\"a\":".repeat(depth), &[]);
        }
    }
}
