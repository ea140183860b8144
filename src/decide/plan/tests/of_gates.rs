//! Nodes whose ingress is not as the file says.

use super::*;
use crate::decide::cluster::{Source, read};
use crate::decide::routes::gate::{asked, gate, hash};
use crate::model::ingress::{HeldBack, IngressStanding};

const FILE: &str = "nodes: {n1: root@10.0.0.1}
services:
  - {name: web, nodes: [n1], unit: x, routes: [{host: w.org, to: 80}, {tcp: 25, to: 25}]}
";

fn file(text: &str) -> Cluster {
    let source = Source {
        name: "c.yaml".into(),
        text: text.into(),
        overlay: false,
    };
    read(&[source], &[]).cluster.unwrap()
}

/// As a node stands that was given the routes of this file.
fn given(cluster: &Cluster) -> IngressStanding {
    let gate = gate(cluster, "n1").unwrap();
    let entrances = gate.entrances.iter();
    IngressStanding {
        wanted: Some(hash(&gate)),
        running: true,
        routes: entrances
            .map(|it| {
                (
                    it.service.clone(),
                    it.routes.iter().flat_map(asked).collect(),
                )
            })
            .collect(),
        ..IngressStanding::default()
    }
}

fn told(cluster: &Cluster, standing: Option<IngressStanding>, goal: Goal) -> Vec<String> {
    let mut facts = facts(None, None);
    facts.wharf.as_mut().unwrap().ingress = standing;
    let plan = plan(cluster, &[sight("n1", facts)], &wish(goal));
    assert_eq!(plan.gates.len(), usize::from(!plan.gates.is_empty()));
    plan.gates.into_iter().flat_map(|it| it.why).collect()
}

#[test]
fn each_way_to_differ_has_its_words() {
    let now = file(FILE);
    let of = |standing| told(&now, standing, Goal::Deploy);
    assert_eq!(of(None), ["it takes requests from now on: web"]);
    assert_eq!(of(Some(given(&now))), [""; 0]);
    let other = file(&FILE.replace("w.org", "x.org"));
    assert_eq!(
        of(Some(given(&other))),
        ["web is asked for by w.org/, tcp 25, not by x.org/, tcp 25"]
    );
    let more = "  - {name: api, nodes: [n1], unit: x, routes: [{host: a.org, to: 1}]}\n";
    let two = file(&format!("{FILE}{more}"));
    assert_eq!(of(Some(given(&two))), ["api has no routes any more"]);
    assert_eq!(
        told(&two, Some(given(&now)), Goal::Deploy),
        ["api is asked for by a.org/"]
    );
    let moved = file(&FILE.replace("to: 80", "to: 81"));
    assert_eq!(
        of(Some(given(&moved))),
        ["what is done to requests, or where they go, changes"]
    );
}

#[test]
fn what_does_not_work_is_given_again() {
    let now = file(FILE);
    let held = HeldBack {
        service: "web".into(),
        cause: "no such file".into(),
        before: false,
    };
    let bad = IngressStanding {
        running: false,
        failed: true,
        held: vec![held],
        ..given(&now)
    };
    assert_eq!(
        told(&now, Some(bad.clone()), Goal::Update),
        [
            "its proxy does not run",
            "its proxy could not take the last configuration",
            "routes of web are held back: no such file",
        ]
    );
    // Taking a service away is no time to let people in.
    assert_eq!(told(&now, Some(bad), Goal::Delete), [""; 0]);
}

#[test]
fn a_plan_with_other_routes_is_another_plan() {
    let id = |text: &str| {
        let cluster = file(text);
        plan(
            &cluster,
            &[sight("n1", facts(None, None))],
            &wish(Goal::Deploy),
        )
        .id
    };
    let more = "  - {name: api, nodes: [n1], unit: x, routes: [{host: a.org, to: 1}]}\n";
    assert_ne!(id(FILE), id(&format!("{FILE}{more}")));
    let mut bare = facts(None, None);
    bare.wharf = None;
    let plan = plan(&file(FILE), &[sight("n1", bare)], &wish(Goal::Deploy));
    assert!(
        plan.hindrances
            .iter()
            .any(|it| it.1.contains("routes need it"))
    );
}
