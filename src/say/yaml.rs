//! A value as YAML: what a person would have typed, read back as the same.

use serde_json::Value;

/// Returns the value as YAML, two blanks deeper for each level.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    if deep(value) {
        block(value, 0, &mut text);
    } else {
        inline(value, 0, &mut text);
        text.push('\n');
    }
    text
}

/// Whether it takes lines of its own: a map, or a list of more than single values.
fn deep(value: &Value) -> bool {
    match value {
        Value::Object(pairs) => !pairs.is_empty(),
        Value::Array(items) => items.iter().any(|it| it.is_object() || it.is_array()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Lines of a map or list, each indented.
fn block(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                indent(depth, text);
                key_and_value(key, value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                indent(depth, text);
                text.push_str("- ");
                entry(item, depth, text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What follows a dash: a map starts on the same line.
fn entry(item: &Value, depth: usize, text: &mut String) {
    let Some(pairs) = item.as_object().filter(|it| !it.is_empty()) else {
        inline(item, depth + 1, text);
        text.push('\n');
        return;
    };
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            indent(depth + 1, text);
        }
        key_and_value(key, value, depth + 1, text);
    }
}

fn key_and_value(key: &str, value: &Value, depth: usize, text: &mut String) {
    text.push_str(&word(key));
    text.push(':');
    if deep(value) {
        text.push('\n');
        return block(value, depth + 1, text);
    }
    if !value.is_null() {
        text.push(' ');
        inline(value, depth + 1, text);
    }
    text.push('\n');
}

/// A value without the end of its line; a text of several lines stands at this depth.
fn inline(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::String(typed) if literal(typed) => lines(typed, depth, text),
        Value::String(typed) => text.push_str(&word(typed)),
        Value::Array(items) => {
            let part = |item: &Value| match item.as_str() {
                Some(typed) => word(typed),
                None => json(item),
            };
            let parts: Vec<_> = items.iter().map(part).collect();
            text.push_str(&format!("[{}]", parts.join(", ")));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            text.push_str(&json(value));
        }
    }
}

/// Whether a text can stand behind `|` and come back as it is.
fn literal(text: &str) -> bool {
    let odd = |it: char| it.is_control() && it != '\n' && it != '\t';
    let special = ['\u{feff}', '\u{85}', '\u{2028}', '\u{2029}'];
    text.contains('\n')
        && !text.contains(odd)
        && !text.contains(special)
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with("\n\n")
        && text
            .lines()
            .all(|it| it.is_empty() || !it.trim().is_empty())
}

fn lines(typed: &str, depth: usize, text: &mut String) {
    text.push_str(if typed.ends_with('\n') { "|" } else { "|-" });
    for line in typed.strip_suffix('\n').unwrap_or(typed).split('\n') {
        text.push('\n');
        if !line.is_empty() {
            indent(depth, text);
            text.push_str(line);
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A word as it is where nobody could take it for something else, otherwise in quotes.
fn word(typed: &str) -> String {
    let first = typed.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/');
    let fits = |it: char| it.is_ascii_alphanumeric() || "_./-%@+".contains(it);
    let null = ["null", "true", "false"].contains(&typed.to_ascii_lowercase().as_str());
    if first && !null && typed.chars().all(fits) {
        return typed.to_owned();
    }
    json(&Value::from(typed))
}

/// JSON is YAML, but for a few characters: they stand in texts only, and JSON lets them stand; YAML does not, or
/// takes them for the end of a line.
fn json(value: &Value) -> String {
    let text = value.to_string();
    let escaped = text.chars().map(|it| match it {
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
            format!("\\u{:04x}", u32::from(it))
        }
        it => it.to_string(),
    });
    escaped.collect()
}
