//! Goldens, and a parser of its own to read any point back.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::line;
use crate::model::point::{Point, Value};

fn point(tags: &[(&str, &str)], fields: &[(&str, Value)]) -> Point {
    let tags = tags.iter().map(|(k, v)| ((*k).into(), (*v).into()));
    let fields = fields.iter().map(|(k, v)| ((*k).into(), v.clone()));
    Point {
        measurement: "shim".into(),
        tags: tags.collect(),
        fields: fields.collect(),
        time: Duration::from_nanos(1_700_000_000_123_456_789),
    }
}

#[test]
fn the_lines() {
    let check = |point: Point, expected: &str| {
        assert_eq!(line(&point).as_deref(), Some(expected));
    };
    check(
        point(
            &[("service", "a b,c=d"), ("empty", "")],
            &[("good", Value::Truth(true))],
        ),
        r"shim,service=a\ b\,c\=d good=true 1700000000123456789",
    );
    check(
        point(
            &[("check", "one\ntwo\\")],
            &[
                (
                    "message",
                    Value::Text("say \"no\" to C:\\\nline two".into()),
                ),
                ("n", Value::Integer(-3)),
                ("x", Value::Float(2.0)),
                ("big", Value::Float(1e300)),
            ],
        ),
        "shim,check=one\\ntwo big=1e300,message=\"say \\\"no\\\" to C:\\\\\nline two\",n=-3i,x=2.0 1700000000123456789",
    );
    let mut comment = point(&[], &[("n", Value::Integer(1))]);
    comment.measurement = "# a,b=c".into();
    check(comment, r"_\ a\,b=c n=1i 1700000000123456789");
}

#[test]
fn what_cannot_be_stored_is_no_line() {
    assert_eq!(line(&point(&[], &[])), None);
    assert_eq!(line(&point(&[], &[("x", Value::Float(f64::NAN))])), None);
    assert_eq!(line(&point(&[], &[("time", Value::Integer(1))])), None);
    assert_eq!(line(&point(&[], &[("", Value::Integer(1))])), None);
}

#[test]
fn a_text_that_is_too_long_is_cut_between_letters() {
    let long = "ä".repeat(40_000);
    let line = line(&point(&[], &[("message", Value::Text(long))])).unwrap();
    let read = parse(&line);
    let Value::Text(text) = &read.fields["message"] else {
        panic!("not a text")
    };
    assert_eq!(text.len(), super::LONGEST_TEXT + "…".len());
}

/// Reads one line as InfluxDB 1 and 2 do: a backslash escapes only a special letter after it.
fn parse(line: &str) -> Point {
    let letters: Vec<char> = line.chars().collect();
    let mut at = 0;
    let measurement = until(&letters, &mut at, &[',', ' '], ", ");
    let mut tags = BTreeMap::new();
    while letters[at] == ',' {
        at += 1;
        let key = until(&letters, &mut at, &['='], ", =");
        at += 1;
        let value = until(&letters, &mut at, &[',', ' '], ", =");
        assert!(!key.is_empty() && !value.is_empty(), "an empty tag");
        tags.insert(key, value);
    }
    let mut fields = BTreeMap::new();
    loop {
        at += 1;
        let key = until(&letters, &mut at, &['='], ", =");
        at += 1;
        let value = field(&letters, &mut at);
        fields.insert(key, value);
        if letters[at] == ' ' {
            break;
        }
        assert_eq!(letters[at], ',');
    }
    let time: String = letters[at + 1..].iter().collect();
    Point {
        measurement,
        tags,
        fields,
        time: Duration::from_nanos(time.parse().unwrap()),
    }
}

/// An equals sign is nothing special in a measurement.
fn until(letters: &[char], at: &mut usize, ends: &[char], special: &str) -> String {
    let mut out = String::new();
    loop {
        let letter = letters[*at];
        assert_ne!(letter, '\n', "a line break outside a text");
        let escaped = letter == '\\' && special.contains(letters[*at + 1]);
        if !escaped && ends.contains(&letter) {
            return out;
        }
        *at += usize::from(escaped);
        out.push(letters[*at]);
        *at += 1;
    }
}

fn field(letters: &[char], at: &mut usize) -> Value {
    if letters[*at] == '"' {
        return text(letters, at);
    }
    let plain = until(letters, at, &[',', ' '], ", =");
    match plain.as_str() {
        "true" => Value::Truth(true),
        "false" => Value::Truth(false),
        number => match number.strip_suffix('i') {
            Some(whole) => Value::Integer(whole.parse().unwrap()),
            None => Value::Float(number.parse().unwrap()),
        },
    }
}

fn text(letters: &[char], at: &mut usize) -> Value {
    let mut out = String::new();
    *at += 1;
    loop {
        match letters[*at] {
            '"' => {
                *at += 1;
                return Value::Text(out);
            }
            '\\' if matches!(letters[*at + 1], '"' | '\\') => {
                out.push(letters[*at + 1]);
                *at += 2;
            }
            letter => {
                out.push(letter);
                *at += 1;
            }
        }
    }
}

/// What a name reads back as: the documented replacements and nothing else.
fn as_written(text: &str) -> String {
    let text = text.replace("\r\n", "\\n").replace('\n', "\\n");
    text.trim_end_matches('\\').to_owned()
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[a-z ,=\\\\\"\n\r#äé🦀]{0,10}",
        any::<String>(),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>().prop_map(Value::Float),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Truth),
        "[a-z ,=\\\\\"\n\räé🦀]{0,40}".prop_map(Value::Text),
        any::<String>().prop_map(Value::Text),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_point_reads_back(
        measurement in names(),
        tags in prop::collection::btree_map(names(), names(), 0..4),
        fields in prop::collection::btree_map(names(), values(), 0..4),
        nanoseconds in 0..i64::MAX as u64,
    ) {
        let time = Duration::from_nanos(nanoseconds);
        let sent = Point { measurement, tags, fields, time };
        let kept = |key: &str| key != "time" && !as_written(key).is_empty();
        let expected_fields: BTreeMap<_, _> = sent.fields.iter()
            .filter(|(key, value)| kept(key) && !matches!(value, Value::Float(it) if !it.is_finite()))
            .map(|(key, value)| (as_written(key), value.clone()))
            .collect();
        let Some(line) = line(&sent) else {
            prop_assert!(expected_fields.is_empty() || sent.measurement.is_empty());
            return Ok(());
        };
        let read = parse(&line);
        let expected_tags: BTreeMap<_, _> = sent.tags.iter()
            .filter(|(key, value)| kept(key) && !as_written(value).is_empty())
            .map(|(key, value)| (as_written(key), as_written(value)))
            .collect();
        let measured = match sent.measurement.strip_prefix('#') {
            Some(rest) => format!("_{rest}"),
            None => sent.measurement.clone(),
        };
        prop_assert_eq!(read.measurement, as_written(&measured));
        prop_assert_eq!(read.tags, expected_tags);
        prop_assert_eq!(read.fields, expected_fields);
        prop_assert_eq!(read.time, sent.time);
    }
}
