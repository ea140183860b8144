//! Hostile words through real shells: each comes out byte for byte, and nothing is executed.
#![allow(clippy::disallowed_methods)] // a test starts shells

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use wharf::decide::shell;

const WORDS: usize = 10_000;
/// Words in one call of a shell.
const BATCH: usize = 50;
const SHELLS: [&[&str]; 4] = [&["sh"], &["bash"], &["dash"], &["busybox", "sh"]];

fn words() -> Vec<String> {
    let hostile = prop_oneof![
        "[ -~\\n\\t]{0,40}",
        "['\"\\\\$`!*?~#&|;<>(){}\\[\\] \\n=^%-]{0,30}",
        "\\PC{0,20}",
        "[\\x01-\\x1f\\x7f]{0,10}",
        prop::sample::select(vec![
            "$(touch /tmp/x)",
            "`id`",
            "'; touch x; '",
            "\\",
            "'",
            "''",
            "\"",
            "-n",
            "--",
            "~root",
            "*",
            "a\nb\n",
            "\n",
            "\r\n",
            "${IFS}",
            "$'\\n'",
            "!!",
            "#",
            "=ls",
            "{a,b}",
            "",
            " ",
        ])
        .prop_map(str::to_owned),
    ];
    let mut runner = TestRunner::deterministic();
    (0..WORDS)
        .map(|_| hostile.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Runs the text in an empty folder, which must be empty afterwards.
fn said(shell: &[&str], text: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", text])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{shell:?} {text:?}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "{text:?}"
    );
    output.stdout
}

#[test]
fn ten_thousand_hostile_words_come_out_of_every_shell_as_they_went_in() {
    let words = words();
    for shell in SHELLS {
        for batch in words.chunks(BATCH) {
            let mut line = vec!["printf", "%s\\0"];
            line.extend(batch.iter().map(String::as_str));
            let text = shell::line(&line).unwrap();
            let wanted: Vec<u8> = batch
                .iter()
                .flat_map(|it| [it.as_bytes(), b"\0"].concat())
                .collect();
            assert!(said(shell, &text) == wanted, "{shell:?}: {batch:?}");
        }
    }
}

#[test]
fn a_line_inside_a_line_inside_a_line_is_still_the_same() {
    let words = words();
    for shell in SHELLS {
        for batch in words.chunks(BATCH).take(20) {
            let mut line = vec!["printf", "%s\\0"];
            line.extend(batch.iter().map(String::as_str));
            let inner = shell::line(&line).unwrap();
            let outer = shell::line(&["sh", "-c", &inner]).unwrap();
            let wanted: Vec<u8> = batch
                .iter()
                .flat_map(|it| [it.as_bytes(), b"\0"].concat())
                .collect();
            assert!(
                said(shell, &shell::elevated(&outer).unwrap()) == wanted,
                "{shell:?}"
            );
        }
    }
}
