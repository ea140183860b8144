//! What `wharf config` shows means what the files mean.

use proptest::prelude::*;
use serde_json::{Value, json};

use wharf::decide::cluster::shown::{HIDDEN, shown};
use wharf::decide::definition::canonical;
use wharf::say::yaml::yaml;

use crate::{BOARD, OURS, cluster_of, example, given, source};

#[test]
fn read_again_it_is_the_same_cluster() {
    let whole = example::whole();
    for text in [OURS, example::EXAMPLE, whole.as_str()] {
        let index = given("services/index.yaml", "image: index\n");
        let managed = given("my-service.yaml", "image: nginx\n");
        let definitions = [index, managed];
        let before = [source("c.yaml", text)];
        let text = yaml(&shown(&before));
        let after = [source("c.yaml", &text)];
        assert_eq!(
            cluster_of(&after, &definitions),
            cluster_of(&before, &definitions),
            "{text}"
        );
    }
}

#[test]
fn the_address_of_a_chat_is_shown_up_to_its_host() {
    let text = "services: []\nalerts:\n  channels:\n    one: {webhook: 'https://hooks.example.org/T0/s3cr3t'}\n    \
        two: {webhook: {url: 'https://hooks.example.org/T0/s3cr3t', shape: slack}}\n";
    let text = yaml(&shown(&[source("c.yaml", text)]));
    assert_eq!(
        text.matches("https://hooks.example.org/***").count(),
        2,
        "{text}"
    );
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[test]
fn a_password_in_a_unit_is_hidden_and_the_rest_stands_as_it_was() {
    let before = cluster_of(&[source("c.yaml", BOARD)], &[]);
    let text = yaml(&shown(&[source("c.yaml", BOARD)]));
    assert!(text.contains("postgresql://board:***@10.116.104.22:5432/board\n"));
    assert!(!text.contains("board:board"));
    let after = cluster_of(&[source("c.yaml", &text)], &[]);
    let same = |name: &str| assert_eq!(after.service(name), before.service(name), "{text}");
    let others = ["proxy", "docker.postgres", "mongod", "sshd"];
    others.into_iter().for_each(same);
    assert_eq!(after.diagram, before.diagram);
}

/// With the letters of numbers and truth values, which is what the readers go by.
fn lettered(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(lettered).collect(),
        Value::Object(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| (key, lettered(value)));
            Value::Object(pairs.collect())
        }
        Value::Null | Value::String(_) => value,
        Value::Bool(_) | Value::Number(_) => Value::from(value.to_string()),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[ \ta\\-:#|>'\"\n\r\u{7f}\u{85}\u{2028}\u{feff}*&!%@`~{}\\[\\],?0-9.]{0,12}"
            .prop_map(Value::from),
        prop::sample::select(vec![
            "yes", "null", "0755", "1.0", "<<", "-", "=", "---", "a\nb\n", "a\n\n b"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z<~ :#-]{1,6}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_comes_back(value in value()) {
        let value = json!({"a": value});
        let text = yaml(&value);
        let back = canonical(&text).and_then(|it| serde_json::from_str(&it).ok());
        prop_assert_eq!(back.map(lettered), Some(lettered(value)), "{}", text);
    }
}

/// YAML takes none of these as they are.
#[test]
fn odd_characters_come_back_from_any_depth() {
    let value = json!({"a": [[{"~": "\u{7f}\u{85}\u{2028}\u{feff}"}], {"\u{9f}": []}]});
    let back = canonical(&yaml(&value)).and_then(|it| serde_json::from_str(&it).ok());
    assert_eq!(back, Some(value));
}

#[test]
fn hidden_is_hidden_in_lists_and_flags() {
    let text = "services:\n  - name: ab\n    image: a\n    environment: [A=1, API_TOKEN=x]\n    container_create_args: [--env, DB_PASSWORD=y]\n    secrets: {k: {exec: [pass, show, k]}}\n";
    let text = yaml(&shown(&[source("c.yaml", text)]));
    for gone in ["=x", "=y", "show"] {
        assert!(!text.contains(gone), "{text}");
    }
    assert_eq!(text.matches(HIDDEN).count(), 3, "{text}");
}
