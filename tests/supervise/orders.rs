//! Orders: start, stop, restart, status; what they mean and what they leave.

use std::time::{Duration, Instant};

use super::stage::{Stage, kill, lives, status_line, with_folder};

const QUICK: &str = "success_seconds: 0.2\nstop: {timeout: 2s}\n";

fn sleeper(rest: &str) -> String {
    format!("command: [sleep, '1000']\n{QUICK}{rest}")
}

#[test]
fn start_stop_restart_and_status_say_what_became_of_it() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper("autostart: false"));
    stage.define("off", &sleeper("enabled: false"));
    stage.supervise();
    assert_eq!(stage.state("aa"), "stopped");
    assert_eq!(stage.order(&["status", "aa"]).0, 1);
    assert_eq!(stage.order(&["start", "aa"]).0, 0);
    let first = stage.main("aa");
    assert!(lives(first));
    let (code, said) = stage.order(&["start", "aa"]);
    assert!(code == 0 && said.contains("running already"), "{said}");
    assert_eq!(stage.order(&["restart", "aa"]).0, 0);
    let second = stage.main("aa");
    assert!(second != first && lives(second) && !lives(first));
    assert_eq!(stage.order(&["stop", "aa"]).0, 0);
    assert!(!lives(second));
    let (code, said) = stage.order(&["stop", "aa"]);
    assert!(code == 0 && said.contains("not running"), "{said}");
    let (code, said) = stage.order(&["start", "off"]);
    assert!(code == 1 && said.contains("not enabled"), "{said}");
    let (code, said) = stage.order(&["start", "nobody"]);
    assert!(code == 1 && said.contains("no such service"), "{said}");
}

#[test]
fn a_stop_by_hand_stays_also_for_the_next_supervisor() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper(""));
    stage.define("bb", &sleeper(""));
    stage.supervise();
    stage.running("aa");
    let other = stage.running("bb");
    assert_eq!(stage.order(&["stop", "aa"]).0, 0);
    stage.kill_supervisor();
    stage.supervise();
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(stage.state("aa"), "stopped");
    assert!(
        stage.standing("aa")["why"]
            .as_str()
            .unwrap()
            .contains("by hand")
    );
    assert_eq!(stage.main("bb"), other);
}

#[test]
fn a_program_begins_with_nothing_of_ours() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper("umask: '027'\nenvironment: {MINE: '1'}"));
    stage.define("bare", &sleeper("inherit_env: false"));
    stage.supervise();
    let pid = stage.running("aa");
    // Every signal has its default action, none is held back.
    let ignored = u64::from_str_radix(&status_line(pid, "SigIgn:"), 16).unwrap();
    // 32 and 33 are the C library's own; it lets nobody have them, not even to give them back.
    assert_eq!(ignored & !(0b11 << 31), 0, "{ignored:x}");
    assert_eq!(status_line(pid, "SigBlk:"), "0000000000000000");
    assert_eq!(status_line(pid, "Umask:"), "0027");
    let open = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    assert_eq!(open, 3);
    let variables = |pid: i32| {
        let text = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        String::from_utf8(text).unwrap().replace('\0', "\n")
    };
    assert!(variables(pid).contains("MINE=1") && variables(pid).contains("HOME="));
    // One program's variables are not the next one's.
    let bare = variables(stage.running("bare"));
    assert!(!bare.contains("MINE") && !bare.contains("HOME="), "{bare}");
    // One thread keeps them all.
    assert_eq!(status_line(stage.pid(), "Threads:"), "1");
}

