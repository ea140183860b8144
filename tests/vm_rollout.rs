//! A service with a manager, under load from first rollout to last: nothing asked of it goes unanswered.
//!
//! `WHARF_ROLLOUTS` is the number of rollouts (2, and 1 rollback; 10 of them come with 3 rollbacks).

// Tests read clocks, and this one prints what it measured.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::time::{Duration, Instant};

use serde_json::Value;

use bed::Node;

const TRAFFIC: &str = "target/traffic";
const ADDRESS: &str = "10.9.0.1:80";
/// What an emulated machine may take for one rollout, its slowest download included.
const ROLLOUT: Duration = Duration::from_secs(300);
/// A load that has been told to end waits for its last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(90);
/// Seconds of the longest download; the old revision may take longer to leave.
const DOWNLOAD: u32 = 15;
const DRAIN: u32 = 45;
/// Rollouts for one rollback.
const FOR_ONE_ROLLBACK: u32 = 3;

#[test]
fn nothing_fails_while_revisions_come_and_go() {
    let rollouts = std::env::var("WHARF_ROLLOUTS").map_or(2, |it| it.parse().unwrap());
    let rollbacks = (rollouts / FOR_ONE_ROLLBACK).max(1);
    let node = ready_node();
    node.ok("wharf put my-service /root/1.yaml -m first && systemctl start my-service@manager");
    assert_eq!(behind(&node, "TCP"), behind(&node, "UDP"));

    begin_load(&node);
    let each: Vec<_> = (0..rollouts).map(|it| roll(&node, it % 2 + 2)).collect();
    let undone: Vec<_> = (0..rollbacks).map(|_| undo(&node)).collect();
    refuse(&node);
    let told = end_load(&node);
    take_down(&node);

    report("rollout, to the old one's end", "s", each);
    report("undo, as typed, in the window", "ms", undone);
    report("swap", "ms", swaps(&node));
    print_load(&told, rollouts, rollbacks);
    assert!(lost(&told) == 0, "{told:#}{}", node.story());
    for load in ["new", "ka", "ws", "dl", "long", "udpfix", "udpfresh"] {
        assert!(told["loads"][load]["answered"].as_u64() > Some(0), "{load}");
    }
    for revision in ["1", "2", "3"] {
        assert!(told["revisions"][revision].is_object() || (revision, rollouts) == ("3", 1));
    }
}

/// Requests of every kind that were refused, cut, late or wrong, datagrams that were not answered too.
fn lost(told: &Value) -> u64 {
    let loads = told["loads"].as_object().unwrap().values();
    loads.map(|it| it["failed"].as_u64().unwrap()).sum()
}

/// A node with a service address, three images, and a definition for each.
fn ready_node() -> Node {
    assert!(
        std::path::Path::new(TRAFFIC).exists(),
        "{TRAFFIC} is missing: make traffic"
    );
    let node = Node::fresh();
    node.copy(TRAFFIC, "/root/traffic");
    node.copy("tests/lab/traffic-images", "/root/traffic-images");
    node.ok("bash /root/traffic-images /root/traffic 1 2 3");
    node.ok("ip link add wharf0 type dummy && ip link set wharf0 up && ip addr add 10.9.0.1/32 dev wharf0");
    for revision in 1..=3 {
        node.write(&format!("/root/{revision}.yaml"), &definition(revision, ""));
    }
    // What a redirect to https looks like to a health check.
    let bad = definition(3, "environment:\n  ANSWER: \"301\"\n") + "  deadline: 60s\n";
    node.write("/root/bad.yaml", &bad);
    node
}

fn definition(revision: u32, more: &str) -> String {
    format!(
        "name: my-service\nimage: traffic:{revision}\nport: 8080\n{more}\
         address: [{ADDRESS}, {ADDRESS}/udp]\n\
         health_check:\n  http: true\n  path: /health\n  interval: 1\n  rise: 2\n\
         balancer: ipvs\nrollout:\n  drain_timeout: {DRAIN}s\n"
    )
}

/// Six loads at once, until there is a file.
fn begin_load(node: &Node) {
    node.ok(&format!(
        "systemd-run --quiet --unit=load --property=StandardOutput=file:/root/load.json \
         /root/traffic load {ADDRESS} --until-file /root/stop --json --new-rate 4 --new-clients 2 \
         --ka-clients 4 --ws-clients 4 --long-seconds {DOWNLOAD}"
    ));
    std::thread::sleep(Duration::from_secs(2));
}

fn end_load(node: &Node) -> Value {
    node.ok("touch /root/stop");
    let over = "! systemctl is-active --quiet load && test -s /root/load.json";
    node.until(LAST_ANSWERS, over);
    serde_json::from_str(&node.ok("cat /root/load.json")).unwrap()
}

