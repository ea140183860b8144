//! The schemas know exactly the keys the readers know, and take what the readers take.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use wharf::decide::cluster::shown::shown;
use wharf::decide::{cluster, definition, schema};
use wharf::say::words::pretty;

use crate::{BOARD, OURS, example, source};

type Keys = Vec<(&'static str, Vec<&'static str>)>;

fn sorted(keys: Keys) -> BTreeMap<&'static str, Vec<&'static str>> {
    let sorted = keys.into_iter().map(|(path, mut keys)| {
        keys.sort_unstable();
        (path, keys)
    });
    sorted.collect()
}

#[test]
fn their_keys_are_the_readers() {
    let (of_clusters, of_definitions) = schema::known_keys();
    assert_eq!(sorted(of_clusters), sorted(cluster::known_keys()));
    let mut own = sorted(of_definitions);
    // Two sections of this name would be one among a schema's definitions.
    let rollout = own.remove("definition.rollout").unwrap();
    own.insert("rollout", rollout);
    // The readers' list names an order's expectations nowhere.
    assert_eq!(
        own.remove("expected").unwrap(),
        ["status", "stderr", "stdout"]
    );
    assert_eq!(own, sorted(definition::known_keys()));
}

#[test]
fn the_files_beside_the_examples_are_what_is_printed() {
    for (file, schema) in [
        (
            include_str!("../../examples/cluster.schema.json"),
            schema::cluster(),
        ),
        (
            include_str!("../../examples/service.schema.json"),
            schema::service(),
        ),
    ] {
        assert!(file == pretty(&schema), "`make schemas` writes it anew");
    }
}

/// A schema with the whole it is part of, and the value it is asked about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    schema: &'a Value,
    whole: &'a Value,
    value: &'a Value,
}

impl<'a> Asked<'a> {
    fn of(self, schema: &'a Value, value: &'a Value) -> Asked<'a> {
        Asked {
            schema,
            value,
            ..self
        }
    }

    /// What is wrong with the value, by as much of JSON Schema as ours are written in.
    fn faults(self, path: &str) -> Vec<String> {
        let Value::Object(words) = self.schema else {
            assert_eq!(self.schema, &json!(true));
            return Vec::new();
        };
        let words = words.iter();
        words
            .flat_map(|(word, said)| self.word(word, said, path))
            .collect()
    }

    fn word(self, word: &str, said: &'a Value, path: &str) -> Vec<String> {
        let fault = |wrong: bool, what: String| match wrong {
            true => vec![format!("{path}: {what}")],
            false => Vec::new(),
        };
        let (value, list) = (self.value, said.as_array());
        let mut said_list = list.into_iter().flatten();
        match word {
            "$schema" | "title" | "description" | "$defs" | "patternProperties" => Vec::new(),
            "$ref" => {
                let name = said.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                self.of(&self.whole["$defs"][name], value).faults(path)
            }
            "type" => fault(!is_type(said, value), format!("no {said}: {value}")),
            "enum" => fault(
                !said_list.any(|it| it == value),
                format!("none of {said}: {value}"),
            ),
            "anyOf" => {
                let fits = said_list.any(|it| self.of(it, value).faults(path).is_empty());
                fault(!fits, format!("nothing of {said}: {value}"))
            }
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items
                    .flat_map(|it| self.of(said, it).faults(path))
                    .collect()
            }
            "required" => {
                let missing =
                    |key: &&Value| value.is_object() && value.get(key.as_str().unwrap()).is_none();
                said_list
                    .filter(missing)
                    .map(|key| format!("{path}: no {key}"))
                    .collect()
            }
            "properties" => {
                let inner = said.as_object().unwrap().iter();
                let known = inner.filter_map(|(key, inner)| Some((key, inner, value.get(key)?)));
                known
                    .flat_map(|(key, inner, value)| {
                        self.of(inner, value).faults(&format!("{path}.{key}"))
                    })
                    .collect()
            }
            "additionalProperties" => self.others(said, path),
            other => panic!("our schemas do not use `{other}`"),
        }
    }

    /// Keys that are not among the properties.
    fn others(self, said: &'a Value, path: &str) -> Vec<String> {
        let known = |key: &str| {
            self.schema
                .get("properties")
                .is_some_and(|it| it.get(key).is_some())
        };
        let pairs = self.value.as_object().into_iter().flatten();
        let others = pairs.filter(|(key, _)| !known(key) && !key.starts_with("x-"));
        let faults = others.flat_map(|(key, inner)| match said == &json!(false) {
            true => vec![format!("{path}: unknown key {key}")],
            false => self.of(said, inner).faults(&format!("{path}.{key}")),
        });
        faults.collect()
    }
}

fn is_type(said: &Value, value: &Value) -> bool {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    said == name
        || said
            .as_array()
            .is_some_and(|it| it.iter().any(|it| it == name))
}

fn told(schema: &Value, value: &Value) -> Vec<String> {
    let whole = schema;
    Asked {
        schema,
        whole,
        value,
    }
    .faults("")
}

#[test]
fn what_the_readers_take_the_schemas_take() {
    let whole = example::whole();
    for text in [BOARD, OURS, example::EXAMPLE, whole.as_str()] {
        let value = shown(&[source("c.yaml", text)]);
        assert_eq!(told(&schema::cluster(), &value), [""; 0], "{text}");
    }
    let runner = include_str!("../../examples/crystal-docs.yaml");
    let managed = include_str!("../../examples/my-service.yaml");
    for text in [runner, managed] {
        let live: String = text
            .lines()
            .map(|it| it.replacen("#: ", "", 1) + "\n")
            .collect();
        for text in [text, live.as_str()] {
            let line = definition::canonical(text).unwrap();
            let value = serde_json::from_str(&line).unwrap();
            assert_eq!(told(&schema::service(), &value), [""; 0], "{text}");
        }
    }
}

#[test]
fn slips_are_seen() {
    let service = |rest: Value| {
        let mut service = json!({"name": "a"});
        service
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        told(
            &schema::cluster(),
            &json!({"services": [service], "anchors": 1}),
        )
    };
    assert_eq!(service(json!({"image": "nginx", "x-a": {}})), [""; 0]);
    assert_eq!(
        service(json!({"imge": "nginx"})),
        [".services: unknown key imge"]
    );
    assert_eq!(service(json!({"image": ["nginx"]})).len(), 1);
    assert_eq!(service(json!({"health_check": {"htp": "/"}})).len(), 1);
    assert_eq!(service(json!({"health_check": "ping"})).len(), 1);
    assert_eq!(service(json!({"image_push": "ftp"})).len(), 1);
    let nameless = told(&schema::cluster(), &json!({"services": [{"nodes": ["a"]}]}));
    assert_eq!(nameless, [".services: no \"name\""]);
    let node = told(&schema::cluster(), &json!({"nodes": {"a": {"shh": "b"}}}));
    assert_eq!(node.len(), 1);
}
