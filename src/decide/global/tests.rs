//! Files as people type them.

use super::read;
use crate::model::global::{Influx, Token};

fn influx(text: &str) -> Influx {
    let reading = read(text, "n1");
    assert_eq!(reading.mistakes, Vec::new(), "{text}");
    reading.global.influxdb.unwrap()
}

/// `line:column:width what (hint)` of each mistake.
fn check(text: &str, expected: &[&str]) {
    let reading = read(text, "n1");
    let shown: Vec<_> = reading
        .mistakes
        .iter()
        .map(|it| format!("{}+{} {it}", it.path, it.width))
        .collect();
    assert_eq!(shown, expected, "{text}");
    assert!(expected.is_empty() || reading.global.influxdb.is_none());
}

#[test]
fn defaults_are_service_runners() {
    let got = influx("influxdb:\n  token: abc==\n");
    let expected = Influx {
        token: Token::Text("abc==".into()),
        location: "http://localhost:8086/".into(),
        org: "n1".into(),
        bucket: "monitoring".into(),
    };
    assert!(got == expected);
}

#[test]
fn everything_given() {
    let got = influx(
        "x-note: mine\ninfluxdb: {token_file: /run/t, location: 'https://db', org: o, bucket: b}\n",
    );
    let expected = Influx {
        token: Token::File("/run/t".into()),
        location: "https://db/".into(),
        org: "o".into(),
        bucket: "b".into(),
    };
    assert!(got == expected);
}

/// YAML takes these for numbers and truth values; a person meant the letters.
#[test]
fn what_looks_like_a_number_stays_as_typed() {
    for token in [
        "00123",
        "1e10",
        "0x1f",
        "true",
        "12345678901234567890123",
        "1.50",
    ] {
        let got = influx(&format!("influxdb:\n  token: {token} # mine\n"));
        assert!(got.token == Token::Text(token.into()), "{token}");
    }
}

#[test]
fn nothing_is_configured_by_nothing() {
    for empty in ["", "# only words\n\n", "---\n", "{}", "x-a: [1]\n"] {
        let reading = read(empty, "n1");
        assert_eq!(
            (reading.global.influxdb, reading.mistakes),
            (None, vec![]),
            "{empty:?}"
        );
    }
}

#[test]
fn all_mistakes_at_once_with_their_places() {
    check(
        "influx:\n  token: a\ninfluxdb:\n  tokken: x\n  location: localhost:8086\n  org: [a]\n",
        &[
            "influx+6 1:1: unknown key `influx` (known here: `influxdb`, `store`)",
            "influxdb+8 3:1: `influxdb` has no token (add `token: …`, or `token_file: /path` to keep it out of this file)",
            "influxdb.tokken+6 4:3: unknown key `tokken` (known here: `token`, `token_file`, `location`, `org`, `bucket`)",
            "influxdb.location+14 5:13: `localhost:8086` is not the address of an InfluxDB (write `http://HOST:8086/` or `https://HOST/`)",
            "influxdb.org+1 6:8: `org` wants a text (write one, or leave the key out for its default)",
        ],
    );
}

#[test]
fn one_token_and_a_whole_one() {
    check(
        "influxdb:\n  token: a\n  token_file: /b\n",
        &["influxdb.token_file+10 3:3: `token` and `token_file` are both given (keep one of them)"],
    );
    check(
        "influxdb:\n  token: a b\n",
        &[
            "influxdb.token+3 2:10: a token has no blanks and no letters beyond ASCII (copy it again)",
        ],
    );
    check(
        "influxdb:\n  token_file: b\n",
        &[
            "influxdb.token_file+1 2:15: `token_file` is not an absolute path (write it from the root, as in `/etc/wharf/influxdb.token`)",
        ],
    );
}

#[test]
fn what_is_no_yaml_or_no_map_is_one_mistake() {
    for text in [
        "influxdb: {",
        "a: b: c",
        "\t- x",
        "- a\n",
        "word",
        "influxdb: 3\n",
        "influxdb: {token: a, token: b}",
    ] {
        let reading = read(text, "n1");
        assert_eq!(
            reading.mistakes.len(),
            1 + usize::from(text == "influxdb: 3\n"),
            "{text}: {:?}",
            reading.mistakes
        );
        assert!(reading.mistakes[0].line == 1, "{:?}", reading.mistakes);
    }
}

#[test]
fn a_token_never_shows() {
    let shown = format!("{:?}", read("influxdb: {token: geheim}", "n1"));
    assert!(!shown.contains("geheim"), "{shown}");
}
