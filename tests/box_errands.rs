//! What an operator says of a service to all its nodes: images sent, a job before, back, on, away; and at a terminal.

// Tests start programs, read clocks and print what was said.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::process::{Command, Stdio};
use std::time::Duration;

use bed::fleet::Fleet;
use bed::running::Running;

const NODES: usize = 2;
const REST: Duration = Duration::from_secs(30);
/// Images of this machine's docker, which no node can fetch from anywhere.
const MAKE: &str = "set -e; for n in 1 2; do c=$(docker create wharf-web:1); f=$(mktemp); echo $n >$f; chmod 644 $f; \
    docker cp $f $c:/usr/share/nginx/html/index.html >/dev/null; docker commit $c wharf-errand:$n >/dev/null; \
    docker rm $c >/dev/null; rm $f; done";

fn file(revision: u32) -> String {
    format!(
        "ssh_config: ./ssh_config\nnodes: [node1, node2]\n\
         services:\n\
         \x20 - name: job\n    nodes: [node1, node2]\n\
         \x20   deploy: |\n      echo set up >>/root/job; sleep 1\n\
         \x20   delete: echo taken away >>/root/job\n\
         \x20 - name: app\n    nodes: [node1, node2]\n    image: wharf-errand:{revision}\n    port: 80\n\
         \x20   address: 10.9.0.1:80\n    environment: {{MODE: careful}}\n\
         \x20   image_push: ssh\n\
         \x20   health_check: {{http: /, interval: 500ms}}\n\
         \x20   pre_deploy: [sh, -c, 'echo \"$MODE with $(cat /usr/share/nginx/html/index.html)\"']\n\
         \x20   rollout: {{settle: 500ms, min_healthy: 2s, drain_timeout: 1s, deadline: 30s}}\n"
    )
}

#[test]
fn what_is_said_of_a_service_is_done_on_all_its_nodes() {
    let fleet = ready();
    let first = told(&fleet, 0, &["deploy", "-y"]);
    assert_eq!(first.matches("careful with 1").count(), 1, "{first}");
    assert_eq!(answers(&fleet), ["1", "1"]);

    fleet.write("cluster.yaml", &file(2));
    let second = told(&fleet, 0, &["deploy", "app", "-y", "-m", "the second"]);
    assert_eq!(second.matches("careful with 2").count(), 1, "{second}");
    assert_eq!(answers(&fleet), ["2", "2"]);

    let differs = told(&fleet, 1, &["diff", "app", "1", "2"]);
    for part in ["node1", "node2", "wharf-errand:1", "wharf-errand:2"] {
        assert!(differs.contains(part), "{part}\n{differs}");
    }
    let past = told(&fleet, 0, &["history", "app"]);
    assert!(past.contains("proven"), "{past}");

    told(&fleet, 0, &["rollback", "app", "-m", "the first was fine"]);
    until_all_answer(&fleet, "1");
    let differs = told(&fleet, 2, &["plan", "app"]);
    assert!(differs.contains("2 changes"), "{differs}");
    told(&fleet, 0, &["rollback", "app", "2"]);
    until_all_answer(&fleet, "2");
    told(&fleet, 0, &["plan", "app"]);

    a_pause_holds_what_is_not_proven(&fleet);
    scripts_are_taken_away_and_set_up_anew(&fleet);
    a_lease_can_be_taken_away(&fleet);
    a_terminal_is_asked_and_shows_a_living_tree(&fleet);
}

/// Back to what was proven is open all the while.
fn a_pause_holds_what_is_not_proven(fleet: &Fleet) {
    told(fleet, 0, &["pause", "app"]);
    fleet.ok(
        1,
        "printf 'image: wharf-errand:1\nport: 80\naddress: 10.9.0.1:80\nhealth_check: {http: /, interval: 500ms}\n\
         rollout: {settle: 500ms, min_healthy: 2s, drain_timeout: 1s}\n' >/root/app.yaml; wharf put app /root/app.yaml",
    );
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(answers(fleet), ["2", "2"], "it is paused");
    told(fleet, 0, &["resume", "app"]);
    let third = "test \"$(curl -sf -m 5 http://10.9.0.1/)\" = 1";
    fleet.until(1, REST, third);
    told(fleet, 0, &["pause", "app"]);
    told(fleet, 0, &["rollback", "app", "2"]);
    until_all_answer(fleet, "2");
    told(fleet, 0, &["resume", "app"]);
}

