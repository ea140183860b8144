//! Those who deploy, and what befalls them: an operator killed at every step, two at once, a network cut in
//! the middle, a full disk, another host's key, an old plan, a node that is down.
//!
//! `WHARF_KILLS=all` also cuts one node off for good, which takes minutes of trying.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use bed::Ran;
use bed::fleet::Fleet;
use bed::running::Running;

const NODES: usize = 2;
const ADDRESS: &str = "10.9.0.1:80";
/// What a rollout of `file` may take by itself, and as much again for an emulated processor that is shared.
const REST: Duration = Duration::from_secs(2 * (60 + 1 + 3 + 2));
/// A node cut off for good is tried for a minute and more each way.
const CUT_FOR_GOOD: Duration = Duration::from_secs(240);
/// True on a node that has come to rest: one revision serves alone, proven or gone back to, no script runs.
const AT_REST: &str = "systemctl is-active -q app@manager && \
    ! systemctl is-active -q wharf-script-job.service && \
    test \"$(docker ps -q --filter name=^app[.] | wc -l)\" = 1 && \
    wharf node look | grep -Eq '\"verdict\":\"(proven|failed)\"' && \
    systemctl show -P StatusText app@manager | grep -q '^serving' && \
    case $(curl -sf -m 5 http://10.9.0.1/) in 1|2) ;; *) exit 1 ;; esac && \
    case $(cat /root/job) in 1|2) ;; *) exit 1 ;; esac";

/// The file of a revision; `more` are lines of the cluster's own.
fn file(revision: u32, more: &str) -> String {
    format!(
        "ssh_config: ./ssh_config\n\
         nodes: [node1, node2]\n\
         {more}\n\
         services:\n\
         \x20 - name: job\n    nodes: [node1, node2]\n    deploy: |\n      echo begins {revision}\n\
         \x20     sleep 3\n      echo {revision} >/root/job\n\
         \x20 - name: app\n    nodes: [node1, node2]\n    image: traffic:{revision}\n    port: 8080\n\
         \x20   address: {ADDRESS}\n\
         \x20   health_check: {{http: true, path: /health, interval: 1s, rise: 2}}\n\
         \x20   env_file: /etc/app.env\n\
         \x20   rollout: {{settle: 1s, min_healthy: 3s, drain_timeout: 2s, deadline: 60s}}\n"
    )
}

const WAVES: &str = "rollout: {waves: [1, 100%]}";

/// Two nodes as a file of theirs says, whatever an earlier test left; and the revision that is not there yet.
fn ready() -> (Fleet, u32) {
    let fleet = Fleet::kept(NODES, |fleet| {
        fleet.copy("target/traffic", "/root/traffic");
        fleet.copy("tests/lab/traffic-images", "/root/traffic-images");
        fleet.all(
            "ip addr add 10.9.0.1/32 dev lo; \
             echo A=1 >/etc/app.env; WITHOUT_CHECKED=1 bash /root/traffic-images /root/traffic 1 2",
        );
        fleet.write("cluster.yaml", &file(1, WAVES));
        code(&fleet.told(&["setup", "--binary", bed::WHARF]), 0);
    });
    let there = fleet.run(1, "curl -sf -m 5 http://10.9.0.1/").out;
    let there = there.trim().parse().unwrap_or(1);
    fleet.write("cluster.yaml", &file(there, WAVES));
    code(&fleet.told(&["deploy", "-y"]), 0);
    assert_eq!(answers(&fleet), [there.to_string(), there.to_string()]);
    (fleet, 3 - there)
}

/// The code it ended with is this one; returns all it said.
#[track_caller]
fn code(ran: &(Ran, Duration), expected: i32) -> String {
    let (ran, took) = ran;
    println!("--- {} after {took:?}\n{}{}", ran.code, ran.out, ran.err);
    assert_eq!(ran.code, expected, "{}{}", ran.out, ran.err);
    format!("{}{}", ran.out, ran.err)
}

