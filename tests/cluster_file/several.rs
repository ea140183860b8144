//! Several files that are one cluster, and overlays.

use wharf::decide::cluster::{Source, read};
use wharf::model::cluster::{Size, Workload};

use crate::{cluster_of, source};

fn over(name: &str, text: &str) -> Source {
    Source {
        overlay: true,
        ..source(name, text)
    }
}

#[test]
fn services_and_nodes_of_several_files_are_added() {
    let one =
        "nodes: [a]\nservices: [{name: x, nodes: [a], unit: u}]\ndoc_sites: [{name: A, url: /a}]\n";
    let two = "nodes: {b: op@b}\nservices: [{name: y, nodes: [a, b]}]\ndoc_sites: [{name: B, url: /b}]\nrollout: {waves: 3}\n";
    let cluster = cluster_of(&[source("one.yaml", one), source("two.yaml", two)], &[]);
    let ways: Vec<_> = cluster
        .nodes
        .iter()
        .map(|it| it.destination.as_str())
        .collect();
    assert_eq!(ways, ["root@a", "op@b"]);
    assert_eq!(cluster.services[1].nodes, ["a", "b"]);
    assert_eq!(cluster.doc_sites.len(), 2);
    assert_eq!(cluster.waves.sizes[0], Size::Nodes(3));
}

#[test]
fn what_two_files_say_both_is_told_with_both_places() {
    let one = "rollout: {waves: 1}\nnodes: {a: }\nservices:\n  - {name: x, nodes: [a]}\n";
    let two =
        "nodes: {a: }\n\nservices:\n  - {name: x, nodes: [a], imag: b}\nrollout: {waves: 2}\n";
    let reading = read(&[source("one.yaml", one), source("two.yaml", two)], &[]);
    let told: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "two.yaml:1:9: the key `a` stands here a second time (it stands in line 2 of one.yaml already: keep one of the two)",
            "two.yaml:4:12: `x` is on a twice (the other one stands in line 4 of one.yaml)",
            "two.yaml:4:27: unknown key `imag` (did you mean `image`?)",
            "two.yaml:5:1: the key `rollout` stands here a second time (it stands in line 1 of one.yaml already: keep one of the two)",
        ]
    );
}

const PRODUCTION: &str = "\
nodes: {a: , b: }
rollout: {waves: [1, 50%], pause: 1m}
hooks: {before: ask}
services:
  - name: web
    nodes: [a, b]
    image: nginx:1
    address: 10.9.0.1:80
    port: 80
    health_check: {http: /, interval: 5s}
    environment: {MODE: production, LEVEL: warn}
  - {name: job, nodes: [a], unit: u, deploy: d}
";

#[test]
fn an_overlay_merges_maps_finds_services_by_name_and_replaces_the_rest() {
    let staging = "\
nodes: {a: op@staging}
rollout: {waves: [100%]}
hooks:
services:
  - name: web
    nodes: [a]
    address:
    environment: {MODE: staging}
    health_check: {interval: 1s}
  - {name: extra, nodes: [a]}
";
    let sources = [
        source("c.yaml", PRODUCTION),
        over("c.staging.yaml", staging),
    ];
    let cluster = cluster_of(&sources, &[]);
    let ways: Vec<_> = cluster
        .nodes
        .iter()
        .map(|it| it.destination.as_str())
        .collect();
    assert_eq!(ways, ["op@staging", "root@b"]);
    assert_eq!(cluster.waves.sizes, [Size::Percent(100)]);
    assert_eq!(cluster.waves.pause.as_secs(), 60);
    assert_eq!(cluster.hooks.before, None);
    let names: Vec<_> = cluster.services.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["web", "job", "extra"]);
    assert_eq!(cluster.services[0].nodes, ["a"]);
    let Workload::Runner(definition) = &cluster.services[0].workload else {
        panic!("without its address it has no manager");
    };
    assert_eq!(
        definition.document,
        r#"{"environment":{"LEVEL":"warn","MODE":"staging"},"health_check":{"http":"/","interval":"1s"},"image":"nginx:1","name":"web","port":80}"#
    );
}

#[test]
fn mistakes_of_an_overlay_stand_in_the_overlay() {
    let staging = "services:\n  - name: web\n    prot: 80\n    nodes: [far]\n";
    let reading = read(
        &[source("c.yaml", PRODUCTION), over("s.yaml", staging)],
        &[],
    );
    let told: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "s.yaml:3:5: unknown key `prot` (did you mean `port`?)",
            "s.yaml:4:13: `far` is not among `nodes` (add `far:` there)",
        ]
    );
    let two = "services: [{name: a, nodes: [x]}, {name: a, nodes: [y]}]";
    let reading = read(
        &[
            source("c.yaml", two),
            over("s.yaml", "services:\n  - {name: a}"),
        ],
        &[],
    );
    assert_eq!(
        reading.mistakes[0].to_string(),
        "s.yaml:2:6: 2 services have this name (an overlay cannot tell which is meant: give them names of their own)"
    );
}

#[test]
fn an_empty_overlay_changes_nothing() {
    let alone = cluster_of(&[source("c.yaml", PRODUCTION)], &[]);
    for text in ["", "# later\n", "services:\n"] {
        let with = [source("c.yaml", PRODUCTION), over("s.yaml", text)];
        let changed = text.starts_with("services");
        assert_eq!(
            read(&with, &[]).cluster.as_ref() == Some(&alone),
            !changed,
            "{text}"
        );
    }
}
