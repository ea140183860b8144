//! A service's document: the definition's own keys at the top, what we add to it under one key.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::model::revision::{Revision, RevisionId};
use crate::model::store::Signature;

/// Left alone by whoever reads definitions.
const OURS: &str = "x-wharf";

/// What we add to a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(super) struct Addition {
    pub(super) who: String,
    pub(super) when: String,
    pub(super) note: String,
    pub(super) image_digest: Option<String>,
    /// The revision that this one is again.
    pub(super) brings_back: Option<RevisionId>,
    /// Of the other keys: somebody who edits the document by hand leaves all this behind, and then
    /// it is about something else.
    pub(super) of: String,
}

impl Addition {
    pub(super) fn new(
        by: &Signature,
        image_digest: Option<String>,
        brings_back: Option<RevisionId>,
    ) -> Addition {
        Addition {
            who: by.who.clone(),
            when: by.when.clone(),
            note: by.note.clone(),
            image_digest,
            brings_back,
            of: String::new(),
        }
    }
}

/// Returns the definition's keys: without the database's own and ours.
pub(super) fn content(document: &Value) -> Map<String, Value> {
    let mut keys = document.as_object().cloned().unwrap_or_default();
    keys.retain(|key, _| !key.starts_with('_') && key != OURS);
    keys
}

/// Returns what we added, unless the definition was changed by hand since.
pub(super) fn addition(document: &Value) -> Option<Addition> {
    let ours: Addition = serde_json::from_value(document.get(OURS)?.clone()).ok()?;
    (ours.of == seal(&content(document))).then_some(ours)
}

/// Returns a document with these keys.
pub(super) fn compose(content: &Map<String, Value>, addition: &Addition) -> Value {
    let addition = Addition {
        of: seal(content),
        ..addition.clone()
    };
    let mut document = content.clone();
    document.insert(OURS.to_owned(), json!(addition));
    Value::Object(document)
}

/// Returns the revision a document is under this id.
pub(super) fn revision(service: &str, id: &RevisionId, document: &Value) -> Revision {
    let ours = addition(document).unwrap_or_default();
    let content = Value::Object(content(document));
    Revision {
        service: service.to_owned(),
        id: id.clone(),
        definition: format!("{content:#}\n"),
        image_digest: ours.image_digest,
        who: ours.who,
        when: ours.when,
        note: ours.note,
    }
}

/// The digest of the keys in their order by name: databases keep another one.
fn seal(content: &Map<String, Value>) -> String {
    let mut text = String::new();
    sorted(&Value::Object(content.clone()), &mut text);
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

fn sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(keys) => {
            let mut names: Vec<_> = keys.iter().collect();
            names.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in names {
                *text += &format!("{}:", Value::String(name.clone()));
                sorted(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            *text += &value.to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Value {
        let content: Value = serde_json::from_str(text).unwrap();
        let by = Signature {
            who: "me".into(),
            ..Signature::default()
        };
        compose(
            content.as_object().unwrap(),
            &Addition::new(&by, Some("sha256:ab".into()), None),
        )
    }

    #[test]
    fn what_was_added_holds_in_any_order_of_keys() {
        let mut document = made(r#"{"image":"nginx","environment":{"B":1,"A":[2,null,true]}}"#);
        let keys = document.as_object_mut().unwrap();
        keys.sort_keys();
        keys.insert("_id".into(), json!("web"));
        keys.insert("_rev".into(), json!("1-x"));
        assert_eq!(addition(&document).unwrap().who, "me");
    }

    #[test]
    fn a_change_by_hand_takes_away_what_was_said_of_it_before() {
        let mut document = made(r#"{"image":"nginx"}"#);
        document["image"] = json!("nginx:2");
        assert_eq!(addition(&document), None);
        let id = "1-0123456789abcdef0123456789abcdef".parse().unwrap();
        let revision = revision("web", &id, &document);
        assert_eq!((revision.image_digest, revision.who), (None, String::new()));
        assert!(revision.definition.contains("nginx:2") && !revision.definition.contains(OURS));
    }
}
