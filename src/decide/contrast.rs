//! What differs between two definitions, key by key, with secrets as fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::decide::definition::environment::smells;
use crate::decide::quote::quoted;
use crate::model::revised::Contrast;

/// Hex digits of a fingerprint: enough to tell two values apart, too few to tell one.
const FINGERPRINT_DIGITS: usize = 8;

/// Returns what differs between two definitions in their canonical form, in the order of the keys.
pub fn contrasts(before: &str, after: &str) -> Vec<Contrast> {
    let (before, after) = (leaves(before), leaves(after));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let none = Leaf::default();
    let each = keys.into_iter().flat_map(|key| {
        let one = before.get(key).unwrap_or(&none);
        let other = after.get(key).unwrap_or(&none);
        differing(key, one, other)
    });
    each.collect()
}

/// The values under one key: one, or those of a list.
#[derive(Default, PartialEq)]
struct Leaf {
    values: Vec<String>,
    list: bool,
}

fn leaves(text: &str) -> BTreeMap<String, Leaf> {
    let mut found = BTreeMap::new();
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    walk("", &value, &mut found);
    found
}

fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, Leaf>) {
    let plain = |it: &Value| !it.is_object() && !it.is_array();
    match value {
        Value::Object(keys) => {
            for (key, value) in keys {
                let path = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                walk(&path, value, found);
            }
        }
        Value::Array(items) if items.iter().all(plain) => {
            let values = items.iter().map(text).collect();
            found.insert(path.to_owned(), Leaf { values, list: true });
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{path}[{index}]"), item, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let values = vec![text(value)];
            found.insert(
                path.to_owned(),
                Leaf {
                    values,
                    list: false,
                },
            );
        }
    }
}

fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn differing(key: &str, before: &Leaf, after: &Leaf) -> Vec<Contrast> {
    if before == after {
        return Vec::new();
    }
    let contrast = |before: Option<&String>, after: Option<&String>| Contrast {
        what: key.to_owned(),
        before: before.map(|it| shown(key, it)),
        after: after.map(|it| shown(key, it)),
    };
    if !before.list && !after.list {
        return vec![contrast(before.values.first(), after.values.first())];
    }
    let gone = without(&before.values, &after.values);
    let come = without(&after.values, &before.values);
    if gone.is_empty() && come.is_empty() {
        return vec![contrast(None, None)];
    }
    let gone = gone.into_iter().map(|it| contrast(Some(it), None));
    gone.chain(come.into_iter().map(|it| contrast(None, Some(it))))
        .collect()
}

/// The items of `all` that `others` has not, each as often as it has it less.
fn without<'a>(all: &'a [String], others: &[String]) -> Vec<&'a String> {
    let mut others: Vec<&String> = others.iter().collect();
    let mut left = Vec::new();
    for item in all {
        match others.iter().position(|it| *it == item) {
            Some(at) => drop(others.swap_remove(at)),
            None => left.push(item),
        }
    }
    left
}

fn shown(path: &str, text: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or_default();
    if smells(last) {
        return fingerprint(text);
    }
    match text.split_once('=') {
        Some((name, value)) if smells(name) => format!("{} = {}", quoted(name), fingerprint(value)),
        _ => match text.split_once("://") {
            // A login inside an address.
            Some((scheme, rest)) if rest.split('/').next().is_some_and(|it| it.contains('@')) => {
                let rest = rest.split_once('@').map_or("", |it| it.1);
                format!(
                    "{} with login {}",
                    quoted(&format!("{scheme}://{rest}")),
                    fingerprint(text)
                )
            }
            _ => quoted(text),
        },
    }
}

fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    format!("a secret ({})", &hex[..FINGERPRINT_DIGITS])
}

#[cfg(test)]
mod tests {
    use super::contrasts;
    use proptest::prelude::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        contrasts(before, after)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_kind_of_change_has_its_words() {
        let before = r#"{"image":"a:1","environment":{"TZ":"UTC"},"volumes":["/a:/a","/b:/b"],"limits":{"memory":"1g"},"service_args":["x","y"]}"#;
        let after = r#"{"image":"a:2","environment":{"LANG":"C"},"volumes":["/a:/a","/c:/c"],"port":80,"service_args":["y","x"]}"#;
        assert_eq!(
            told(before, after),
            [
                "environment.LANG gains `C`",
                "environment.TZ loses `UTC`",
                "image changes from `a:1` to `a:2`",
                "limits.memory loses `1g`",
                "port gains `80`",
                "service_args changes its order",
                "volumes loses `/b:/b`",
                "volumes gains `/c:/c`",
            ]
        );
        assert!(told(before, before).is_empty());
    }

    #[test]
    fn a_secret_is_never_shown() {
        let before = r#"{"environment":{"DB_PASSWORD":"hunter2","URL":"pg://me:hunter2@db/x"},"container_create_args":["-e","API_TOKEN=hunter2"]}"#;
        let after = before.replace("hunter2", "hunter3");
        let told = told(before, &after).join("\n");
        assert!(!told.contains("hunter"), "{told}");
        assert!(
            told.contains("environment.DB_PASSWORD changes from a secret (f52fbd32) to"),
            "{told}"
        );
        assert_eq!(told.lines().count(), 4, "{told}");
    }

    proptest! {
        #[test]
        fn nothing_differs_only_where_nothing_does(
            one in prop::collection::btree_map("[a-z]{1,2}", 0..3_u8, 0..5),
            other in prop::collection::btree_map("[a-z]{1,2}", 0..3_u8, 0..5),
        ) {
            let (a, b) = (serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
            prop_assert_eq!(contrasts(&a, &b).is_empty(), one == other);
            prop_assert_eq!(contrasts(&a, &b).len(), contrasts(&b, &a).len());
        }
    }
}
