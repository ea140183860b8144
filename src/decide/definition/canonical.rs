//! A definition's content in one form, however it was typed: what two files must share to be equal.

use serde_json::{Map, Number, Value as Json};

use super::{
    LONGEST_FILE_BYTES,
    findings::Findings,
    parse,
    tree::{Node, Value},
};

/// The key a store adds to a document.
const STORES: &str = "x-wharf";

/// Returns the content as one line of JSON with sorted keys: anchors resolved, comments, order and
/// a document's own `_id` and `_rev` gone. Read as a definition it means the same. None for a
/// text that is no map.
pub fn canonical(text: &str) -> Option<String> {
    if text.len() > LONGEST_FILE_BYTES {
        return None;
    }
    of(&parse::parse(text, &mut Findings::default())?)
}

/// The same of a tree.
pub(in crate::decide) fn of(root: &Node) -> Option<String> {
    let Json::Object(mut keys) = json(root) else {
        return None;
    };
    keys.retain(|key, _| !key.starts_with('_') && key != STORES);
    Some(Json::Object(keys).to_string())
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Empty => Json::Null,
        Value::Scalar(text) => scalar(text),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by(|one, other| one.key.cmp(&other.key));
            let pairs = pairs.iter().map(|it| (it.key.clone(), json(&it.node)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

/// Returns the values as JSON in the order they were typed in.
pub(in crate::decide) fn typed(node: &Node) -> Json {
    match &node.value {
        Value::Empty => Json::Null,
        Value::Scalar(text) => scalar(text),
        Value::List(items) => Json::Array(items.iter().map(typed).collect()),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|it| (it.key.clone(), typed(&it.node)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

/// A number or truth value only where JSON would give back the very letters that were typed.
fn scalar(text: &str) -> Json {
    match text {
        "true" => return Json::Bool(true),
        "false" => return Json::Bool(false),
        _ => {}
    }
    match text.parse::<i32>() {
        Ok(number) if number.to_string() == text => Json::Number(Number::from(number)),
        _ => Json::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use crate::decide::definition::read;
    use proptest::prelude::*;

    const EXAMPLE: &str = include_str!("../../../examples/my-service.yaml");

    #[test]
    fn comments_order_anchors_and_a_documents_own_keys_make_no_difference() {
        let yaml = "x-a: &a {B: '1', A: 0755}\n# note\nname: web\nimage: nginx\nenvironment: *a\n";
        let json = r#"{"_id":"web","_rev":"1-x","environment":{"A":"0755","B":1},
            "image":"nginx","x-a":{"A":"0755","B":1},"name":"web","x-wharf":{"who":"me"}}"#;
        assert_eq!(canonical(yaml), canonical(json));
        let other = yaml.replace("0755", "755");
        assert_ne!(canonical(yaml), canonical(&other));
    }

    #[test]
    fn a_null_is_not_the_word_and_an_empty_text_is_not_nothing() {
        let text = "image: a\nx-1: null\nx-2: 'null'\nx-3: ''\nx-4: 1.50\nx-5: yes\nx-6: -0\n";
        let expected =
            r#"{"image":"a","x-1":null,"x-2":"null","x-3":"","x-4":"1.50","x-5":"yes","x-6":"-0"}"#;
        assert_eq!(canonical(text).unwrap(), expected);
    }

    #[test]
    fn the_example_means_the_same_in_this_form() {
        let line = canonical(EXAMPLE).unwrap();
        assert_eq!(
            read(&line, "my-service").service,
            read(EXAMPLE, "my-service").service
        );
        assert!(read(EXAMPLE, "my-service").service.is_some());
    }

    #[test]
    fn what_is_no_map_has_no_content() {
        for text in ["", "nginx", "[a]", "a: [", "a: 1\n---\nb: 2\n"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_form_of_the_form_is_itself(keys in prop::collection::btree_map("[a-zA-Z]{1,8}", "\\PC{0,20}", 0..8)) {
            let text = serde_json::to_string(&keys).unwrap();
            if let Some(line) = canonical(&text) {
                prop_assert_eq!(canonical(&line), Some(line));
            }
        }
    }
}
