//! A node that goes away and comes back, seen from another host over ssh.

use std::time::Instant;

use serde_json::Value;

use super::ground::{Ground, host};
use super::sink::PATIENCE;
use super::stage::{Stage, text};

const PORT: u16 = 2291;

#[test]
fn a_node_that_does_not_answer_is_told_and_that_it_does_again() {
    let Some(ground) = Ground::up(1, PORT) else {
        return;
    };
    ground.configure("Host flaky\n  HostName 127.44.9.9\n  Port 1");
    let file = format!(
        "ssh_config: ./ssh_config\nnodes:\n  near: {}\n  flaky: flaky\nservices:\n  - name: dbus\n    nodes: [near, flaky]\n",
        host(0)
    );
    let kept = ground.path("kept");
    // What the cluster's file says holds, and not what the watching host has.
    let alerts = format!(
        "alerts:\n  cluster: shop\n  for: 1s\n  batch: 1s\n  channels: {{page: {{exec: \"cat >>{kept}; echo >>{kept}\"}}}}\n"
    );
    std::fs::write(ground.path("cluster.yaml"), file + &alerts).unwrap();
    let stage = Stage::new("cluster: elsewhere\nchannels: {page: {exec: [/bin/false]}}\n");
    let cluster = ground.path("cluster.yaml");
    let mut watch = stage.command(&["watch", "-f", &cluster, "--every", "1"]);
    let watch = watch
        .env("XDG_RUNTIME_DIR", ground.path("run"))
        .env("XDG_STATE_HOME", ground.path("state"))
        .spawn();
    let _watch = super::stage::Running(watch.unwrap());
    let told = || -> Vec<Value> {
        let kept = std::fs::read_to_string(&kept).unwrap_or_default();
        kept.lines()
            .filter_map(|it| serde_json::from_str(it).ok())
            .collect()
    };
    // Of everything in one message: a busy machine is told too.
    let title = |word: &str| {
        let start = Instant::now();
        loop {
            let all = told();
            let items = all
                .iter()
                .flat_map(|it| it["items"].as_array().unwrap().clone());
            let titles: Vec<String> = items
                .map(|it| it["title"].as_str().unwrap().to_owned())
                .collect();
            if titles.iter().any(|it| it.contains(word)) {
                return all;
            }
            assert!(start.elapsed() < PATIENCE, "{word}: {titles:?}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    let all = title("✗ flaky does not answer");
    assert!(
        all.iter()
            .all(|it| it["subject"].as_str().unwrap().starts_with("[shop] "))
    );
    assert!(
        all.iter()
            .any(|it| it["text"].as_str().unwrap().contains("refused")),
        "{all:?}"
    );
    let shown = text(&stage.run(&["list"]).stdout);
    assert!(shown.contains("flaky"), "{shown}");
    ground.configure(&format!(
        "Host flaky\n  HostName {}\n  Port {PORT}",
        host(0)
    ));
    let all = title("✓ flaky recovered after");
    let near = all.iter().any(|it| {
        it["text"]
            .as_str()
            .unwrap()
            .contains("near does not answer")
    });
    assert!(!near, "{all:?}");
}
