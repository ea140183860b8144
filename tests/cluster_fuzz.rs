//! Whatever cluster files hold: reading them ends, soon, and in words; never in a panic.
//!
//! `WHARF_FUZZ_CASES` sets how many cases each test tries.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a hang is told by the clock

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use wharf::decide::cluster::{Given, Source, join, known_keys, node_fault, read, unit_fault};
use wharf::model::cluster::{Cluster, Workload};
use wharf::model::mistake::lines;
use wharf::say::mistakes::{json_files, render_files};

const CASES: u32 = 400;
/// Longer than any case takes on a busy machine by far, shorter than a hang.
const LONGEST_CASE: Duration = Duration::from_secs(20);
const VALID: [&str; 2] = [
    include_str!("../examples/cluster.yaml"),
    include_str!("cluster_file/board.yaml"),
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

fn source(name: &str, text: &str, overlay: bool) -> Source {
    Source {
        name: name.to_owned(),
        text: text.to_owned(),
        overlay,
    }
}

/// Reads and renders, and checks what must hold of every answer.
fn endure(sources: &[Source], definition: &str) -> Option<Cluster> {
    let start = Instant::now();
    let joined = join(sources);
    let given: Vec<Given> = joined
        .referred()
        .into_iter()
        .map(|path| Given {
            path,
            text: Ok(definition.to_owned()),
        })
        .collect();
    let reading = joined.read(&given);
    assert_eq!(reading.cluster.is_none(), !reading.mistakes.is_empty());
    let mut texts: Vec<_> = sources
        .iter()
        .map(|it| (it.name.clone(), it.text.clone()))
        .collect();
    texts.extend(
        given
            .iter()
            .map(|it| (it.path.clone(), definition.to_owned())),
    );
    let ends: Vec<_> = texts.iter().map(|it| (&it.0, lines(&it.1).len())).collect();
    for it in reading.mistakes.iter().chain(&reading.notices) {
        // A definition may be called like the file itself, and then either has the line.
        let of = ends.iter().filter(|end| *end.0 == it.file);
        let most = of.map(|end| end.1).max().expect("a mistake is in a file");
        assert!(it.mistake.line <= most + 1, "{it}");
        assert!(!it.mistake.what.contains(['\n', '\0']), "{it:?}");
    }
    render_files(&texts, &reading.mistakes, true);
    json_files(&reading.notices);
    if let Some(cluster) = &reading.cluster {
        safe(cluster);
    }
    assert!(start.elapsed() < LONGEST_CASE, "{:?}", start.elapsed());
    reading.cluster
}

/// What becomes part of command lines is what it says it is.
fn safe(cluster: &Cluster) {
    for node in &cluster.nodes {
        assert_eq!(node_fault(&node.name), None);
        let bad = |it: char| {
            it.is_whitespace() || it.is_control() || "'\"`$;&|<>(){}*?!#\\~^".contains(it)
        };
        assert!(!node.destination.contains(bad), "{node:?}");
        assert!(
            !node.destination.starts_with('-') && !node.destination.contains("@-"),
            "{node:?}"
        );
    }
    for service in &cluster.services {
        assert_eq!(unit_fault(&service.name), None);
        assert!(service.nodes.iter().all(|it| cluster.node(it).is_some()));
        if let Workload::Managed(it) | Workload::Runner(it) = &service.workload {
            assert_eq!(it.service.name, service.name);
            assert!(it.document.starts_with('{') && !it.document.contains('\n'));
        }
    }
}

fn alone(text: &str) -> Option<Cluster> {
    endure(&[source("c.yaml", text, false)], "image: a")
}

/// Pieces files are made of.
fn piece() -> impl Strategy<Value = String> {
    const SIGNS: [&str; 30] = [
        ": ", ":\n", "\n", "\n  ", "\n    ", "\n  - ", "- ", "{", "}", "[", "]", ", ", "&a ", "*a",
        "<<: *a", "| ", ">-\n", "'", "\"", "\\u0000", "\t", "---\n", "~", "true", "25%", "-o",
        "../a", "ü", "\u{feff}", "\r\n",
    ];
    let known: Vec<&str> = known_keys().into_iter().flat_map(|it| it.1).collect();
    prop_oneof![
        prop::sample::select(known).prop_map(|it| format!("{it}: ")),
        prop::sample::select(&SIGNS[..]).prop_map(str::to_owned),
        "[a-z0-9=/,.:@%-]{0,8}",
    ]
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        alone(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_like_a_cluster(pieces in vec(piece(), 0..60)) {
        alone(&format!("services:\n  - name: ab\n    {}", pieces.concat()));
    }

    #[test]
    fn names_as_hostile_as_they_come(
        service in "\\PC{0,12}|[-a-z.$`;' \n@:/]{0,10}",
        node in "\\PC{0,12}|[-a-z.$`;' \n@:/]{0,10}",
        way in "\\PC{0,12}|[-a-z.$`;' @:/=]{0,16}|ssh://[-a-z@:/]{0,10}",
        script in any::<String>(),
    ) {
        let (name, node) = (quoted(&service), quoted(&node));
        let text = format!(
            "nodes: {{{node}: {}}}\nservices: [{{name: {name}, nodes: [{node}], deploy: {}}}]",
            quoted(&way), quoted(&script),
        );
        if let Some(cluster) = alone(&text)
            && let Workload::Scripted(it) = &cluster.services[0].workload
            && let Some(deploy) = &it.deploy
        {
            prop_assert_eq!(deploy, &script, "a script arrives as it was typed");
        }
    }

    #[test]
    fn a_valid_file_damaged_with_overlay_and_definition(
        which in 0..VALID.len(),
        cuts in vec((any::<prop::sample::Index>(), 0_usize..8, piece()), 1..6),
        over in vec(piece(), 0..20),
        definition in vec(piece(), 0..10),
    ) {
        let mut text: Vec<char> = VALID[which].replace("#: ", "").chars().collect();
        for (at, length, piece) in cuts {
            let from = at.index(text.len() + 1);
            let to = (from + length).min(text.len());
            text.splice(from..to, piece.chars());
        }
        let text: String = text.into_iter().collect();
        let over = format!("services:\n  - name: web\n    {}", over.concat());
        let sources = [
            source("c.yaml", &text, false),
            source("d.yaml", &over, false),
            source("c.x.yaml", &over, true),
        ];
        endure(&sources, &definition.concat());
    }
}

#[test]
fn a_nest_of_aliases_costs_nothing() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{before}]\n");
    }
    let reading = read(&[source("c.yaml", &(text + "services: []\n"), false)], &[]);
    let told = reading.mistakes[0].to_string();
    assert_eq!(
        told,
        "c.yaml:6:20: more than 500000 values, those behind aliases counted"
    );
}

