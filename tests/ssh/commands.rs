//! wharf's own words with a cluster file, over real sshds.
#![allow(clippy::disallowed_methods)] // tests start programs and read clocks

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::ground::{Ground, host};

const PORT: u16 = 2271;

struct Cluster {
    ground: Ground,
}

impl Cluster {
    /// n1 and n2 answer, the others do not, each in its own way.
    fn up(port: u16) -> Option<Cluster> {
        let ground = Ground::up(2, port)?;
        let file = format!(
            "ssh_config: ./ssh_config\nnodes:\n  n1: {}\n  n2: {}\n  silent: silent\n  new: new\n\
             services:\n  - name: dbus\n    nodes: [n1, n2]\n  - name: far\n    nodes: [silent, new]\n",
            host(0),
            host(1)
        );
        std::fs::write(ground.path("cluster.yaml"), file).unwrap();
        Some(Cluster { ground })
    }

    fn wharf(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wharf"))
            .args(words)
            .env("WHARF_FILE", self.ground.path("cluster.yaml"))
            .env("XDG_STATE_HOME", self.ground.path("state"))
            .env("XDG_RUNTIME_DIR", self.ground.path("run"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn told(&self, words: &[&str], code: i32) -> String {
        let output = self.wharf(words);
        let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{words:?}\n{out}{err}");
        out + &err
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for number in 0..2 {
            let mut ssh = Command::new("ssh");
            let folder = self.ground.path("run/wharf/ssh-%C");
            ssh.args(["-F", &self.ground.path("ssh_config"), "-O", "exit"])
                .args(["-o", &format!("ControlPath={folder}"), &host(number)])
                .stderr(Stdio::null());
            let _ = ssh.status();
        }
    }
}

#[test]
fn one_hung_node_delays_nobody_and_each_obstacle_is_said() {
    let Some(cluster) = Cluster::up(PORT) else {
        return;
    };
    let silent = TcpListener::bind("127.44.9.7:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    cluster.ground.configure(&format!(
        "Host silent\n  HostName 127.44.9.7\n  Port {port}\n"
    ));
    let started = Instant::now();
    let seen: Value = {
        let output = cluster.wharf(&["status", "--json", "--timeout", "4"]);
        assert_eq!(output.status.code(), Some(3));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert!(started.elapsed() < Duration::from_secs(8));
    let nodes = seen["nodes"].as_array().unwrap();
    let kinds: Vec<_> = nodes
        .iter()
        .map(|it| it["unreached"]["kind"].as_str())
        .collect();
    assert_eq!(kinds, [None, None, Some("late"), Some("new-host")]);
    for node in &nodes[..2] {
        assert!(node["host"]["memory_total"].as_u64() > Some(0), "{node}");
        assert!(node["host"]["uptime"].as_f64() > Some(0.0), "{node}");
        assert!(node["took_ms"].as_u64() < Some(4000), "{node}");
    }
    assert!(
        nodes[2]["next"]
            .as_str()
            .unwrap()
            .contains("ssh -v silent true")
    );
    // The same for a person.
    let text = cluster.told(&["status", "--timeout", "2"], 3);
    assert!(text.contains("4 nodes, 2 away"), "{text}");
    assert!(text.contains("!  silent  down"), "{text}");
    // Somebody knows: shown, and no longer counted.
    let refused = cluster.told(&["ack", "silent", "down"], 2);
    assert!(refused.contains("-m"), "{refused}");
    for node in ["silent", "new"] {
        cluster.told(&["ack", node, "down", "-m", "moved out", "--for", "1h"], 0);
    }
    let text = cluster.told(&["ack"], 0);
    assert!(text.contains("moved out"), "{text}");
    let output = cluster.wharf(&["status", "far", "--timeout", "2"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("·  silent  down") && text.contains(": moved out)"),
        "{text}"
    );
    cluster.told(&["ack", "new", "down", "--remove"], 0);
    cluster.told(&["ack", "new", "down", "--remove"], 1);
    cluster.told(&["status", "far", "--timeout", "2"], 3);
}

#[test]
fn a_command_goes_to_one_node_or_to_those_a_pattern_chooses() {
    let Some(cluster) = Cluster::up(PORT + 1) else {
        return;
    };
    assert_eq!(
        cluster.told(&["ssh", "n1", "echo", "a  b", "$HOME"], 0),
        "a  b $HOME\n"
    );
    assert_eq!(cluster.told(&["ssh", "n1", "echo a; exit 7"], 7), "a\n");
    let text = cluster.told(&["ssh", "n?", "echo out; echo err >&2; exit 3"], 3);
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["n1 | err", "n1 | out", "n2 | err", "n2 | out"]);
    let text = cluster.told(&["ssh", "n*"], 2);
    assert!(text.contains("n1, n2, new are several nodes"), "{text}");
    let text = cluster.told(&["ssh", "n9"], 2);
    assert!(
        text.contains("no such node; it has n1, n2, silent, new"),
        "{text}"
    );
    // A node that is not reached is the worst there is.
    let text = cluster.told(&["ssh", "n*", "true"], 3);
    assert!(text.contains("next: ssh new true once"), "{text}");
}

#[test]
fn errands_say_what_they_could_not_do() {
    let Some(cluster) = Cluster::up(PORT + 2) else {
        return;
    };
    let text = cluster.told(&["pause", "nginx"], 2);
    assert!(text.contains("the file has no service nginx"), "{text}");
    let text = cluster.told(&["exec", "dbus", "true"], 1);
    assert!(text.contains("wharf ssh n1"), "{text}");
    let text = cluster.told(&["logs", "nginx"], 2);
    assert!(text.contains("it has dbus, far"), "{text}");
    let file = cluster.ground.path("wrong.yaml");
    std::fs::write(&file, "services:\n  - name: a\n    nodez: [n1]\n").unwrap();
    let text = cluster.told(&["status", "-f", &file], 78);
    assert!(
        text.contains("wrong.yaml:3:5") && text.contains("nodez"),
        "{text}"
    );
    let text = cluster.told(&["status", "-e", "absent"], 2);
    assert!(text.contains("cluster.absent.yaml"), "{text}");
    std::fs::write(
        cluster.ground.path("cluster.small.yaml"),
        "nodes: {n3: 127.44.0.1}\nservices:\n  - name: only\n    nodes: [n3]\n",
    )
    .unwrap();
    let text = cluster.told(&["ssh", "-e", "small", "n3", "echo laid over"], 0);
    assert_eq!(text, "laid over\n");
}
