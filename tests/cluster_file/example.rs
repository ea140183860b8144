//! The example is the manual of the file: every key is in it, and everything in it works.

use wharf::decide::cluster::{known_keys, read};
use wharf::decide::definition;
use wharf::model::cluster::Workload;

use crate::{cluster, cluster_of, given, source};

pub(crate) const EXAMPLE: &str = include_str!("../../examples/cluster.yaml");

/// With everything behind `#:` brought to life.
pub(crate) fn whole() -> String {
    let lines = EXAMPLE.lines();
    lines.map(|it| it.replacen("#: ", "", 1) + "\n").collect()
}

#[test]
fn it_runs_as_it_stands() {
    let reading = read(&[source("cluster.yaml", EXAMPLE)], &[]);
    assert_eq!(reading.notices, []);
    let cluster = cluster(EXAMPLE);
    let names: Vec<_> = cluster.services.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["hello", "web"]);
    assert!(cluster.services.iter().all(|it| it.nodes == ["localhost"]));
    assert!(matches!(cluster.services[1].workload, Workload::Runner(_)));
}

#[test]
fn what_stands_behind_the_signs_works_and_says_what_holds_without_it() {
    let managed = include_str!("../../examples/my-service.yaml");
    let sources = [source("cluster.yaml", &whole())];
    let all = cluster_of(&sources, &[given("my-service.yaml", managed)]);
    let plain = cluster(EXAMPLE);
    assert_eq!(
        all.waves, plain.waves,
        "what is typed is what holds without it"
    );
    assert_eq!(all.nodes.len(), 3);
    assert_eq!(all.nodes[2].destination, "ssh://deploy@10.0.0.12:2222");
    assert_eq!(
        all.ingress.http, plain.ingress.http,
        "what is typed is what holds without it"
    );
    assert_eq!(all.routed.len(), 1);
    assert_eq!(all.routed[0].routes.len(), 3);
    assert_eq!(all.ingress.outside[0].routes[0].to.len(), 2);
    assert!(all.diagram.is_some() && all.hooks.failed.is_some());
    let before = all.services[1].pre_deploy.as_ref().unwrap();
    assert_eq!(before.command, ["nginx", "-t"]);
    assert!(
        matches!(&all.services[2].workload, Workload::Runner(it) if it.service.compose.is_some())
    );
    assert!(matches!(all.services[3].workload, Workload::Managed(_)));
    let mut others = 0;
    for line in EXAMPLE.lines() {
        if let Some(other) = line.strip_prefix("#| ") {
            cluster(&format!("{other}\nservices: []\n"));
            others += 1;
        } else if let Some(other) = line.trim_start().strip_prefix("#| ") {
            let nodes = "nodes: {n: {labels: {zone: a, disk: ssd}}}";
            let rest = "image: nginx";
            cluster(&format!(
                "{nodes}\nservices:\n  - name: xy\n    {rest}\n    {other}\n"
            ));
            others += 1;
        }
    }
    assert!(others > 3);
}

#[test]
fn every_key_is_explained() {
    let of_definitions: Vec<&str> = definition::known_keys()[0].1.clone();
    for (section, keys) in known_keys() {
        for key in keys {
            let elsewhere = section == "services[]" && of_definitions.contains(&key);
            assert!(
                elsewhere || EXAMPLE.contains(&format!("{key}:")),
                "`{key}` of `{section}` is not explained"
            );
        }
    }
}