#[test]
fn big_files_end_soon() {
    let most = 1 << 20;
    for unit in [
        "a: b\n",
        "[",
        "- ",
        "*a ",
        "&a ",
        "x: &a [*a]\n",
        "a:\n ",
        "services: [",
        "- name: a\n",
        "|\n",
    ] {
        alone(&unit.repeat(most / unit.len()));
        alone(&format!("services:\n{}", unit.repeat(most / unit.len())));
    }
    let script = "echo hello\n    ".repeat(most * 7 / 15);
    let text = format!("services:\n- name: ab\n  nodes: [a]\n  deploy: |\n    {script}");
    assert!(alone(&text).is_some());
}

/// `count` services on ten nodes each, half of them with definitions.
fn many(count: usize) -> String {
    let mut text = String::from("services:\n");
    for index in 0..count {
        let nodes: Vec<_> = (0..10)
            .map(|it| format!("n{}", (index + it) % 1000))
            .collect();
        let nodes = nodes.join(", ");
        text += &match index % 2 {
            0 => format!("- {{name: s{index}, nodes: [{nodes}], unit: u, deploy: d, delete: e}}\n"),
            _ => format!(
                "- {{name: s{index}, nodes: [{nodes}], image: a, port: 80, environment: {{A: b}}}}\n"
            ),
        };
    }
    text
}

fn took(text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        assert!(
            read(&[source("c.yaml", text, false)], &[])
                .cluster
                .is_some()
        );
        start.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn time_grows_with_the_number_of_services_and_no_faster() {
    let (few, all) = (took(&many(625)), took(&many(5000)));
    println!("625 services: {few:?}, 5000 services: {all:?}");
    assert!(all < LONGEST_CASE);
    // Eight times as many; a square would be sixty-four times as long.
    assert!(all < few * 24, "{few:?} became {all:?}");
}

#[test]
fn every_mistake_of_five_thousand_services_is_counted() {
    let text = many(5000).replace("port: 80", "prot: 80");
    let reading = read(&[source("c.yaml", &text, false)], &[]);
    assert_eq!(reading.mistakes.len(), 101);
    let last = reading.mistakes.last().unwrap().to_string();
    assert_eq!(last, "c.yaml:0:0: 2400 more mistakes are not listed");
}
