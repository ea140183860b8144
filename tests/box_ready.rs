//! A bare node made ready over ssh by a user with sudo, given images without a registry, drawn and pruned;
//! and an upgrade of wharf that its services do not notice.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use bed::Ran;
use bed::fleet::Fleet;

/// Images of this machine's docker, the second one layer above the first.
const IMAGES: [&str; 2] = ["wharf-ready:1", "wharf-ready:2"];
const LAYER: usize = 400_000;
const WEB: &str = "name: web\nimage: wharf-web:1\nhealth_check: {http: /, interval: 1s}\n";

#[test]
fn a_bare_node_is_made_ready_and_kept_so() {
    let fleet = Fleet::fresh(1);
    fleet.ok(1, "echo 'op ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/op");
    fleet.write("cluster.yaml", &file(IMAGES[0]));
    std::fs::write(fleet.ssh_config(), as_op()).unwrap();

    is_set_up(&fleet);
    an_upgrade_is_not_noticed(&fleet);
    images_come_without_a_registry(&fleet);
    the_diagram_tells_what_is_so(&fleet);
    what_nobody_needs_is_pruned(&fleet);
}

fn file(image: &str) -> String {
    format!(
        "ssh_config: ./ssh_config\nservices:\n\
         \x20 - name: app\n    nodes: [node1]\n    image: {image}\n    port: 80\n    address: 10.9.0.1:80\n\
         \x20   health_check: tcp\n\
         \x20 - name: web\n    nodes: [node1]\n    image: wharf-web:1\n\
         \x20   health_check: {{http: /, interval: 1s}}\n\
         mermaid_diagram: |\n  graph LR\n  a[app node1] --> w[web node1]\n  x[app nowhere]\n"
    )
}