#[track_caller]
fn names(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

fn answers(fleet: &Fleet) -> Vec<String> {
    let ask = "curl -sf -m 5 http://10.9.0.1/";
    (1..=NODES)
        .map(|it| fleet.ok(it, ask).trim().to_owned())
        .collect()
}

/// Nothing is left to do, and every node serves this.
#[track_caller]
fn as_the_file_says(fleet: &Fleet, revision: u32) {
    code(&fleet.told(&["plan"]), 0);
    let revision = revision.to_string();
    assert_eq!(answers(fleet), [revision.clone(), revision]);
}

/// See [`POINTS`].
type Point = (&'static str, &'static str, fn(&Value) -> bool);

/// Where an operator may be killed: its name, the service that is deployed, and the line that tells.
const POINTS: [Point; 9] = [
    ("back", "app", |it| step(it, "going back")),
    ("window", "app", |it| step(it, "its window ends")),
    ("put", "app", |it| step(it, "put ")),
    ("script", "job", |it| step(it, "begins")),
    ("plan", "job", |it| it.get("changes").is_some()),
    ("wave", "app", |it| it["event"] == "wave"),
    ("start", "app", |it| step(it, "start ")),
    ("swap", "app", |it| step(it, "to weight 1")),
    ("proven", "app", |it| step(it, "is proven")),
];

fn step(line: &Value, words: &str) -> bool {
    line["text"].as_str().is_some_and(|it| it.contains(words))
}

fn everything() -> bool {
    std::env::var("WHARF_KILLS").is_ok_and(|it| it == "all")
}

#[test]
fn an_operator_killed_at_any_step_leaves_nodes_that_finish_alone_and_a_deploy_that_continues() {
    let (fleet, next) = ready();
    // What each service is to be brought to next.
    let (mut job, mut app) = (next, next);
    for (name, service, says) in &POINTS {
        let next = if *service == "job" {
            &mut job
        } else {
            &mut app
        };
        let revision = *next;
        *next = 3 - revision;
        fleet.write("cluster.yaml", &file(revision, WAVES));
        if *name == "back" {
            fleet.ok(2, "echo ANSWER=301 >>/etc/app.env");
        }
        println!("=== killed at {name}");
        let mut running = Running::begin(&fleet, &["deploy", service, "-y", "--json"]);
        running.until(says);
        running.kill();
        let since = Instant::now();
        for node in 1..=NODES {
            fleet.until(node, REST, AT_REST);
        }
        println!("=== {name}: at rest {:?} after the kill", since.elapsed());
        fleet.ok(2, "sed -i /ANSWER/d /etc/app.env");
        code(&fleet.told(&["deploy", service, "-y"]), 0);
        println!(
            "=== {name}: as the file says {:?} after the kill",
            since.elapsed()
        );
        code(&fleet.told(&["plan", service]), 0);
        let path = match *service {
            "job" => "cat /root/job",
            _ => "curl -sf -m 5 http://10.9.0.1/",
        };
        for node in 1..=NODES {
            assert_eq!(fleet.ok(node, path).trim(), revision.to_string(), "{name}");
        }
    }
    fleet.write("cluster.yaml", &file(3 - app, WAVES));
    code(&fleet.told(&["deploy", "-y"]), 0);
    as_the_file_says(&fleet, 3 - app);
}

#[test]
fn of_two_operators_the_second_is_told_of_the_first_and_disturbs_nothing() {
    let (fleet, next) = ready();
    fleet.write("cluster.yaml", &file(next, WAVES));
    let mut first = Running::begin(&fleet, &["deploy", "-y", "--json", "-m", "the first"]);
    first.until(|it| it["event"] == "wave");
    let second = code(&fleet.told(&["deploy", "-y", "-m", "the second"]), 1);
    names(
        &second,
        &["on node1 by ", " since ", "the first", "next: wait for it"],
    );
    let held = code(&fleet.told(&["lock"]), 0);
    names(&held, &["node1", "node2", "job", "app", "the first"]);
    let first = code(&first.end(), 0);
    assert!(!first.contains("took over"), "{first}");
    assert!(!code(&fleet.told(&["lock"]), 0).contains("the first"));
    as_the_file_says(&fleet, next);
}

#[test]
fn a_node_cut_off_in_the_middle_goes_on_and_is_joined_again() {
    let (fleet, next) = ready();
    fleet.write("cluster.yaml", &file(next, WAVES));
    let mut running = Running::begin(&fleet, &["deploy", "app", "-y", "--json"]);
    running.until(|it| step(it, "start "));
    cut(&fleet, 1, 22);
    let told = code(&running.end(), 0);
    names(&told, &["node1", "not reached, trying again"]);
    code(&fleet.told(&["deploy", "-y"]), 0);
    as_the_file_says(&fleet, next);
    if everything() {
        cut_for_good(&fleet, 3 - next);
    }
}

/// Nobody gets an answer from the node's sshd for so many seconds; then it mends itself.
fn cut(fleet: &Fleet, node: usize, seconds: u32) {
    let rule = "INPUT -p tcp --dport 22 -j DROP";
    let script = format!("iptables -I {rule}; sleep {seconds}; iptables -D {rule}");
    fleet.ok(
        node,
        &format!(
            "systemd-run --quiet --collect --on-active=1 --timer-property=AccuracySec=100ms sh -c '{script}'"
        ),
    );
}

/// The verdict names the node that is lost, and the other one goes back, as the file's policy is.
fn cut_for_good(fleet: &Fleet, next: u32) {
    fleet.write("cluster.yaml", &file(next, WAVES));
    let mut running = Running::begin(fleet, &["deploy", "app", "-y", "--json"]);
    running.until(|it| it["node"] == "node2" && step(it, "start "));
    cut(fleet, 2, 600);
    let told = code(&running.end(), 1);
    names(
        &told,
        &[
            "the connection was lost",
            "the node goes on by itself",
            "put-back",
        ],
    );
    assert_eq!(
        fleet.ok(1, "curl -sf -m 5 http://10.9.0.1/").trim(),
        (3 - next).to_string()
    );
    fleet.ok(2, "iptables -D INPUT -p tcp --dport 22 -j DROP");
    fleet.until(2, CUT_FOR_GOOD, AT_REST);
    code(&fleet.told(&["deploy", "-y"]), 0);
    as_the_file_says(fleet, next);
}

#[test]
fn a_full_disk_and_another_hosts_key_are_each_told_by_name_and_nothing_changes() {
    let (fleet, next) = ready();
    let before = answers(&fleet);
    fleet.write("cluster.yaml", &file(next, WAVES));

    // A disk of its own: the box's is this machine's.
    fleet.ok(
        2,
        "set -e; mkdir /run/kept; cp -a /var/lib/wharf/. /run/kept; mount -t tmpfs -o size=2m tmpfs /var/lib/wharf; \
         cp -a /run/kept/. /var/lib/wharf; ! cat /dev/zero >/var/lib/wharf/fill 2>/dev/null",
    );
    let told = code(&fleet.told(&["deploy", "app", "-y", "--nodes", "node2"]), 1);
    assert_eq!(answers(&fleet), before);
    fleet.ok(
        2,
        "set -e; rm /var/lib/wharf/fill; cp -a /var/lib/wharf/. /run/kept; umount -l /var/lib/wharf; \
         cp -a /run/kept/. /var/lib/wharf; rm -rf /run/kept; systemctl restart app@manager",
    );
    names(
        &told,
        &[
            "node2",
            "No space left on device",
            "make room there",
            "failed",
        ],
    );
    assert!(!told.contains("stuck"), "{told}");

    let wrong = another_key(&fleet);
    fleet.write("ssh_wrong", &wrong);
    let text = file(next, WAVES).replace("./ssh_config", "./ssh_wrong");
    fleet.write("cluster.yaml", &text);
    let told = code(&by_itself(&fleet, &["deploy", "-y"]), 3);
    names(
        &told,
        &["node2", "host key", "ssh-keygen -R", "nothing was changed"],
    );
    assert_eq!(answers(&fleet), before);
}

/// The ssh configuration with which node2 has a host key that known_hosts does not know it by.
fn another_key(fleet: &Fleet) -> String {
    let key = fleet.folder().join("other");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    fleet.write("known", &format!("wharf-box {public}"));
    let known = fleet.folder().join("known");
    let text = std::fs::read_to_string(fleet.ssh_config()).unwrap();
    let (first, second) = text.split_once("Host node2").unwrap();
    let second = second.lines().map(|line| match line.trim_start() {
        it if it.starts_with("UserKnownHostsFile") => {
            format!("  UserKnownHostsFile {}\n", known.display())
        }
        _ => format!("{line}\n"),
    });
    format!("{first}Host node2{}", second.collect::<String>())
}

/// Runs wharf without the connections that earlier ones kept open.
fn by_itself(fleet: &Fleet, words: &[&str]) -> (Ran, Duration) {
    let folder = tempfile::tempdir().unwrap();
    told_with(fleet, folder.path(), words)
}

fn told_with(fleet: &Fleet, runtime: &Path, words: &[&str]) -> (Ran, Duration) {
    let since = Instant::now();
    let mut command = fleet.wharf(words);
    let output = command.env("XDG_RUNTIME_DIR", runtime).output().unwrap();
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    (ran, since.elapsed())
}

#[test]
fn old_plans_are_refused_nodes_that_are_down_wait_and_only_what_failed_is_done_again() {
    let (fleet, next) = ready();
    let skip = "rollout: {waves: [100%], offline: skip, on_failure: pause}";
    fleet.write("cluster.yaml", &file(next, skip));
    let plan = fleet.told(&["plan", "app", "--json"]).0.out;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let id = plan["id"].as_str().unwrap();

    // node2 has no sshd; a connection that stands stays.
    fleet.ok(2, "systemctl stop ssh");
    let told = by_itself(&fleet, &["deploy", "app", "-y"]);
    fleet.ok(2, "systemctl start ssh");
    names(&code(&told, 0), &["node2", "not reached"]);
    let (old, new) = ((3 - next).to_string(), next.to_string());
    assert_eq!(answers(&fleet), [new.clone(), old.clone()]);

    // node1 is not what it was when that plan was made.
    let told = code(&fleet.told(&["deploy", "app", "-y", "--plan", id]), 1);
    names(&told, &["out of date", "next: wharf plan"]);
    assert_eq!(answers(&fleet), [new.clone(), old.clone()]);

    // It fails on node2, and that is the one done again; the job waits for its own deploy.
    fleet.ok(2, "echo ANSWER=301 >>/etc/app.env");
    let told = code(&fleet.told(&["deploy", "app", "-y"]), 1);
    names(&told, &["node2", "301"]);
    assert_eq!(answers(&fleet), [new.clone(), old]);
    fleet.ok(2, "sed -i /ANSWER/d /etc/app.env");
    let told = code(&fleet.told(&["deploy", "-y", "--only-failed"]), 0);
    names(&told, &["1 change on 1 node"]);
    assert_eq!(answers(&fleet), [new.clone(), new]);
    names(&code(&fleet.told(&["plan"]), 2), &["job on node1, node2"]);
}

#[test]
fn a_user_with_sudo_deploys_and_one_without_is_told() {
    let (fleet, next) = ready();
    fleet.write("ssh_op", &bed::fleet::config("op"));
    let text = file(next, WAVES)
        .replace("./ssh_config", "./ssh_op")
        .replacen(
            "nodes: [node1, node2]",
            "nodes: {node1: op@node1, node2: op@node2}",
            1,
        );
    fleet.write("cluster.yaml", &text);
    let told = code(&fleet.told(&["deploy", "-y"]), 3);
    names(
        &told,
        &["node1", "node2", "sudo", "NOPASSWD", "nothing was changed"],
    );
    fleet.all("umask 227; echo 'op ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/op");
    code(&fleet.told(&["plan"]), 2);
    code(&fleet.told(&["deploy", "-y"]), 0);
    as_the_file_says(&fleet, next);
    fleet.all("rm /etc/sudoers.d/op");
}
