//! `wharf run` of a host process: one for one unit, with its exit code, taken back after a crash.

use std::process::Stdio;
use std::time::Duration;

use super::stage::{Stage, kill, lives};

const QUICK: &str = "success_seconds: 0.2\nstop: {timeout: 2s}\n";

fn run(stage: &Stage, name: &str) -> std::process::Child {
    let wharf = stage.path("wharf");
    let mut command = stage.command(&[wharf.to_str().unwrap(), "run", name]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn record(stage: &Stage, name: &str) -> i32 {
    let text = std::fs::read_to_string(stage.path(&format!("state/run/{name}/process")));
    let value: serde_json::Value =
        serde_json::from_str(text.unwrap_or_default().trim()).unwrap_or_default();
    value["pid"].as_i64().unwrap_or(0) as i32
}

#[test]
fn its_exit_code_is_the_units() {
    let stage = Stage::new();
    for (line, code) in [
        ("sleep 0.5; exit 7", 7),
        ("sleep 0.4", 0),
        ("kill -SEGV $$", 139),
    ] {
        stage.define("aa", &format!("command: [/bin/sh, -c, '{line}']\n{QUICK}"));
        assert_eq!(
            run(&stage, "aa").wait().unwrap().code(),
            Some(code),
            "{line}"
        );
    }
    stage.define("aa", "command: [/no/such/program]\n");
    assert_eq!(run(&stage, "aa").wait().unwrap().code(), Some(1));
    stage.define("aa", "command: [a]\nnonsense: 1\n");
    assert_eq!(run(&stage, "aa").wait().unwrap().code(), Some(78));
}

#[test]
fn a_stop_ends_it_and_a_crash_of_ours_does_not() {
    let stage = Stage::new();
    stage.define("aa", &format!("command: [sleep, '1000']\n{QUICK}"));
    let mut shim = run(&stage, "aa");
    stage.until("it runs", |it| record(it, "aa") != 0);
    let pid = record(&stage, "aa");
    std::thread::sleep(Duration::from_millis(400));
    shim.kill().unwrap();
    shim.wait().unwrap();
    assert!(lives(pid));
    // What systemd runs behind a shim that was killed leaves the process to the next one.
    let wharf = stage.path("wharf");
    let reap = |result: &str| {
        let mut command = stage.command(&[wharf.to_str().unwrap(), "reap", "aa"]);
        assert!(
            command
                .env("SERVICE_RESULT", result)
                .status()
                .unwrap()
                .success()
        );
    };
    reap("signal");
    assert!(lives(pid));
    let mut shim = run(&stage, "aa");
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(record(&stage, "aa"), pid);
    kill(shim.id() as i32, 15);
    assert_eq!(shim.wait().unwrap().code(), Some(0));
    assert!(!lives(pid));
    // And behind a stop that was not let finish, it ends what is left, and starts nothing.
    let mut shim = run(&stage, "aa");
    stage.until("it runs", |it| record(it, "aa") != 0);
    let pid = record(&stage, "aa");
    shim.kill().unwrap();
    shim.wait().unwrap();
    reap("timeout");
    assert!(!lives(pid));
    reap("success");
    assert_eq!(record(&stage, "aa"), 0);
}
