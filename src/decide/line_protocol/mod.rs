//! Points as InfluxDB's line protocol, escaped so that what is read back is what was meant.

use std::fmt::Write;

use crate::model::point::{Point, Value};

/// Bytes of one text field; InfluxDB refuses more than 64 KiB.
const LONGEST_TEXT: usize = 60_000;

/// What line protocol cannot express in names and tags at all, and what stands in for it.
/// crystal-log's InfluxDB backend, which service_runner used, writes the same for a line break.
const LINE_BREAK: &str = "\\n";

/// Returns the point as one line without a line break at its end, its time in nanoseconds;
/// None when nothing of it can be stored.
///
/// A tag without a value, a field that is not finite and the name `time` (the server's own) are left
/// out. A text field may hold line breaks: the line then spans several, which the protocol allows
/// inside quotes.
pub fn line(point: &Point) -> Option<String> {
    let fields: Vec<String> = point
        .fields
        .iter()
        .filter(|(key, _)| usable(key))
        .filter_map(|(key, value)| Some(format!("{}={}", name(key), field(value)?)))
        .collect();
    if fields.is_empty() || point.measurement.is_empty() {
        return None;
    }
    let mut line = measurement(&point.measurement);
    for (key, value) in &point.tags {
        let value = name(value);
        if usable(key) && !value.is_empty() {
            // Writing to a String does not fail.
            let _ = write!(line, ",{}={value}", name(key));
        }
    }
    let nanoseconds = i64::try_from(point.time.as_nanos()).unwrap_or(i64::MAX);
    let _ = write!(line, " {} {nanoseconds}", fields.join(","));
    Some(line)
}

fn usable(key: &str) -> bool {
    key != "time" && !name(key).is_empty()
}

/// A line that starts with `#` is a comment, and there is no way to escape it.
fn measurement(text: &str) -> String {
    let text = match text.strip_prefix('#') {
        Some(rest) => format!("_{rest}"),
        None => text.to_owned(),
    };
    let mut out = String::with_capacity(text.len());
    for letter in whole(&text).chars() {
        if matches!(letter, ',' | ' ') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A tag's name or value, or a field's name.
fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in whole(text).chars() {
        if matches!(letter, ',' | ' ' | '=') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A backslash means itself here unless a special letter follows, and the next thing written after
/// a name is one: one at the end cannot be expressed and is dropped.
fn whole(text: &str) -> String {
    let text = text.replace("\r\n", LINE_BREAK).replace('\n', LINE_BREAK);
    text.trim_end_matches('\\').to_owned()
}

fn field(value: &Value) -> Option<String> {
    match value {
        Value::Float(it) if it.is_finite() => Some(format!("{it:?}")),
        Value::Float(_) => None,
        Value::Integer(it) => Some(format!("{it}i")),
        Value::Truth(it) => Some(it.to_string()),
        Value::Text(text) => Some(quoted(text)),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (at, letter) in text.char_indices() {
        if at + letter.len_utf8() > LONGEST_TEXT {
            out.push('…');
            break;
        }
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
