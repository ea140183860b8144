//! Two nodes, each in a network of its own: whichever is asked, the one that has the service answers.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::gate_of;
use crate::stage::Stage;

/// Two networks with a wire between them, gone when dropped.
struct Wire {
    names: [String; 2],
}

fn ip(words: &[&str]) {
    let done = Command::new("ip").args(words).status().unwrap();
    assert!(done.success(), "ip {}", words.join(" "));
}

impl Wire {
    fn new() -> Wire {
        let of = |end: &str| format!("wi{end}{}", std::process::id());
        let wire = Wire {
            names: [of("a"), of("b")],
        };
        for name in &wire.names {
            ip(&["netns", "add", name]);
            ip(&["-n", name, "link", "set", "lo", "up"]);
        }
        let [a, b] = &wire.names;
        ip(&[
            "link", "add", a, "netns", a, "type", "veth", "peer", "name", b, "netns", b,
        ]);
        for (name, address) in [(a, "10.99.7.1/24"), (b, "10.99.7.2/24")] {
            ip(&["-n", name, "address", "add", address, "dev", name]);
            ip(&["-n", name, "link", "set", name, "up"]);
        }
        wire
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

const FILE: &str = "
nodes: {n1: root@10.99.7.1, n2: root@10.99.7.2}
services:
  - name: far
    nodes: [n2]
    unit: x
    routes: [{host: far.org, to: 8080, response_headers: {X-Seen: once}}, {tcp: 2222, to: 8080}]
  - name: both
    nodes: [n1, n2]
    unit: x
    routes: [{host: both.org, to: 8081}]
";

#[tokio::test]
async fn a_node_hands_on_what_runs_elsewhere() {
    let wire = Wire::new();
    let mut stages = [Stage::new(), Stage::new()];
    for (number, stage) in stages.iter_mut().enumerate() {
        (stage.http, stage.https, stage.peers) = (80, 443, 8480);
        stage.network = Some(wire.names[number].clone());
    }
    let [one, two] = &mut stages;
    serve(two, "8080", "far");
    serve(one, "8081", "one");
    serve(two, "8081", "two");
    one.begin(&gate_of(FILE, "n1")).await;
    two.begin(&gate_of(FILE, "n2")).await;

    for stage in [&*one, &*two] {
        let said = eventually(stage, "http://far.org/", "far");
        assert_eq!(said.matches("x-seen: once").count(), 1, "{said}");
        let there = stage
            .program("curl")
            .args(["-s", "-m", "5", "http://127.0.0.1:2222/"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&there.stdout).trim(), "far");
    }
    // What runs here is asked here, and elsewhere when it is gone here.
    eventually(one, "http://both.org/", "one");
    eventually(two, "http://both.org/", "two");
    one.let_go();
    eventually(one, "http://both.org/", "two");
    // The nodes' own port takes nobody else, not even from the same host.
    let mut stranger = two.program("curl");
    stranger.args([
        "-s",
        "-m",
        "5",
        "-H",
        "Host: far.org",
        "http://10.99.7.2:8480/",
    ]);
    let stranger = stranger.status().unwrap();
    assert!(!stranger.success());
}

fn serve(stage: &Stage, port: &str, name: &str) {
    let path = format!("{}/target/traffic", env!("CARGO_MANIFEST_DIR"));
    let mut program = stage.program(&path);
    program.args(["serve", "--port", port, "--revision", name]);
    stage.keep(
        program
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
}

/// The proxy looks every two seconds who is there.
fn eventually(stage: &Stage, url: &str, who: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let said = stage.curl(url, &[]);
        if said.starts_with("HTTP/1.1 200") && said.trim_end().ends_with(who) {
            return said;
        }
        assert!(
            Instant::now() < until,
            "{url} of {who}: {said}\n{}",
            stage.said()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
