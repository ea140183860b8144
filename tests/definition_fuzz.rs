//! Whatever a file holds: reading it ends, soon, and in words; never in a panic.
//!
//! `WHARF_FUZZ_CASES` sets how many cases each test tries.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use wharf::decide::create_args;
use wharf::decide::definition::{known_keys, read};
use wharf::model::mistake::lines;
use wharf::say::mistakes::{json, render, render_notices};

const CASES: u32 = 400;
/// Longer than any case takes on a busy machine by far, shorter than a hang.
const LONGEST_CASE: Duration = Duration::from_secs(10);
const VALID: [&str; 2] = [
    include_str!("../examples/crystal-docs.yaml"),
    r#"{"_id": "my-service", "port": 80, "health_check": "http", "environment": {"THING": "\u00e9"},
 "volumes": ["/some-mount:/some-mount:ro"], "image": "nginx:latest"}"#,
];

fn config() -> Config {
    let cases = std::env::var("WHARF_FUZZ_CASES").ok();
    let cases = cases.and_then(|it| it.parse().ok()).unwrap_or(CASES);
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Reads and renders a text, and checks what must hold of every answer.
#[allow(clippy::disallowed_methods, reason = "a hang is told by the clock")]
fn endure(text: &str) {
    let start = Instant::now();
    let reading = read(text, "web.yaml");
    assert_eq!(reading.service.is_none(), !reading.mistakes.is_empty());
    let lines = lines(text).len();
    for mistake in reading.mistakes.iter().chain(&reading.notices) {
        assert!(mistake.line <= lines + 1, "{mistake}");
        assert!(!mistake.what.contains(['\n', '\0']), "{mistake:?}");
    }
    render("web.yaml", text, &reading.mistakes, true);
    render_notices("web.yaml", text, &reading.notices, false);
    json(&reading.mistakes);
    assert!(start.elapsed() < LONGEST_CASE, "{:?}", start.elapsed());
}

fn known_words() -> Vec<String> {
    let keys = known_keys().into_iter().flat_map(|(_, keys)| keys);
    keys.map(str::to_owned).collect()
}

/// Pieces files are made of.
fn piece() -> impl Strategy<Value = String> {
    const SIGNS: [&str; 40] = [
        ": ",
        ":\n",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "&a ",
        "*a",
        "<<: *a",
        "<<: [*a, *a]",
        "? ",
        "| ",
        ">-\n",
        "#",
        "'",
        "\"",
        "\\u0000",
        "\t",
        "!!str ",
        "!x ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "~",
        "null",
        "true",
        "0",
        "-1",
        "99999999999999999999",
        "1m30s",
        "/a:/b",
        "tcp",
        "ü",
        "\u{feff}",
        "\r\n",
    ];
    prop_oneof![
        prop::sample::select(known_words()).prop_map(|it| it + ": "),
        prop::sample::select(&SIGNS[..]).prop_map(str::to_owned),
        "[a-z0-9=/,.:-]{0,8}",
    ]
}

fn flag() -> impl Strategy<Value = String> {
    let known = prop::sample::select(create_args::known_flags());
    prop_oneof![
        known.clone().prop_map(|it| format!("--{it}")),
        (known, "[-a-z0-9=/,.:\\[\\]]{0,12}").prop_map(|(flag, value)| format!("--{flag}={value}")),
        "-[a-zA-Z]{1,3}[=:0-9/a-z]{0,6}",
        "[-a-z0-9=/,.:\\[\\]]{0,16}",
        ".{0,12}",
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        endure(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_like_yaml(pieces in vec(piece(), 0..60)) {
        endure(&pieces.concat());
    }

    #[test]
    fn a_service_with_odd_values(pieces in vec(piece(), 0..30)) {
        endure(&format!("image: a\n{}", pieces.concat()));
    }

    #[test]
    fn a_valid_file_damaged(
        which in 0..VALID.len(),
        cuts in vec((any::<prop::sample::Index>(), 0_usize..8, piece()), 1..6),
    ) {
        let mut text: Vec<char> = VALID[which].replace("#: ", "").chars().collect();
        for (at, length, piece) in cuts {
            let from = at.index(text.len() + 1);
            let to = (from + length).min(text.len());
            text.splice(from..to, piece.chars());
        }
        endure(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_flags(args in vec(flag(), 0..12)) {
        let parsed = create_args::read(&args);
        for remark in parsed.mistakes.iter().chain(&parsed.notices) {
            prop_assert!(remark.index < args.len());
        }
    }
}

/// Found by these tests: a lone carriage return ends a line for the parser.
#[test]
fn places_stay_inside_the_file() {
    endure(" \r\r\0");
    assert_eq!(
        read("image: a\rb: c\r\n\rd: e", "web.yaml").mistakes[1].line,
        4
    );
}

/// Sizes at the edge, where cost would show.
#[test]
fn big_files_end_soon() {
    let most = (1 << 20) - 100;
    for (unit, times) in [
        ("a", most),
        ("a: b\n", most / 5),
        ("[", most),
        ("{", most),
        ("- ", most / 2),
        ("a,", most / 2),
        ("\"", most),
        ("*a ", most / 3),
        ("&a ", most / 3),
        ("? ", most / 2),
        ("'\n", most / 2),
        ("{a: [", most / 5),
        ("x: &a [*a]\n", most / 11),
        ("\u{fffd}", most / 3),
        ("a\t", most / 2),
        ("a:\n ", most / 4),
        ("#\n", most / 2),
        ("!", most),
        ("%", most),
        ("|\n", most / 2),
    ] {
        endure(&unit.repeat(times));
        endure(&format!("image: a\nx: {}", unit.repeat(times)));
        endure(&format!("image: [{}", unit.repeat(times)));
    }
}
