//! The layout is a promise; this test keeps it.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room of `src` and the rooms its files may name after `crate::`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("decide", &["model"]),
    ("host", &["model"]),
    ("say", &["model"]),
    ("shim", &["decide", "host", "model"]),
    ("alert", &["decide", "host", "model"]),
    ("place", &["decide", "host", "model"]),
    ("doctor", &["decide", "host", "model"]),
    ("install", &["decide", "host", "model"]),
    ("ingress", &["decide", "host", "model"]),
    ("look", &["decide", "host", "model"]),
    ("revise", &["decide", "host", "model"]),
    ("manager", &["decide", "host", "model"]),
    ("relay", &["decide", "host", "model"]),
    ("supervise", &["decide", "host", "model"]),
    ("volume", &["decide", "host", "model"]),
    ("cluster", &["decide", "host", "model"]),
    // A page is told to whoever asks for it, while the story goes on.
    ("web", &["decide", "host", "model", "say"]),
    (
        "cli",
        &[
            "alert",
            "cluster",
            "place",
            "shim",
            "doctor",
            "install",
            "ingress",
            "look",
            "manager",
            "relay",
            "revise",
            "supervise",
            "volume",
            "web",
            "decide",
            "host",
            "say",
            "model",
        ],
    ),
];
const LONGEST_FILE: usize = 400;
const NO_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "core", "base", "data", "info",
];

/// A source file: its room, its path below `src` and its text.
struct Source {
    room: String,
    path: PathBuf,
    text: String,
}

#[test]
fn imports_point_down() {
    assert_none(sources().iter().flat_map(wrong_imports));
}

#[test]
fn every_arrow_is_in_the_table() {
    let wrong = sources()
        .into_iter()
        .filter(|it| !["lib", "main"].contains(&it.room.as_str()))
        .filter(|it| !MAY_IMPORT.iter().any(|(room, _)| *room == it.room))
        .map(|it| format!("{}: no rule for room `{}`", it.path.display(), it.room));
    assert_none(wrong);
}

#[test]
fn files_stay_short() {
    assert_none(all_rust().into_iter().filter_map(too_long));
}

#[test]
fn every_file_opens_with_what_it_is() {
    assert_none(all_rust().into_iter().filter_map(unexplained));
}

#[test]
fn no_file_is_named_after_nothing() {
    assert_none(
        all_rust()
            .into_iter()
            .filter_map(|(path, _)| badly_named(&path)),
    );
}

#[test]
fn hands_do_not_know_each_other() {
    let hands: Vec<_> = sources()
        .into_iter()
        .filter(|it| it.room == "host")
        .collect();
    assert_none(hands.iter().flat_map(foreign_hands));
}

/// The rules themselves, each shown to bite.
#[test]
fn each_rule_has_teeth() {
    let file = |room: &str, text: &str| Source {
        room: room.into(),
        path: format!("{room}/x.rs").into(),
        text: text.into(),
    };
    assert_eq!(
        wrong_imports(&file("decide", "use crate::host::docker;")).len(),
        1
    );
    assert_eq!(
        wrong_imports(&file("model", "fn f() { crate::decide::g() }")).len(),
        1
    );
    assert_eq!(
        wrong_imports(&file("shim", "use crate::doctor::x;")).len(),
        1
    );
    assert_eq!(
        wrong_imports(&file("shim", "use crate::{decide, host};")).len(),
        1
    );
    assert_eq!(
        wrong_imports(&file("shim", "use super::super::model::x;")).len(),
        1
    );
    assert_eq!(
        wrong_imports(&file(
            "shim",
            "use crate::decide::lines;\n// crate::cli is not meant"
        ))
        .len(),
        0
    );
    let mut hand = file("host", "use crate::host::journal;");
    hand.path = "host/docker/connect.rs".into();
    assert_eq!(foreign_hands(&hand).len(), 1);
    assert!(too_long(("x.rs".into(), "\n".repeat(LONGEST_FILE + 1))).is_some());
    assert!(unexplained(("x.rs".into(), "use std::fs;\n//! late".into())).is_some());
    assert!(badly_named(Path::new("src/host/util.rs")).is_some());
    assert!(badly_named(Path::new("src/common/x.rs")).is_some());
}

fn wrong_imports(source: &Source) -> Vec<String> {
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(room, _)| *room == source.room) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for (number, line) in code_lines(&source.text) {
        let place = format!("{}:{number}", source.path.display());
        if line.contains("crate::{") || line.contains("super::super::") {
            wrong.push(format!("{place}: name the room, `use crate::room::thing`"));
        }
        for rest in line.split("crate::").skip(1) {
            let room = leading_word(rest);
            if !room.is_empty() && room != source.room && !allowed.contains(&room) {
                wrong.push(format!("{place}: {} may not import {room}", source.room));
            }
        }
    }
    wrong
}

fn foreign_hands(source: &Source) -> Vec<String> {
    let Some(own) = source.path.iter().nth(1).and_then(|it| it.to_str()) else {
        return Vec::new();
    };
    let own = own.trim_end_matches(".rs");
    code_lines(&source.text)
        .flat_map(|(number, line)| {
            line.split("crate::host::")
                .skip(1)
                .map(move |rest| (number, leading_word(rest).to_owned()))
                .collect::<Vec<_>>()
        })
        .filter(|(_, hand)| own != "mod" && hand != own)
        .map(|(number, hand)| {
            format!(
                "{}:{number}: a hand may not import {hand}",
                source.path.display()
            )
        })
        .collect()
}

fn too_long((path, text): (PathBuf, String)) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST_FILE)
        .then(|| format!("{}: {lines} lines; split it by concept", path.display()))
}

fn unexplained((path, text): (PathBuf, String)) -> Option<String> {
    let first = text.lines().next().unwrap_or_default();
    (!first.starts_with("//! "))
        .then(|| format!("{}: open with one sentence on what it is", path.display()))
}

fn badly_named(path: &Path) -> Option<String> {
    let bad = path
        .iter()
        .filter_map(|it| it.to_str())
        .map(|it| it.trim_end_matches(".rs"));
    bad.filter(|it| NO_NAMES.contains(it))
        .map(|it| format!("{}: `{it}` names nothing", path.display()))
        .next()
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.starts_with("//"))
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|it: char| !it.is_alphanumeric() && it != '_');
    &text[..end.unwrap_or(text.len())]
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    assert!(found.len() > 5, "the walk found nothing");
    found
        .into_iter()
        .map(|(path, text)| {
            let inside = path.strip_prefix("src").unwrap().to_owned();
            let room = inside.iter().next().unwrap().to_str().unwrap();
            Source {
                room: room.trim_end_matches(".rs").to_owned(),
                path: inside,
                text,
            }
        })
        .collect()
}

fn all_rust() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for dir in ["src", "tests", "benches"] {
        walk(Path::new(dir), &mut found);
    }
    found
}

fn walk(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

#[track_caller]
fn assert_none(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<_> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
