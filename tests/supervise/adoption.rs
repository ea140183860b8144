//! No parent needed: taken back after a crash, adopted from elsewhere, and never the wrong one.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use super::stage::{Stage, kill, lives};

const QUICK: &str = "success_seconds: 0.2\nstop: {timeout: 2s}\n";

#[test]
fn a_killed_supervisor_ends_nothing_and_the_next_one_takes_all_back() {
    let mut stage = Stage::new();
    for name in ["aa", "bb", "cc"] {
        stage.define(name, &format!("command: [sleep, '1000']\n{QUICK}"));
    }
    stage.supervise();
    let before: Vec<i32> = ["aa", "bb", "cc"].map(|it| stage.running(it)).into();
    for _ in 0..3 {
        stage.kill_supervisor();
        assert!(before.iter().all(|it| lives(*it)));
        stage.supervise();
        let after: Vec<i32> = ["aa", "bb", "cc"].map(|it| stage.running(it)).into();
        assert_eq!(after, before);
    }
    // Its end is noticed though it is no child, and it is started again.
    kill(before[0], 9);
    stage.until("it is started again", |it| {
        it.state("aa") == "running" && it.main("aa") != before[0]
    });
}

#[test]
fn a_supervisor_that_is_told_to_end_leaves_everything_running() {
    let mut stage = Stage::new();
    stage.define("aa", &format!("command: [sleep, '1000']\n{QUICK}"));
    stage.supervise();
    let pid = stage.running("aa");
    kill(stage.pid(), 15);
    assert!(stage.supervisor.take().unwrap().wait().unwrap().success());
    assert!(lives(pid));
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
}

#[test]
fn one_that_ended_meanwhile_is_started_anew_and_its_number_is_nobodys() {
    let mut stage = Stage::new();
    stage.define("aa", &format!("command: [sleep, '1000']\n{QUICK}"));
    stage.supervise();
    let pid = stage.running("aa");
    stage.kill_supervisor();
    kill(pid, 9);
    // As if the number had been given to somebody else: the record names it, its start differs.
    let mut other = stage
        .command(&["sleep", "777"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let record = stage.path("state/supervise/aa/process");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(
        &record,
        text.replace(
            &format!("\"pid\":{pid}"),
            &format!("\"pid\":{}", other.id()),
        ),
    )
    .unwrap();
    stage.supervise();
    let now = stage.running("aa");
    assert!(now != other.id() as i32 && now != pid);
    assert_eq!(stage.order(&["stop", "aa"]).0, 0);
    assert!(lives(other.id() as i32), "a stranger was ended");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_running_process_is_adopted_without_a_restart_by_its_title() {
    let mut stage = Stage::new();
    let mut alien = stage
        .command(&["sleep", "4321.5"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let pid = alien.id() as i32;
    stage.define(
        "aa",
        &format!(
            "command: [sleep, '4321.5']\nadopt: true\nproctitle_re: 'sleep 4321\\.5$'\n{QUICK}"
        ),
    );
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
    // Detaching is leaving: it runs on, and can be had again.
    kill(stage.pid(), 15);
    stage.supervisor.take().unwrap().wait().unwrap();
    assert!(lives(pid));
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
    // The test is its parent, so it has to be reaped here.
    let reaper = std::thread::spawn(move || alien.wait().unwrap());
    assert_eq!(stage.order(&["restart", "aa"]).0, 0);
    reaper.join().unwrap();
    assert!(!lives(pid) && stage.main("aa") != pid);
}

#[test]
fn two_that_could_be_it_are_told_and_neither_is_taken() {
    let mut stage = Stage::new();
    let mut aliens: Vec<_> = (0..2)
        .map(|_| {
            stage
                .command(&["sleep", "4322.5"])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    stage.define("aa", &format!("command: [sleep, '4322.5']\nadopt: true\nproctitle_re: '4322\\.5$'\nautostart: false\n{QUICK}"));
    stage.supervise();
    let (code, said) = stage.order(&["start", "aa"]);
    assert!(code == 1 && said.contains("could all be it"), "{said}");
    assert!(
        said.contains(&aliens[0].id().to_string()) && said.contains(&aliens[1].id().to_string())
    );
    stage.order(&["stop", "aa"]);
    for alien in &mut aliens {
        assert!(lives(alien.id() as i32));
        alien.kill().unwrap();
        alien.wait().unwrap();
    }
}

#[test]
fn a_pidfile_is_kept_believed_when_it_fits_and_removed_when_it_is_stale() {
    let mut stage = Stage::new();
    let pidfile = stage.path("state/aa.pid");
    stage.define(
        "aa",
        &format!(
            "command: [sleep, '4323.5']\npidfile: {}\n{QUICK}",
            pidfile.display()
        ),
    );
    let read = || fs::read_to_string(&pidfile).map(|it| it.trim().parse::<i32>().unwrap());
    // Stale: it names this very test.
    fs::write(&pidfile, std::process::id().to_string()).unwrap();
    fs::set_permissions(
        &pidfile,
        std::os::unix::fs::PermissionsExt::from_mode(0o666),
    )
    .unwrap();
    stage.supervise();
    let pid = stage.running("aa");
    assert_eq!(read().unwrap(), pid);
    // Without a record the pidfile is the way back.
    stage.kill_supervisor();
    fs::remove_file(stage.path("state/supervise/aa/process")).unwrap();
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
    assert_eq!(stage.order(&["stop", "aa"]).0, 0);
    assert!(read().is_err());
}

#[test]
fn a_daemon_that_forks_away_is_followed_by_its_own_pidfile() {
    let mut stage = Stage::new();
    let pidfile = stage.path("state/daemon.pid");
    let line = format!(
        "(setsid sh -c 'echo $$ > {}; exec sleep 4324.5' &); sleep 0.3",
        pidfile.display()
    );
    stage.define("daemon", &format!("command: [/bin/sh, -c, \"{line}\"]\npidfile: {}\nautopid: false\nproctitle_re: 'sleep 4324'\nsuccess_seconds: 1\nstop: {{timeout: 2s}}\n", pidfile.display()));
    stage.supervise();
    let pid = stage.running("daemon");
    let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(title.contains("4324.5"), "{title}");
    assert_eq!(stage.order(&["stop", "daemon"]).0, 0);
    assert!(!lives(pid));
}

#[test]
fn a_start_that_was_cut_short_is_found_by_its_mark() {
    let mut stage = Stage::new();
    stage.define("aa", &format!("command: [sleep, '4325.5']\n{QUICK}"));
    stage.supervise();
    let pid = stage.running("aa");
    stage.kill_supervisor();
    // As it is between the mark and the process.
    let record = stage.path("state/supervise/aa/process");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(
        &record,
        text.replace(&format!("\"pid\":{pid}"), "\"pid\":0"),
    )
    .unwrap();
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
    std::thread::sleep(Duration::from_millis(100));
    assert!(lives(pid));
}