/// Puts this one's definition and rolls it; returns the seconds until the old one was gone.
fn roll(node: &Node, revision: u32) -> f64 {
    node.ok(&format!(
        "wharf put my-service /root/{revision}.yaml -m again --no-reload"
    ));
    let since = Instant::now();
    let ran = node.run_long("wharf roll my-service --follow 2>&1", ROLLOUT);
    assert_eq!(ran.code, 0, "{}", node.story());
    for step in ["at weight 0", "swap: ", "probe ", "is proven", "serving "] {
        assert!(ran.out.contains(step), "{step}\n{}", ran.out);
    }
    assert_eq!(behind(node, "TCP").len(), 1);
    assert_eq!(behind(node, "TCP"), behind(node, "UDP"));
    since.elapsed().as_secs_f64()
}

/// Rolls the first revision and takes it back inside its window, while the one before it is warm.
/// Returns the milliseconds from the command typed to the weights read back.
fn undo(node: &Node) -> f64 {
    let before = behind(node, "TCP");
    let told = node.ok(
        "set -e; rev=$(wharf put my-service /root/1.yaml -m doubtful --no-reload); \
         wharf roll my-service >/dev/null; \
         until [ -n \"$(journalctl -q -o cat WHARF_EVENT=swapped WHARF_REVISION=$rev)\" ]; do sleep 0.3; done; \
         since=${EPOCHREALTIME/./}; \
         old=$(wharf rollback my-service 2>/dev/null); \
         until [ -n \"$(journalctl -q -o cat WHARF_EVENT=swapped WHARF_REVISION=$old --since=@${since%??????})\" ]; do sleep 0.3; done; \
         echo $since $(journalctl -q -o json WHARF_EVENT=swapped WHARF_REVISION=$old | tail -n1 | jq -r ._SOURCE_REALTIME_TIMESTAMP)",
    );
    println!("undone: {}", told.trim());
    let times: Vec<u64> = told
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    node.ok("wharf roll my-service --follow --timeout 300");
    assert_eq!(behind(node, "TCP"), before, "the old one was warm");
    #[expect(
        clippy::cast_precision_loss,
        reason = "a few seconds in microseconds are exact"
    )]
    let took = (times[1] - times[0]) as f64 / 1000.0;
    took
}

/// A revision whose health check is redirected is refused, and the one that serves is as it was.
fn refuse(node: &Node) {
    let behind_before = behind(node, "TCP");
    let containers = node.ok("docker ps -aq --no-trunc");
    node.ok("wharf put my-service /root/bad.yaml -m 'a redirect' --no-reload");
    let ran = node.run_long("wharf roll my-service --follow 2>&1", ROLLOUT);
    assert_eq!(ran.code, 1, "{}{}", ran.out, node.story());
    for part in ["was given up", "301", "cause", "redirect", "next"] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    assert_eq!(behind(node, "TCP"), behind_before);
    assert_eq!(node.ok("docker ps -aq --no-trunc"), containers);
}

fn take_down(node: &Node) {
    node.ok("systemctl stop my-service@manager");
    let left = node.ok(
        "ipvsadm -Ln | grep -E '^(TCP|UDP)|->  *[0-9]'; docker ps -aq; \
         systemctl list-units --no-legend --plain --all --state=active,failed 'my-service@*'; true",
    );
    assert_eq!(left, "");
}

/// The real servers behind the service address, with their weights.
fn behind(node: &Node, protocol: &str) -> Vec<String> {
    let line = format!(
        "ipvsadm -Ln | awk '/^(TCP|UDP) / {{on = $1 == \"{protocol}\" && $2 == \"{ADDRESS}\"}} \
         on && $1 == \"->\" {{print $2, $4}}'"
    );
    node.ok(&line).lines().map(str::to_owned).collect()
}

/// Milliseconds of each swap of two revisions, as the manager measured it.
fn swaps(node: &Node) -> Vec<f64> {
    let line = "journalctl -q -o cat WHARF_SERVICE=my-service WHARF_EVENT=swapped | \
        jq -r 'select(.message | startswith(\"swap: \")) | .data.took_us'";
    let told = node.ok(line);
    told.lines()
        .map(|it| it.parse::<f64>().unwrap() / 1000.0)
        .collect()
}

fn report(what: &str, unit: &str, mut figures: Vec<f64>) {
    figures.sort_by(f64::total_cmp);
    println!(
        "{what}: {} times, median {:.1} {unit}, longest {:.1} {unit}",
        figures.len(),
        figures[figures.len() / 2],
        figures[figures.len() - 1]
    );
}

fn print_load(told: &Value, rollouts: u32, rollbacks: u32) {
    println!(
        "{rollouts} rollouts, {rollbacks} rollbacks, 1 refused: {} answered, {} failed",
        told["answered"], told["failed"]
    );
    for (name, it) in told["loads"].as_object().unwrap() {
        println!(
            "  {name}: {} answered, {} failed, p99 {} ms, longest {} ms",
            it["answered"], it["failed"], it["p99_ms"], it["max_ms"]
        );
    }
}