fn as_op() -> String {
    let output = Command::new("tests/lab/box")
        .args(["config", "op"])
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[track_caller]
fn told(fleet: &Fleet, code: i32, words: &[&str]) -> Ran {
    let (ran, _) = fleet.told(words);
    assert_eq!(ran.code, code, "{words:?}: {}{}", ran.out, ran.err);
    ran
}

fn is_set_up(fleet: &Fleet) {
    let dry = told(fleet, 0, &["setup", "--dry-run"]).out;
    assert!(
        dry.contains("send wharf") && dry.contains("1 of 1 would be ready"),
        "{dry}"
    );
    assert_ne!(
        fleet.run(1, "command -v wharf").code,
        0,
        "a dry run does nothing"
    );
    let done = told(fleet, 0, &["setup", "--json"]);
    let done: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(done[0]["end"], "done", "{done}");
    assert_eq!(done[0]["steps"][1]["do"], "install", "{done}");
    let ours = format!(
        "sha256:{}",
        fleet
            .ok(1, "sha256sum </usr/local/bin/wharf | cut -c1-64")
            .trim()
    );
    let here = Command::new("sha256sum")
        .arg(env!("CARGO_BIN_EXE_wharf"))
        .output()
        .unwrap();
    let here = String::from_utf8(here.stdout).unwrap();
    assert_eq!(ours, format!("sha256:{}", &here[..64]));
    let left = fleet.ok(
        1,
        "ls -A /usr/local/bin; pgrep -c wharf || true; systemctl --failed --no-legend",
    );
    assert_eq!(left, "wharf\n0\n");
    fleet.ok(
        1,
        "systemctl cat runner@.service >/dev/null && systemctl is-enabled wharf-reap",
    );
    let again = told(fleet, 0, &["setup"]).out;
    assert!(again.contains("node1: ready, nothing to do"), "{again}");
}

/// Any other file that is a program: its digest is what counts.
fn an_upgrade_is_not_noticed(fleet: &Fleet) {
    fleet.ok(1, &format!("mkdir -p /etc/wharf/services; printf '{WEB}' >/etc/wharf/services/web.yaml; systemctl start runner@web"));
    let runs =
        "systemctl show -p MainPID -p NRestarts -p ActiveState runner@web; docker ps -q --no-trunc";
    let before = fleet.ok(1, runs);
    let other = fleet.folder().join("wharf-other");
    std::fs::copy(env!("CARGO_BIN_EXE_wharf"), &other).unwrap();
    std::fs::OpenOptions::new()
        .append(true)
        .open(&other)
        .unwrap()
        .write_all(b"other")
        .unwrap();
    let done = told(fleet, 0, &["setup", "--binary", other.to_str().unwrap()]);
    assert!(done.err.contains("in place of"), "{}", done.err);
    assert_eq!(
        fleet.ok(1, runs),
        before,
        "an upgrade touches nothing that runs"
    );
    fleet.ok(1, "systemctl reload runner@web");
    let shown = fleet.ok(1, runs);
    let container = |it: &str| it.lines().last().map(str::to_owned);
    assert_eq!(
        container(&shown),
        container(&before),
        "nor does a reload into it"
    );
    let script = fleet.folder().join("script");
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    let refused = told(fleet, 1, &["setup", "--binary", script.to_str().unwrap()]);
    assert!(
        refused.err.contains("is no program for Linux"),
        "{}",
        refused.err
    );
}

fn images_come_without_a_registry(fleet: &Fleet) {
    make_images();
    let first = push(fleet);
    assert_eq!(first["end"]["layers"], 1, "{first}");
    assert_eq!(push(fleet)["end"]["push"], "there");
    fleet.write("cluster.yaml", &file(IMAGES[1]));
    let second = push(fleet);
    assert_eq!(
        (&second["end"]["layers"], &second["end"]["of"]),
        (&1.into(), &2.into()),
        "{second}"
    );
    let bytes = second["end"]["bytes"].as_u64().unwrap() as usize;
    assert!(
        (LAYER..2 * LAYER).contains(&bytes),
        "only the missing layer goes: {second}"
    );
    let ids = "docker image inspect --format '{{.Id}}' wharf-ready:1 wharf-ready:2";
    let here = Command::new("sh").args(["-c", ids]).output().unwrap();
    assert_eq!(fleet.ok(1, ids), String::from_utf8(here.stdout).unwrap());
    fleet.ok(
        1,
        "docker tag wharf-ready:2 other:1 && docker rmi wharf-ready:2",
    );
    assert_eq!(push(fleet)["end"]["push"], "named");
    fleet.ok(1, "docker rmi other:1");
    fleet.write("cluster.yaml", &file("wharf-ready:nowhere"));
    let refused = told(fleet, 1, &["push", "app"]);
    assert!(
        refused.err.contains("has no image wharf-ready:nowhere"),
        "{}",
        refused.err
    );
}

fn push(fleet: &Fleet) -> Value {
    let ran = told(fleet, 0, &["push", "app", "--json"]);
    serde_json::from_str(&ran.out).unwrap()
}

/// One layer of nobody's content, and the same with a second one.
fn make_images() {
    let script = format!(
        "set -e; d=$(mktemp -d); trap 'rm -rf \"$d\"' EXIT; cd \"$d\"; \
         head -c {LAYER} /dev/urandom >a; tar c a | docker import -c 'CMD [\"/a\"]' - {one} >/dev/null; \
         head -c {LAYER} /dev/urandom >b; c=$(docker create {one}); docker cp b \"$c:/b\" >/dev/null; \
         docker commit \"$c\" {two} >/dev/null; docker rm \"$c\" >/dev/null",
        one = IMAGES[0],
        two = IMAGES[1]
    );
    let mut command = Command::new("sh");
    let output = command
        .args(["-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "this machine's docker is needed, DOCKER_HOST leads to it: {why}"
    );
}

fn the_diagram_tells_what_is_so(fleet: &Fleet) {
    let text = told(fleet, 0, &["diagram"]).out;
    assert!(text.ends_with("class a bad\nclass w good\n"), "{text}");
    let picture = told(fleet, 0, &["diagram", "--svg"]).out;
    assert!(picture.contains("1 good, 1 bad"), "{picture}");
    fleet.ok(1, "systemctl stop runner@web");
    assert!(
        told(fleet, 0, &["diagram"])
            .out
            .ends_with("class a bad\nclass w bad\n")
    );
}

/// Revisions of the images pushed, until none of those is kept that were made of the first.
fn what_nobody_needs_is_pruned(fleet: &Fleet) {
    fleet.ok(
        1,
        "set -e; for it in wharf-ready:1 wharf-ready:2 wharf-box:1 wharf-box:1; do n=$((n + 1)); \
         printf 'image: %s\\nport: 80\\naddress: 10.9.0.1:80\\nhealth_check: tcp\\nenvironment: {N: \"%s\"}\\nrollout: {keep: 1}\\n' \
         $it $n >/root/app.yaml; wharf put app /root/app.yaml; done; docker create --name holds wharf-ready:2 >/dev/null",
    );
    let young = told(fleet, 0, &["prune"]).out;
    assert!(
        young.contains("nothing to remove"),
        "what came within the hour stays: {young}"
    );
    let dry = told(fleet, 0, &["prune", "--older-than", "0", "--dry-run"]).out;
    assert!(
        dry.contains("wharf-ready:1") && dry.contains("1 image would go"),
        "{dry}"
    );
    let done = told(fleet, 0, &["prune", "--older-than", "0"]).out;
    assert!(done.contains("1 image removed"), "{done}");
    let left = "docker image ls --format '{{.Repository}}:{{.Tag}}' | sort | tr '\\n' ' '";
    assert_eq!(
        fleet.ok(1, left).trim(),
        "nginx:latest wharf-box:1 wharf-ready:2 wharf-web:1"
    );
    fleet.ok(1, "docker rm holds");
    let done = told(fleet, 0, &["prune", "--older-than", "0"]).out;
    assert!(
        done.contains("wharf-ready:2") && !done.contains(" 0B freed"),
        "{done}"
    );
    assert!(
        told(fleet, 0, &["prune", "--older-than", "0"])
            .out
            .contains("nothing to remove")
    );
}
