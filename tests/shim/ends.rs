//! How a container ends, and the exit code and the sentence that come of it.

use std::time::{Duration, Instant};

use super::stage::Stage;

fn shell(line: &str, rest: &str) -> String {
    format!("image: wharf-box:1\nservice_args: [/bin/sh, -c, \"{line}\"]\n{rest}")
}

#[test]
fn a_code_of_its_own_is_the_units_and_comes_with_the_last_lines() {
    let line = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i; done; sleep 2; exit 3";
    let text = shell(line, "success_seconds: 1\n");
    let Some(stage) = Stage::set("three", &text) else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 3);
    let told = stage.event("exited", "code 3");
    let lines = told["data"]["last_lines"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[19]), (20, &"line 30".into()));
    assert_eq!(told["data"]["exit_code"], 3);
    assert!(
        !told["message"]
            .as_str()
            .unwrap()
            .contains("before it was ready")
    );
    assert_eq!(stage.lines().len(), 30);
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn an_end_before_ready_is_told_as_one_also_with_code_0() {
    let Some(stage) = Stage::set("zero", &shell("exit 0", "")) else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 0);
    assert_eq!(stage.readies(), 0);
    stage.event("exited", "before it was ready");
}

#[test]
fn what_cannot_be_executed_fails_soon_and_leaves_nothing() {
    let text = "image: wharf-box:1\nservice_args: [/no/such/program]\n";
    let Some(stage) = Stage::set("noexec", text) else {
        return;
    };
    let since = Instant::now();
    assert_eq!(stage.shim().ended(&stage), 1);
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
    stage.event("failed", "/no/such/program");
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn want_of_memory_is_told_apart() {
    let text = shell(
        "sleep 2; exec tail /dev/zero",
        "success_seconds: 1\ncontainer_create_args: [--memory, 16m, --memory-swap, 16m]\n",
    );
    let Some(stage) = Stage::set("oom", &text) else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 137);
    let told = stage.event("out_of_memory", "out of memory");
    assert!(
        told["message"].as_str().unwrap().contains("limit 16 MiB"),
        "{told}"
    );
}

#[test]
fn our_own_kill_after_the_grace_is_a_stop() {
    let text = shell(
        "trap '' TERM; while :; do sleep 1; done",
        "success_seconds: 1\nstop: {timeout: 1s}\n",
    );
    let Some(stage) = Stage::set("deaf", &text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    assert_eq!(shim.stopped(&stage), 0);
    stage.event("forced_kill", "ignoring SIGTERM for 1 s");
    assert_eq!(stage.events("forced_kill").len(), 1);
    assert!(
        stage
            .heard()
            .iter()
            .any(|it| it.starts_with("EXTEND_TIMEOUT_USEC="))
    );
}

#[test]
fn everything_written_during_the_stop_is_in_the_journal() {
    let line = "trap 'for i in 1 2 3; do sleep 0.3; echo bye $i; done; printf last; exit 0' TERM; while :; do sleep 0.1; done";
    let Some(stage) = Stage::set("bye", &shell(line, "success_seconds: 1\n")) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    assert_eq!(shim.stopped(&stage), 0);
    assert_eq!(stage.lines(), ["bye 1", "bye 2", "bye 3", "last"]);
}

#[test]
fn reap_takes_what_a_stop_left_and_leaves_what_is_to_be_adopted() {
    let Some(stage) = Stage::set("reap", &shell("exec sleep 1000", "success_seconds: 1\n")) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    shim.killed();
    let reap = |result: &str| {
        let mut command = stage.wharf(&["reap", &stage.name]);
        command
            .env("SERVICE_RESULT", result)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(reap("signal"));
    assert_eq!(
        stage.container("{{.State.Running}}").as_deref(),
        Some("true")
    );
    assert!(reap("success"));
    assert!(stage.container("{{.Id}}").is_none());
}
