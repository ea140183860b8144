//! What a shim finds of its predecessor, of others, and what it takes over.

use std::time::Duration;

use super::stage::Stage;

const TICKS: &str = "
image: wharf-box:1
service_args: [/bin/sh, -c, \"trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done\"]
success_seconds: 1
stop: {timeout: 2s}
";

#[test]
fn a_killed_shims_container_is_adopted_and_its_log_goes_on_exactly_once() {
    let Some(stage) = Stage::set("adopt", TICKS) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let started = stage.container("{{.Id}} {{.State.StartedAt}}");
    for _ in 0..3 {
        shim.killed();
        std::thread::sleep(Duration::from_millis(300));
        stage.forget();
        shim = stage.shim();
        stage.until_ready();
        assert_eq!(stage.container("{{.Id}} {{.State.StartedAt}}"), started);
    }
    assert_eq!(stage.events("adopted").len(), 3);
    assert_eq!(shim.stopped(&stage), 0);
    let lines = stage.lines();
    assert!(lines.len() > 100, "{}", lines.len());
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(*line, format!("tick {}", at + 1));
    }
}

#[test]
fn another_definition_replaces_what_runs() {
    let Some(stage) = Stage::set("changed", TICKS) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    shim.killed();
    stage.define(&format!("{TICKS}environment: {{A: '1'}}\n"));
    stage.forget();
    let mut shim = stage.shim();
    stage.until_ready();
    assert_ne!(stage.id(), id);
    stage.event("reaped", &id[..12]);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_dead_leftover_is_replaced() {
    let Some(stage) = Stage::set("dead", TICKS) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    shim.killed();
    stage.docker(&["kill", &stage.name]);
    stage.forget();
    let mut shim = stage.shim();
    stage.until_ready();
    assert_ne!(stage.id(), id);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_stranger_of_the_same_name_is_refused_and_left_alone() {
    let Some(stage) = Stage::set("stranger", TICKS) else {
        return;
    };
    let id = stage.docker(&[
        "run",
        "-d",
        "--name",
        &stage.name,
        "wharf-box:1",
        "sleep",
        "1000",
    ]);
    assert_eq!(stage.shim().ended(&stage), 78);
    let told = stage.event("failed", "not ours");
    assert!(
        told["data"]["next"]
            .as_str()
            .unwrap()
            .contains("docker rename"),
        "{told}"
    );
    assert_eq!(
        stage.container("{{.Id}} {{.State.Running}}").unwrap(),
        format!("{id} true")
    );
}

#[test]
fn a_neighbour_whose_name_begins_alike_is_left_alone() {
    let Some(stage) = Stage::set("web", TICKS) else {
        return;
    };
    let other = stage.neighbour();
    let label = format!("io.wharf.service={other}");
    stage.docker(&[
        "run",
        "-d",
        "--name",
        &other,
        "--label",
        &label,
        "wharf-box:1",
        "sleep",
        "1000",
    ]);
    let mut shim = stage.shim();
    stage.until_ready();
    let code = shim.stopped(&stage);
    let reaped = stage
        .wharf(&["reap", &stage.name])
        .env("SERVICE_RESULT", "success")
        .output();
    let running = stage.docker(&["inspect", "--format", "{{.State.Running}}", &other]);
    assert!(reaped.unwrap().status.success());
    assert_eq!((code, running.as_str()), (0, "true"));
}
