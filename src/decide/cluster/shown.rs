//! What cluster files say together, without what is not for everybody.

use serde_json::{Map, Value};

use crate::decide::definition::canonical;
use crate::decide::definition::environment::smells;
use crate::decide::definition::findings::Findings;

use super::{Source, join};

/// Stands where something is hidden.
pub const HIDDEN: &str = "***";

/// Sections of which no value is shown.
const CLOSED: [&str; 2] = ["secrets", "headers"];

/// Returns the files as one map: overlays laid over, anchors resolved, values as typed, secrets hidden.
/// Secrets are the `secrets`, headers of requests, what is assigned to a name that smells of one,
/// be it in a script, and passwords in addresses.
pub fn shown(sources: &[Source]) -> Value {
    let root = join::together(sources, &mut Findings::default());
    root.map_or(Value::Null, |it| hidden(canonical::typed(&it)))
}

/// Returns the value with secrets hidden.
pub fn hidden(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text_hidden(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(hidden).collect()),
        Value::Object(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| {
                let many = value.is_object() || value.is_array();
                let value = match many {
                    _ if key == "webhook" => chat(value),
                    true if CLOSED.contains(&key.as_str()) => closed(value),
                    false if smells(&key) && !value.is_null() => HIDDEN.into(),
                    true | false => hidden(value),
                };
                (key, value)
            });
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// What stands behind the host in the address of a chat is its password.
fn chat(value: Value) -> Value {
    let short = |text: &str| match text.match_indices('/').nth(2) {
        Some((at, _)) => format!("{}/{HIDDEN}", &text[..at]),
        None => text.to_owned(),
    };
    match value {
        Value::String(text) => short(&text).into(),
        Value::Object(mut pairs) => {
            if let Some(Value::String(url)) = pairs.get_mut("url") {
                *url = short(url);
            }
            hidden(Value::Object(pairs))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => hidden(value),
    }
}

/// Names stay, values go.
fn closed(value: Value) -> Value {
    match value {
        Value::Object(pairs) => {
            let names = pairs.into_iter().map(|(key, _)| (key, HIDDEN.into()));
            Value::Object(names.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            HIDDEN.into()
        }
    }
}

fn text_hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', '@']) {
        let (before, after) = rest.split_at(at);
        let (sign, after) = after.split_at(1);
        shown.push_str(before);
        rest = after;
        if sign == "@" {
            hide_password(&mut shown);
        } else if smells(last_name(before)) {
            let end = value_end(after);
            if end > 0 {
                shown.push('=');
                shown.push_str(HIDDEN);
                rest = &after[end..];
                continue;
            }
        }
        shown.push_str(sign);
    }
    shown.push_str(rest);
    shown
}

/// The name that ends this text.
fn last_name(text: &str) -> &str {
    let part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    &text[text.trim_end_matches(part).len()..]
}

/// Where the value that starts this text ends: at a blank, or with its closing quote.
fn value_end(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |it| it + 2),
        _ => text
            .find(|it: char| it.is_whitespace() || "\"';&|".contains(it))
            .unwrap_or(text.len()),
    }
}

/// Takes the password out of `scheme://user:password` at the end of the text.
fn hide_password(shown: &mut String) {
    let blank = |it: char| it.is_whitespace() || "\"'".contains(it);
    let start = shown.rfind(blank).map_or(0, |it| it + 1);
    let Some(scheme) = shown[start..].rfind("://") else {
        return;
    };
    let login = start + scheme + 3;
    if let Some(colon) = shown[login..].find(':')
        && !shown[login..].contains('/')
    {
        shown.truncate(login + colon + 1);
        shown.push_str(HIDDEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assigned_to_a_name_that_smells_goes() {
        for (text, expected) in [
            ("A=1 DB_PASSWORD=x y", "A=1 DB_PASSWORD=*** y"),
            ("export TOKEN='a b'; c", "export TOKEN=***; c"),
            ("--api-token=a", "--api-token=***"),
            ("TOKEN=\"open", "TOKEN=***"),
            ("PASSWORD=", "PASSWORD="),
            ("a=b@c", "a=b@c"),
            ("PASSWORD_FILE=/a", "PASSWORD_FILE=/a"),
            ("X=postgresql://me:pa=ss@h/db", "X=postgresql://me:***@h/db"),
            ("https://h/a:b@c op@h", "https://h/a:b@c op@h"),
            ("TOKEN=ü; SECRET=é", "TOKEN=***; SECRET=***"),
        ] {
            assert_eq!(text_hidden(text), expected);
        }
    }

    #[test]
    fn sections_keep_their_names() {
        let text = "services:\n  - name: a\n    environment: {MODE: 0755, API_KEY: 7}\n    secrets: {k: /a}\n    x-b: [TOKEN=1]\n";
        let source = Source {
            name: "c.yaml".into(),
            text: text.into(),
            overlay: false,
        };
        assert_eq!(
            shown(&[source]).to_string(),
            r#"{"services":[{"name":"a","environment":{"MODE":"0755","API_KEY":"***"},"secrets":{"k":"***"},"x-b":["TOKEN=***"]}]}"#
        );
    }
}
