//! Cluster files as people have them: what they mean, and what is said when they mean nothing.

mod example;
mod mistakes;
mod routes;
mod schema;
mod several;
mod shown;

use std::time::Duration;

use wharf::decide::cluster::{Given, Reading, Source, join, read};
use wharf::model::cluster::{
    Cluster, Hooks, Offline, OnFailure, Placed, Scripts, Site, Size, Waves, Workload,
};

const BOARD: &str = include_str!("board.yaml");

/// A file of this name.
pub(crate) fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: text.to_owned(),
        overlay: false,
    }
}

pub(crate) fn given(path: &str, text: &str) -> Given {
    Given {
        path: path.to_owned(),
        text: Ok(text.to_owned()),
    }
}

#[track_caller]
pub(crate) fn cluster_of(sources: &[Source], given: &[Given]) -> Cluster {
    let reading = read(sources, given);
    let told: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told, [""; 0]);
    reading.cluster.unwrap()
}

#[track_caller]
pub(crate) fn cluster(text: &str) -> Cluster {
    cluster_of(&[source("c.yaml", text)], &[])
}

#[track_caller]
fn scripts<'a>(cluster: &'a Cluster, name: &str) -> (&'a Placed, &'a Scripts) {
    let service = cluster.service(name).unwrap();
    match &service.workload {
        Workload::Scripted(scripts) => (service, scripts),
        Workload::Managed(_) | Workload::Runner(_) => panic!("{service:?}"),
    }
}

#[test]
fn a_file_of_scs_means_what_it_meant_there() {
    let reading = read(&[source("board.yaml", BOARD)], &[]);
    assert_eq!(reading.notices, [], "not a word about a file that is good");
    let cluster = reading.cluster.unwrap();
    let nodes: Vec<_> = cluster.nodes.iter().map(|it| it.name.as_str()).collect();
    let all = ["node-one.lxd", "node-two.lxd", "node-three.lxd"];
    assert_eq!(nodes, [&all[..], &["localhost"]].concat());
    assert_eq!(cluster.nodes[0].destination, "root@node-one.lxd");
    assert_eq!(cluster.waves, Waves::default());

    let (proxy, texts) = scripts(&cluster, "proxy");
    assert_eq!(proxy.nodes, all);
    assert_eq!(proxy.links.ports, [80]);
    assert_eq!(texts.unit, None);
    let deploy = texts.deploy.as_deref().unwrap();
    assert!(deploy.contains("\n    user $2a$14$Zxcvbnmasdfghjklqwertyu\n"));
    assert!(deploy.ends_with("\nEOF\nsystemctl restart proxy\n"));
    assert_eq!(texts.delete.as_deref(), Some("systemctl stop proxy\n"));

    let (board, texts) = scripts(&cluster, "board");
    assert!(texts.unit.as_deref().unwrap().starts_with("[Unit]\n"));
    assert!(
        texts
            .deploy
            .as_deref()
            .unwrap()
            .contains("<<\"ENDOFSU\"\n  echo \"a  '$HOME' `id`\"\nENDOFSU\n")
    );
    assert_eq!(board.links.uris, ["http://%NODE_NAME%:7777/"]);
    assert_eq!(board.links.sites[0].name, "Board");

    let (_, texts) = scripts(&cluster, "mongod");
    assert_eq!(texts.unit, None, "an empty unit is none");
    assert!(texts.deploy.is_some());
    let (sshd, texts) = scripts(&cluster, "sshd");
    assert_eq!(*texts, Scripts::default());
    assert_eq!(sshd.nodes, ["node-one.lxd", "localhost"]);
    let wiki = Site {
        name: "Wiki".into(),
        url: "https://wiki.example.org/".into(),
    };
    assert_eq!(cluster.doc_sites, [wiki]);
    assert!(cluster.diagram.unwrap().starts_with("graph LR;\n"));
}

const OURS: &str = "\
nodes:
  n1:
  n2: op@10.0.0.2
  n3: {ssh: 'ssh://op@10.0.0.3:2222', labels: {zone: a, disk: ssd}}
  n4: {labels: {zone: b, disk: nvme}}