fn scripts_are_taken_away_and_set_up_anew(fleet: &Fleet) {
    told(fleet, 0, &["update", "job", "-y"]);
    for node in 1..=NODES {
        assert_eq!(
            fleet.ok(node, "cat /root/job"),
            "set up\ntaken away\nset up\n"
        );
    }
}

fn a_lease_can_be_taken_away(fleet: &Fleet) {
    let mut running = Running::begin(fleet, &["update", "job", "-y", "--json", "-m", "mine"]);
    running.until(|it| it["event"] == "wave");
    running.kill();
    let held = told(fleet, 0, &["lock"]);
    assert!(held.contains("job") && held.contains("mine"), "{held}");
    told(fleet, 0, &["lock", "release", "job"]);
    let held = told(fleet, 0, &["lock"]);
    assert!(!held.contains("mine"), "{held}");
}

fn a_terminal_is_asked_and_shows_a_living_tree(fleet: &Fleet) {
    told(fleet, 0, &["rollback", "app", "1"]);
    until_all_answer(fleet, "1");
    let (code, shown) = at_a_terminal(fleet, "deploy app", "no\n");
    assert_eq!(code, 1, "{shown}");
    let (code, shown) = at_a_terminal(fleet, "deploy app", "yes\n");
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("\u{1b}[1A") && shown.contains("node2  wait: "),
        "nothing moves: {shown}"
    );
    assert_eq!(answers(fleet), ["2", "2"]);

    let (code, shown) = at_a_terminal(fleet, "delete job", "jobs\n");
    assert_eq!(code, 1, "{shown}");
    let (code, shown) = at_a_terminal(fleet, "delete job", "job\n");
    assert_eq!(code, 0, "{shown}");
    let last = fleet.ok(1, "tail -n 1 /root/job");
    assert_eq!(last, "taken away\n");
    // Nobody is there to be asked.
    let refused = told(fleet, 2, &["delete", "app"]);
    assert!(refused.contains("--confirm"), "{refused}");
    assert_eq!(answers(fleet), ["2", "2"]);
    told(fleet, 0, &["delete", "app", "--confirm", "app", "-y"]);
    assert_eq!(fleet.ok(1, "docker ps -q --filter name=^app[.]"), "");
}

/// Types at wharf's prompt on a terminal of its own; the code it ended with, and all that was to be seen.
fn at_a_terminal(fleet: &Fleet, words: &str, typed: &str) -> (i32, String) {
    let asked = fleet.wharf(&[]);
    let line = format!("{} {words}", env!("CARGO_BIN_EXE_wharf"));
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(fleet.folder())
        .env("TERM", "xterm")
        .envs(
            asked
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        );
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    std::io::Write::write_all(&mut stdin, typed.as_bytes()).unwrap();
    let left = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&left.stdout).into_owned();
    println!("--- at a terminal: {words}, {typed:?}\n{shown}");
    (left.status.code().unwrap(), shown)
}

fn ready() -> Fleet {
    let made = Command::new("sh").args(["-c", MAKE]).status().unwrap();
    assert!(
        made.success(),
        "this machine's docker is needed, DOCKER_HOST leads to it"
    );
    let fleet = Fleet::fresh(NODES);
    fleet.all("ip addr add 10.9.0.1/32 dev lo");
    fleet.write("cluster.yaml", &file(1));
    told(&fleet, 0, &["setup", "--binary", bed::WHARF]);
    fleet
}

#[track_caller]
fn told(fleet: &Fleet, code: i32, words: &[&str]) -> String {
    let (ran, took) = fleet.told(words);
    let text = format!("{}{}", ran.out, ran.err);
    println!("--- {words:?}: {} after {took:?}\n{text}", ran.code);
    assert_eq!(ran.code, code, "{words:?}\n{text}");
    text
}

fn answers(fleet: &Fleet) -> Vec<String> {
    let ask = "curl -sf -m 5 http://10.9.0.1/";
    (1..=NODES)
        .map(|it| fleet.ok(it, ask).trim().to_owned())
        .collect()
}

fn until_all_answer(fleet: &Fleet, revision: &str) {
    for node in 1..=NODES {
        let line = format!("test \"$(curl -sf -m 5 http://10.9.0.1/)\" = {revision}");
        fleet.until(node, REST, &line);
    }
}
