//! A number the kernel gave again: whoever has it now is neither taken for ours nor ended.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::numbers;
use super::stage::{Stage, kill, lives};

/// Tries until a process has exactly this number: others come and go beside it.
fn stranger(stage: &Stage, pid: i32, words: &[&str]) -> Child {
    for _ in 0..200 {
        numbers::next(pid);
        let mut command = stage.command(words);
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        if child.id() as i32 == pid {
            return child;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    panic!("number {pid} was not to be had");
}

/// Asks no supervisor: it may be frozen, or not there.
fn ended(pid: i32) {
    let began = Instant::now();
    while lives(pid) {
        assert!(began.elapsed() < Duration::from_secs(10), "{pid} lives");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn end(mut child: Child) {
    assert!(lives(child.id() as i32), "a stranger was ended");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn who_has_our_number_now_is_left_alone() {
    if !numbers::are_few("again::who_has_our_number_now_is_left_alone") {
        return;
    }
    let mut stage = Stage::new();
    let quick = "success_seconds: 0.1\nstop: {timeout: 500ms}\n";
    let pidfile = stage.path("state/noted.pid");
    stage.define("plain", &format!("command: [sleep, '5100']\n{quick}"));
    stage.define(
        "noted",
        &format!(
            "command: [sleep, '5101']\npidfile: {}\n{quick}",
            pidfile.display()
        ),
    );
    stage.supervise();
    let [plain, noted] = ["plain", "noted"].map(|it| stage.running(it));

    // Both end while nobody looks, and their numbers go to others that even look the same.
    stage.kill_supervisor();
    for pid in [plain, noted] {
        kill(pid, 9);
        ended(pid);
    }
    let others = [
        stranger(&stage, plain, &["sleep", "5100"]),
        stranger(&stage, noted, &["sleep", "5101"]),
    ];
    stage.supervise();
    let [plain, noted] = ["plain", "noted"].map(|it| stage.running(it));
    assert!(
        others
            .iter()
            .all(|it| ![plain, noted].contains(&(it.id() as i32)))
    );
    let text = fs::read_to_string(&pidfile).unwrap();
    assert_eq!(text.trim(), noted.to_string());
    others.into_iter().for_each(end);

    // Taken over, they are nobody's children here: the kernel gives their numbers away at once, and an
    // order that comes in the same moment reaches nobody else.
    stage.kill_supervisor();
    stage.supervise();
    for order in ["stop", "restart"] {
        stage.order(&["start", "all"]);
        let pid = stage.running("plain");
        let frozen = stage.pid();
        kill(frozen, 19);
        kill(pid, 9);
        ended(pid);
        let other = (!fs::exists(format!("/proc/{pid}")).unwrap())
            .then(|| stranger(&stage, pid, &["sleep", "5100"]));
        kill(frozen, 18);
        stage.order(&[order, "plain"]);
        assert!(stage.main("plain") != pid);
        other.into_iter().for_each(end);
    }
}