#[test]
fn a_stop_ends_the_whole_tree_and_waits_for_it() {
    let mut stage = Stage::new();
    let line = "trap '' TERM; sleep 900 & setsid sleep 901 & (setsid sh -c 'sleep 902 &' &); while :; do sleep 903; done";
    stage.define(
        "tree",
        &format!(
            "command: [/bin/sh, -c, \"{line}\"]\nsuccess_seconds: 0.3\nstop: {{timeout: 1s}}\n"
        ),
    );
    stage.supervise();
    let main = stage.running("tree");
    let mark = |pid: i32| {
        let text = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&text).contains("WHARF_MARK=tree.")
    };
    let folder = stage.path("").components().as_path().to_owned();
    let all: Vec<i32> = with_folder(&folder)
        .into_iter()
        .filter(|it| mark(*it))
        .collect();
    assert!(all.len() >= 5, "{all:?}");
    let began = Instant::now();
    assert_eq!(stage.order(&["stop", "tree"]).0, 0);
    // It does not hear SIGTERM: the grace is over first.
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert!(!lives(main));
    let left: Vec<i32> = all.into_iter().filter(|it| lives(*it)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_ends_is_started_again_after_a_pause_and_given_up_when_it_flaps() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper(""));
    stage.define(
        "flap",
        "command: [/bin/sh, -c, 'exit 3']\nmax_restarts: 1\nsuccess_seconds: 0.2\n",
    );
    stage.define(
        "once",
        &format!("command: [/bin/sh, -c, 'sleep 0.5']\nautorestart: false\n{QUICK}"),
    );
    stage.supervise();
    let first = stage.running("aa");
    kill(first, 9);
    stage.until("it is started again", |it| {
        it.state("aa") == "running" && it.main("aa") != first
    });
    assert_eq!(stage.standing("aa")["restarts"], 1);
    stage.until("it is given up", |it| it.state("flap") == "failed");
    let why = stage.standing("flap")["why"].to_string();
    assert!(
        why.contains("2 runs") && why.contains("exited with code 3"),
        "{why}"
    );
    stage.until("it rests", |it| it.state("once") == "stopped");
    // A start is a new beginning, and fails with the reason.
    let (code, said) = stage.order(&["start", "flap"]);
    assert!(code == 1 && said.contains("exited with code 3"), "{said}");
}

#[test]
fn a_program_that_is_not_there_is_told_so() {
    let mut stage = Stage::new();
    stage.define("gone", "command: [/no/such/program]\nautostart: false\n");
    stage.define(
        "dir",
        "command: [sleep, '1']\nworkdir: /no/such/place\nautostart: false\n",
    );
    stage.define(
        "file",
        "command: [sleep, '1']\nstdout: /proc/forbidden\nautostart: false\n",
    );
    stage.supervise();
    for (name, said) in [
        ("gone", "/no/such/program: No such file"),
        ("dir", "no directory /no/such/place"),
        ("file", "/proc/forbidden"),
    ] {
        let (code, text) = stage.order(&["start", name]);
        assert!(code == 1 && text.contains(said), "{name}: {text}");
        stage.order(&["stop", name]);
    }
}

#[test]
fn each_starts_when_what_it_comes_after_is_ready_and_all_stop_the_other_way_round() {
    let mut stage = Stage::new();
    stage.define(
        "first",
        "command: [sleep, '1000']\nsuccess_seconds: 1.5\nstop: {timeout: 2s}\n",
    );
    stage.define("second", &sleeper("after: first"));
    stage.define("third", &sleeper("after: [second]"));
    stage.supervise();
    assert_eq!(
        (
            stage.state("first").as_str(),
            stage.state("second").as_str()
        ),
        ("starting", "waiting")
    );
    stage.running("third");
    let since = |name: &str| stage.standing(name)["seconds"].as_u64().unwrap();
    assert!(since("first") >= since("third"));
    let (code, said) = stage.order(&["stop", "all"]);
    assert_eq!(code, 0);
    let order: Vec<usize> = ["third", "second", "first"]
        .map(|it| said.find(it).unwrap())
        .into();
    assert!(order.is_sorted(), "{said}");
    let (code, said) = stage.order(&["start", "all", "--parallel", "--json"]);
    assert_eq!((code, said.lines().count()), (0, 3), "{said}");
}

#[test]
fn a_second_supervisor_of_one_folder_is_refused() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper(""));
    stage.supervise();
    let output = stage.wharf(&["supervise"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("supervises") && said.contains(&stage.pid().to_string()),
        "{said}"
    );
}

#[test]
fn without_a_supervisor_an_order_says_how_to_get_one() {
    let stage = Stage::new();
    let (code, said) = stage.order(&["start", "aa"]);
    assert!(code == 3 && said.contains("wharf supervise"), "{said}");
}
