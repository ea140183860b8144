//! `environment`, `env_file` and `service_args`: what the program is told.

use std::{collections::BTreeMap, path::PathBuf};

use crate::decide::quote::quoted;

use super::{fields::Entry, findings::Findings, tree::Value};

/// Words in a variable's name that say its value is not for everybody.
const SMELLS: [&str; 9] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIAL",
];

/// Returns the variables of a map, or of a list of `KEY=VALUE`; numbers and truth values as typed.
pub(super) fn variables(entry: &Entry<'_>, found: &mut Findings) -> BTreeMap<String, String> {
    let typed = match entry.node.value {
        Value::Map(_) => mapped(entry, found),
        Value::List(_) => listed(entry, found),
        Value::Empty | Value::Scalar(_) => {
            entry.wrong("a map of variables, or a list of `KEY=VALUE`", found);
            Vec::new()
        }
    };
    let mut variables = BTreeMap::new();
    for (key, value, entry) in typed {
        if key.is_empty() || key.contains(['=', '\0']) {
            entry.mistake(format!("{} cannot name a variable", quoted(&key)), found);
        } else if variables.insert(key.clone(), value).is_some() {
            entry.mistake(format!("the variable {} is set twice", quoted(&key)), found);
        }
    }
    variables
}

type Typed<'a> = (String, String, Entry<'a>);

fn mapped<'a>(entry: &Entry<'a>, found: &mut Findings) -> Vec<Typed<'a>> {
    let Some(fields) = entry.open(found) else {
        return Vec::new();
    };
    let mut typed = Vec::new();
    for (key, entry) in fields.all() {
        if matches!(entry.node.value, Value::Empty) {
            let hint = format!("write `{key}: \"\"` for an empty one");
            entry.mistake_with(
                format!("the variable {} has no value", quoted(key)),
                hint,
                found,
            );
        } else if let Some(value) = entry.text(found) {
            typed.push((key.to_owned(), value, entry));
        }
    }
    typed
}

fn listed<'a>(entry: &Entry<'a>, found: &mut Findings) -> Vec<Typed<'a>> {
    let mut typed = Vec::new();
    for item in entry.items(found) {
        let Some(text) = item.text(found) else {
            continue;
        };
        match text.split_once('=') {
            Some((key, value)) => typed.push((key.to_owned(), value.to_owned(), item)),
            None => {
                let hint = "write `KEY=VALUE`: a unit has no shell to take the value from";
                item.mistake_with(format!("{} has no value", quoted(&text)), hint, found);
            }
        }
    }
    typed
}

/// Adds a notice for each variable that looks like a secret: `docker inspect` shows it to everybody.
pub(super) fn smell(entry: &Entry<'_>, variables: &BTreeMap<String, String>, found: &mut Findings) {
    for (key, value) in variables {
        if !smells(key) || value.is_empty() {
            continue;
        }
        let what = format!(
            "{} looks like a secret, and docker shows the environment to everybody",
            quoted(key)
        );
        let hint = format!(
            "`secrets: {{{}: /path/on/this/host}}` puts it into a file below /run/secrets",
            key.to_lowercase()
        );
        found.notice(place_of(entry, key), &entry.path, what, Some(hint));
    }
}

/// Returns whether a variable of this name holds a secret, as far as names tell.
pub(in crate::decide) fn smells(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    !upper.ends_with("_FILE") && SMELLS.iter().any(|it| upper.contains(it))
}

fn place_of(entry: &Entry<'_>, key: &str) -> super::findings::Place {
    match &entry.node.value {
        Value::Map(pairs) => pairs.iter().find(|it| it.key == key).map(|it| it.place),
        Value::List(nodes) => nodes
            .iter()
            .find(|it| matches!(&it.value, Value::Scalar(text) if text.starts_with(key)))
            .map(|it| it.place),
        Value::Empty | Value::Scalar(_) => None,
    }
    .unwrap_or(entry.place)
}

/// Returns the files of `env_file`, one or a list.
pub(super) fn files(entry: &Entry<'_>, found: &mut Findings) -> Vec<PathBuf> {
    let items = match entry.node.value {
        Value::Scalar(_) => vec![entry.clone()],
        Value::Empty | Value::List(_) | Value::Map(_) => entry.items(found),
    };
    items.iter().filter_map(|it| it.path(found)).collect()
}
