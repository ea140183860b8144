//! Three nodes from one file: a proxy on all, a service rolled in waves on all, a store on one of them; one
//! node's failure puts the others back, and clients at the entry notice nothing of any of it.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::time::Duration;

use serde_json::Value;

use bed::Ran;
use bed::fleet::Fleet;

const NODES: usize = 3;
/// Where clients come in: the proxy of their node.
const ENTRY: &str = "127.0.0.1:8000";
/// One emulated node starts a container, waits for its window and lets the old one go.
const DEPLOY: Duration = Duration::from_secs(600);
const ANSWERS: Duration = Duration::from_secs(60);

/// The file as an operator would have it; `revision` is the image's.
fn file(revision: u32) -> String {
    format!(
        "ssh_config: ./ssh_config\n\
         nodes: [node1, node2, node3]\n\
         rollout:\n  waves: [1, 100%]\n\
         x-proxy: &proxy |\n\
         \x20 cat >/etc/caddy/Caddyfile <<\"EOF\"\n\
         \x20 {{\n    admin off\n    auto_https off\n  }}\n\
         \x20 :8000 {{\n    reverse_proxy 10.9.0.1:80\n  }}\n\
         \x20 EOF\n\
         services:\n\
         \x20 - name: proxy\n    nodes: [node1, node2, node3]\n    ports: [8000]\n\
         \x20   unit: |\n      [Unit]\n      Description=The way in\n      [Service]\n\
         \x20     ExecStart=/usr/local/bin/caddy run --config /etc/caddy/Caddyfile --adapter caddyfile\n\
         \x20     [Install]\n      WantedBy=multi-user.target\n\
         \x20   deploy: *proxy\n    delete: rm -rf /etc/caddy/Caddyfile\n\
         \x20 - name: store\n    nodes: [node1]\n    image: wharf-web:1\n    port: 80\n\
         \x20   health_check: {{http: /, interval: 1s}}\n\
         \x20 - name: app\n    nodes: [node1, node2, node3]\n    image: traffic:{revision}\n    port: 8080\n\
         \x20   address: 10.9.0.1:80\n\
         \x20   health_check: {{http: true, path: /health, interval: 1s, rise: 2}}\n\
         \x20   env_file: /etc/app.env\n\
         \x20   rollout: {{settle: 1s, min_healthy: 5s, drain_timeout: 20s, deadline: 60s}}\n"
    )
}

fn ready() -> Fleet {
    let fleet = Fleet::fresh(NODES);
    fleet.copy("target/traffic", "/root/traffic");
    fleet.copy("tests/lab/traffic-images", "/root/traffic-images");
    fleet.copy("/usr/bin/caddy", "/usr/local/bin/caddy");
    fleet.all(
        "ip addr add 10.9.0.1/32 dev lo; \
         mkdir -p /etc/caddy; echo A=1 >/etc/app.env; \
         WITHOUT_CHECKED=1 bash /root/traffic-images /root/traffic 1 2 3",
    );
    fleet.write("cluster.yaml", &file(1));
    fleet
}

fn begin_load(fleet: &Fleet) {
    fleet.all(&format!(
        "rm -f /root/stop; systemd-run --quiet --collect --unit=load --property=StandardOutput=truncate:/root/load.json \
         /root/traffic load {ENTRY} --only new,ka --until-file /root/stop --json --new-rate 4 --new-clients 2 --ka-clients 2"
    ));
}

/// Ends the load and returns what failed and what was answered, over all nodes.
fn end_load(fleet: &Fleet) -> (u64, u64) {
    fleet.all("touch /root/stop");
    let mut sums = (0, 0);
    for node in 1..=NODES {
        let over = "! systemctl is-active --quiet load && test -s /root/load.json";
        fleet.until(node, ANSWERS, over);
        let told: Value = serde_json::from_str(&fleet.ok(node, "cat /root/load.json")).unwrap();
        println!(
            "node{node}: {} answered, {} failed",
            told["answered"], told["failed"]
        );
        sums.0 += told["failed"].as_u64().unwrap();
        sums.1 += told["answered"].as_u64().unwrap();
    }
    sums
}

#[track_caller]
fn code(ran: &(Ran, Duration), expected: i32) {
    let (ran, took) = ran;
    println!("--- {expected} after {took:?}\n{}{}", ran.out, ran.err);
    assert_eq!(ran.code, expected, "{}{}", ran.out, ran.err);
    assert!(*took < DEPLOY);
}

/// What each node's service answers.
fn answers(fleet: &Fleet) -> Vec<String> {
    (1..=NODES)
        .map(|it| {
            fleet
                .ok(it, "curl -sf -m 5 http://127.0.0.1:8000/")
                .trim()
                .to_owned()
        })
        .collect()
}

#[test]
fn one_file_brings_three_nodes_up_updates_them_and_puts_all_back_when_one_fails() {
    let fleet = ready();
    code(&fleet.told(&["setup", "--binary", bed::WHARF]), 0);
    code(&fleet.told(&["plan"]), 2);
    code(&fleet.told(&["deploy", "-y"]), 0);
    assert_eq!(answers(&fleet), ["1", "1", "1"]);
    assert_eq!(
        fleet.ok(1, "systemctl is-active runner@store proxy"),
        "active\nactive\n"
    );
    code(&fleet.told(&["plan"]), 0);
    code(&fleet.told(&["deploy", "-y"]), 0);

    begin_load(&fleet);
    fleet.write("cluster.yaml", &file(2));
    code(&fleet.told(&["deploy", "-y", "-m", "the second"]), 0);
    assert_eq!(answers(&fleet), ["2", "2", "2"]);

    // node3's copy of the third answers its health check with a redirect.
    fleet.ok(3, "echo ANSWER=301 >>/etc/app.env");
    fleet.write("cluster.yaml", &file(3));
    let failed = fleet.told(&["deploy", "-y"]);
    code(&failed, 1);
    let text = format!("{}{}", failed.0.out, failed.0.err);
    for part in ["node3", "301", "put back"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(answers(&fleet), ["2", "2", "2"]);
    let (failures, answered) = end_load(&fleet);
    assert_eq!(failures, 0);
    assert!(answered > 1000, "{answered}");
}