min_version: 0.1
ssh_config: ssh/config
rollout: {waves: [2, 50%], pause: 30s, on_failure: rollback-host, offline: skip}
hooks: {before: ./before.sh, after: 'echo done', failed: notify-send}
x-usual: &usual {MODE: 0755}
services:
  - name: web
    nodes: [n1, n2]
    image: nginx:1.27
    address: 10.9.0.1:80
    port: 80
    health_check: http
    environment: *usual
    rollout: {min_healthy: 3s}
    deploy_in: {waves: 1, on_failure: pause}
    pre_deploy: {command: [migrate, --all], timeout: 5m}
    image_push: ssh
    svc_uris: http://%NODE_NAME%/
  - name: cache
    nodes: {zone: a}
    image: memcached
    x-note: kept apart
  - name: index
    nodes: {zone: [a, b], disk: nvme}
    file: ./services/index.yaml
    pre_deploy: touch /ready
";

#[test]
fn ours() {
    let sources = [source("/srv/c/cluster.yaml", OURS)];
    assert_eq!(join(&sources).referred(), ["/srv/c/services/index.yaml"]);
    let index = given(
        "/srv/c/services/index.yaml",
        "image: index:3 # of its own\n",
    );
    let cluster = cluster_of(&sources, &[index]);
    let ways: Vec<_> = cluster
        .nodes
        .iter()
        .map(|it| it.destination.as_str())
        .collect();
    assert_eq!(
        ways,
        [
            "root@n1",
            "op@10.0.0.2",
            "ssh://op@10.0.0.3:2222",
            "root@n4"
        ]
    );
    assert_eq!(cluster.nodes[2].labels[1], ("disk".into(), "ssd".into()));
    assert_eq!(cluster.ssh_config.as_deref(), Some("/srv/c/ssh/config"));
    let hooks = Hooks {
        before: Some("./before.sh".into()),
        after: Some("echo done".into()),
        failed: Some("notify-send".into()),
    };
    assert_eq!(cluster.hooks, hooks);
    let waves = Waves {
        sizes: vec![Size::Nodes(2), Size::Percent(50), Size::Percent(100)],
        pause: Duration::from_secs(30),
        on_failure: OnFailure::RollbackHost,
        offline: Offline::Skip,
    };
    assert_eq!(cluster.waves, waves);

    let [web, cache, index] = &cluster.services[..] else {
        panic!("{:?}", cluster.services);
    };
    let own = Waves {
        sizes: vec![Size::Nodes(1), Size::Percent(100)],
        on_failure: OnFailure::Pause,
        ..waves
    };
    assert_eq!(web.waves, Some(own), "what is not there is the cluster's");
    let before = web.pre_deploy.as_ref().unwrap();
    assert_eq!(before.command, ["migrate", "--all"]);
    assert_eq!(before.timeout, Duration::from_secs(300));
    assert!(web.push_image && !cache.push_image);
    let Workload::Managed(definition) = &web.workload else {
        panic!("{web:?}");
    };
    assert_eq!(definition.service.container.environment["MODE"], "0755");
    assert_eq!(
        definition.document,
        r#"{"address":"10.9.0.1:80","environment":{"MODE":"0755"},"health_check":"http","image":"nginx:1.27","name":"web","port":80,"rollout":{"min_healthy":"3s"}}"#
    );
    assert_eq!(cache.nodes, ["n3"]);
    let Workload::Runner(definition) = &cache.workload else {
        panic!("{cache:?}");
    };
    assert_eq!(
        definition.document,
        r#"{"image":"memcached","name":"cache"}"#
    );
    assert_eq!(index.nodes, ["n4"]);
    let Workload::Runner(definition) = &index.workload else {
        panic!("{index:?}");
    };
    assert_eq!(definition.document, r#"{"image":"index:3","name":"index"}"#);
    let command = &index.pre_deploy.as_ref().unwrap().command;
    assert_eq!(command[2], "touch /ready");
}

#[test]
fn one_name_on_different_nodes_is_two_services() {
    let cluster = cluster(
        "services:\n  - {name: a, nodes: [n1], unit: x}\n  - {name: a, nodes: [n2], unit: y}\n",
    );
    assert_eq!(cluster.services.len(), 2);
}

#[test]
fn an_empty_list_of_services_is_told_and_good() {
    let Reading {
        cluster, notices, ..
    } = read(&[source("c.yaml", "services: []\n")], &[]);
    assert!(cluster.unwrap().services.is_empty());
    assert_eq!(
        notices[0].to_string(),
        "c.yaml:1:1: there are no services (a service is `- name: …` with its `nodes`)"
    );
}
