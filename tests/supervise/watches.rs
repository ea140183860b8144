//! What it is watched for: memory, a file that has to change, its checks.

use std::fs;
use std::time::Duration;

use super::stage::{Stage, lives};

#[test]
fn a_tree_that_grows_is_restarted_and_so_is_one_whose_file_stands_still() {
    let mut stage = Stage::new();
    let stamp = stage.path("state/stamp");
    // The memory is the child's, which a look at the main process alone would miss.
    let eater = "perl -e '$x = q(x) x 60000000; sleep 1000'";
    stage.define("fat", &format!("command: [/bin/sh, -c, \"({eater}) & wait\"]\nsuccess_seconds: 0.2\nrss_limit: 20M\nmonitor_after: 1\nstop: {{timeout: 1s}}\n"));
    stage.define(
        "lean",
        "command: [sleep, '1000']\nsuccess_seconds: 0.2\nrss_limit: 20M\nmonitor_after: 1\n",
    );
    stage.define("still", &format!("command: [sleep, '1000']\nsuccess_seconds: 0.2\nactivityfile: {}\nactivityfile_limit: 6\nmonitor_after: 1\nstop: {{timeout: 1s}}\n", stamp.display()));
    let busy = stage.path("state/busy");
    stage.define("busy", &format!("command: [/bin/sh, -c, 'while :; do date > {}; sleep 1; done']\nsuccess_seconds: 0.2\nactivityfile: {}\nactivityfile_limit: 6\nmonitor_after: 1\nstop: {{timeout: 1s}}\n", busy.display(), busy.display()));
    fs::write(&stamp, "").unwrap();
    stage.supervise();
    let [fat, lean, still, busy] = ["fat", "lean", "still", "busy"].map(|it| stage.running(it));
    let limit = Duration::from_secs(40);
    stage.within(limit, "what is too large is restarted", |it| {
        it.main("fat") != fat && it.state("fat") == "running"
    });
    stage.within(limit, "what stands still is restarted", |it| {
        it.main("still") != still && it.state("still") == "running"
    });
    assert!(!lives(fat) && !lives(still));
    assert_eq!((stage.main("lean"), stage.main("busy")), (lean, busy));
    assert!(stage.standing("fat")["restarts"].as_u64().unwrap() >= 1);
}

#[test]
fn a_health_check_gates_the_start_and_takes_readiness_away() {
    let mut stage = Stage::new();
    let good = stage.path("state/good");
    let check = format!(
        "health_check: {{exec: [test, -e, {}], interval: 300ms, fall: 2}}",
        good.display()
    );
    stage.define(
        "aa",
        &format!("command: [sleep, '1000']\nstop: {{timeout: 1s}}\n{check}\n"),
    );
    stage.define(
        "bb",
        "command: [sleep, '1000']\nsuccess_seconds: 0.2\nafter: aa\nstop: {timeout: 1s}\n",
    );
    stage.supervise();
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!(
        (stage.state("aa").as_str(), stage.state("bb").as_str()),
        ("starting", "waiting")
    );
    fs::write(&good, "").unwrap();
    let pid = stage.running("aa");
    stage.running("bb");
    fs::remove_file(&good).unwrap();
    stage.until("it is degraded", |it| it.state("aa") == "degraded");
    assert_eq!(stage.main("aa"), pid);
    fs::write(&good, "").unwrap();
    assert_eq!(stage.running("aa"), pid);
}

#[test]
fn a_monitor_that_says_so_restarts_it() {
    let mut stage = Stage::new();
    let bad = stage.path("state/bad");
    let monitor = format!(
        "monitor: {{check_shell_command: [{{shell_command: 'test ! -e {}', frequency: 0.3, fall: 2, on_failure: restart}}]}}",
        bad.display()
    );
    stage.define(
        "aa",
        &format!(
            "command: [sleep, '1000']\nsuccess_seconds: 0.2\nstop: {{timeout: 1s}}\n{monitor}\n"
        ),
    );
    stage.supervise();
    let pid = stage.running("aa");
    fs::write(&bad, "").unwrap();
    stage.until("it is restarted", |it| {
        it.main("aa") != pid && it.main("aa") != 0
    });
    fs::remove_file(&bad).unwrap();
    stage.running("aa");
}

#[test]
fn a_program_may_say_by_itself_that_it_is_up() {
    let mut stage = Stage::new();
    let go = stage.path("state/go");
    let line = format!(
        "while ! test -e {}; do sleep 0.1; done; python3 -c 'import os,socket; s=socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.sendto(b\\\"READY=1\\\", os.environ[\\\"NOTIFY_SOCKET\\\"])'; sleep 1000",
        go.display()
    );
    stage.define(
        "aa",
        &format!(
            "command: [/bin/sh, -c, \"{line}\"]\nhealth_check: notify\nstop: {{timeout: 1s}}\n"
        ),
    );
    stage.supervise();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(stage.state("aa"), "starting");
    fs::write(&go, "").unwrap();
    let pid = stage.running("aa");
    // It says so once in its life; the next supervisor believes the record.
    stage.kill_supervisor();
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
}
