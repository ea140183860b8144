//! What the documents name is there: files, and the commands one is told to type.

use std::{fs, path::Path};

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];
/// Rooms, words and crates it has to name; sentences are to be short.
const LONGEST_MAP: usize = 300;
const ROOMS: [&str; 4] = ["src/", "tests/", "units/", "examples/"];

#[test]
fn every_path_in_the_documents_exists() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        for word in quoted(&read(document)) {
            let is_path = ROOMS.iter().any(|it| word.starts_with(it)) && !word.contains('…');
            if is_path && !root().join(&word).exists() {
                missing.push(format!("{document}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_make_target_in_the_documents_exists() {
    let makefile = read("Makefile");
    for document in DOCUMENTS {
        let text = read(document);
        let quoted = quoted(&text);
        let targets = quoted.iter().filter_map(|it| it.strip_prefix("make "));
        for target in targets {
            let rule = format!("\n{target}:");
            assert!(makefile.contains(&rule), "{document}: make {target}");
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let map = read("ARCHITECTURE.md");
    let reasons = map
        .split("\n## ")
        .find(|it| it.starts_with("Dependencies"))
        .unwrap();
    let tables = manifest
        .split("\n[")
        .filter(|it| it.starts_with("dependencies]") || it.starts_with("dev-dependencies]"));
    for line in tables.flat_map(str::lines) {
        let Some((name, _)) = line.split_once(" = ") else {
            continue;
        };
        assert!(
            reasons.contains(name),
            "no reason for {name} in ARCHITECTURE.md"
        );
    }
}

#[test]
fn the_map_stays_short() {
    assert!(read("ARCHITECTURE.md").lines().count() <= LONGEST_MAP);
}

#[test]
fn ci_runs_what_the_readme_says() {
    assert!(read("README.md").contains("\nmake test\n"));
    assert!(read(".ci/run").contains("\nexec make test\n"));
}

/// What stands between backticks on one line.
fn quoted(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|it| !it.starts_with("```"));
    lines
        .flat_map(|it| it.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
