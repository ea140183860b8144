//! Two nodes looked at from one file: their services, their logs in the order of time, a command inside, one lost.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::time::Duration;

use serde_json::Value;

use bed::fleet::Fleet;

const FILE: &str = "ssh_config: ./ssh_config\nnodes: [node1, node2]\nservices:\n\
    \x20 - name: ssh\n    nodes: [node1, node2]\n\
    \x20 - name: ticker\n    nodes: [node1, node2]\n\
    \x20 - name: web\n    nodes: [node1, node2]\n    image: wharf-web:1\n    port: 80\n\
    \x20   health_check: {http: /, interval: 1s}\n";
const LIMIT: Duration = Duration::from_secs(30);
const UNIT: &str = "[Service]\\nExecStart=/bin/sh -c \"while sleep 0.2; do echo tick; done\"\\n\
    [Install]\\nWantedBy=multi-user.target\\n";
const DEFINITION: &str =
    "name: web\\nimage: wharf-web:1\\nport: 80\\nhealth_check: {http: /, interval: 1s}\\n";

fn ready() -> Fleet {
    let fleet = Fleet::fresh(2);
    fleet.copy(bed::WHARF, "/usr/local/bin/wharf");
    fleet.all(&format!(
        "mkdir -p /etc/wharf/services && printf '{DEFINITION}' >/etc/wharf/services/web.yaml && \
         printf '{UNIT}' >/etc/systemd/system/ticker.service && wharf install --units-only && \
         systemctl daemon-reload && systemctl enable ticker"
    ));
    std::fs::create_dir_all(fleet.folder().join("run")).unwrap();
    fleet.write("cluster.yaml", FILE);
    fleet
}

#[track_caller]
fn ok(fleet: &Fleet, words: &[&str], code: i32) -> String {
    let (ran, took) = fleet.told(words);
    println!(
        "--- {words:?} {} after {took:?}\n{}{}",
        ran.code, ran.out, ran.err
    );
    assert_eq!(ran.code, code, "{words:?}\n{}{}", ran.out, ran.err);
    ran.out
}

fn states(fleet: &Fleet) -> Vec<(String, String, String)> {
    let (ran, _) = fleet.told(&["status", "--json", "--timeout", "60"]);
    let seen: Value = serde_json::from_str(&ran.out).unwrap();
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let cells = seen["services"].as_array().unwrap().iter();
    cells
        .map(|it| (text(it, "service"), text(it, "node"), text(it, "state")))
        .collect()
}

#[test]
fn two_nodes_are_looked_at_as_one() {
    let fleet = ready();
    let state = |service: &str, state: &str| {
        let on = |node: &str| (service.to_owned(), node.to_owned(), state.to_owned());
        [on("node1"), on("node2")]
    };
    let before = [
        state("ssh", "active"),
        state("ticker", "inactive"),
        state("web", "inactive"),
    ];
    assert_eq!(states(&fleet), before.concat());
    ok(&fleet, &["start", "ticker", "web"], 0);
    let after = [
        state("ssh", "active"),
        state("ticker", "active"),
        state("web", "active"),
    ];
    assert_eq!(states(&fleet), after.concat());

    // Every line of both, in the order of their times.
    for node in 1..=2 {
        fleet.until(
            node,
            LIMIT,
            "test $(journalctl -o cat -u ticker | wc -l) -ge 20",
        );
    }
    let text = ok(&fleet, &["logs", "ticker", "--json", "-n", "40"], 0);
    let records: Vec<Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let times: Vec<u64> = records
        .iter()
        .map(|it| {
            it["__REALTIME_TIMESTAMP"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(times.len(), 40);
    assert!(times.is_sorted(), "{times:?}");
    for node in ["node1", "node2"] {
        assert!(records.iter().any(|it| it["WHARF_NODE"] == node), "{node}");
    }
    let text = ok(&fleet, &["logs", "web", "--grep", "answered 200"], 0);
    assert!(text.contains("node1 ") && text.contains("node2 "), "{text}");

    // Inside the container of one of them, and the code it ends with.
    let inside = ok(
        &fleet,
        &[
            "exec",
            "--node",
            "node2",
            "web",
            "sh",
            "-c",
            "cat /proc/1/cgroup; exit 255",
        ],
        255,
    );
    let outside = fleet.ok(2, "docker ps --no-trunc --format '{{.ID}}'");
    assert!(!inside.is_empty() && !outside.trim().is_empty());
    ok(&fleet, &["restart", "ticker"], 0);

    // One node gone: it is said, and the other one's lines are shown.
    fleet.ok(2, "systemd-run --on-active=1 systemctl stop ssh");
    std::thread::sleep(Duration::from_secs(3));
    let mut ssh = std::process::Command::new("ssh");
    let masters = fleet.folder().join("run/wharf/ssh-%C");
    ssh.arg("-F")
        .arg(fleet.ssh_config())
        .args(["-O", "exit", "-o"]);
    let closed = ssh
        .arg(format!("ControlPath={}", masters.display()))
        .arg("root@node2");
    assert!(closed.output().unwrap().status.success());
    let (ran, _) = fleet.told(&["logs", "ticker", "-n", "5"]);
    assert_eq!(
        (ran.code, ran.out.lines().count()),
        (3, 5),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.err.contains("error: node2: "), "{}", ran.err);
    ok(&fleet, &["status", "--timeout", "60"], 3);
}
