//! What somebody does to the container through docker while a shim answers for it.

use std::time::Duration;

use super::ready::web;
use super::stage::{Shim, Stage};

fn healthy(kind: &str) -> Option<(Stage, Shim)> {
    let health = "health_check: {path: /ok, interval: 300ms}\n";
    let stage = Stage::set(kind, &web("touch /w/ok;", health))?;
    let shim = stage.shim();
    stage.until_ready();
    Some((stage, shim))
}

#[test]
fn a_stop_ends_the_unit_and_is_named() {
    let Some((stage, mut shim)) = healthy("stop") else {
        return;
    };
    stage.docker(&["stop", &stage.name]);
    assert_eq!(shim.ended(&stage), 0);
    stage.event("stopped_outside", "stopped from outside");
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn a_kill_ends_the_unit_and_is_no_want_of_memory() {
    let Some((stage, mut shim)) = healthy("kill") else {
        return;
    };
    stage.docker(&["kill", &stage.name]);
    assert_eq!(shim.ended(&stage), 137);
    stage.event("stopped_outside", "SIGKILL");
    assert!(stage.events("out_of_memory").is_empty());
}

#[test]
fn a_removal_ends_the_unit_and_is_named() {
    let Some((stage, mut shim)) = healthy("rm") else {
        return;
    };
    stage.docker(&["rm", "-f", &stage.name]);
    assert_eq!(shim.ended(&stage), 137);
    let told = stage.event("removed_outside", "removed from outside");
    assert_eq!(told["data"]["last_lines"][0], "up", "{told}");
}

#[test]
fn a_restart_is_lived_through() {
    let Some((stage, mut shim)) = healthy("restart") else {
        return;
    };
    let (id, pid) = (stage.id(), shim.pid());
    stage.forget();
    stage.docker(&["restart", &stage.name]);
    stage.event("restarted_outside", "prove itself again");
    stage.event("unready", "");
    stage.until_ready();
    assert!(shim.runs());
    assert_eq!((stage.id(), shim.pid()), (id, pid));
    stage.until("both lives' lines", || stage.lines() == ["up", "up"]);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_restart_that_has_to_kill_is_lived_through_too() {
    let text = "image: wharf-box:1\nservice_args: [/bin/sh, -c, \"trap '' TERM; echo up; while :; do sleep 1; done\"]\nsuccess_seconds: 1\nstop: {timeout: 1s}\n";
    let Some(stage) = Stage::set("hard", text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    stage.forget();
    stage.docker(&["restart", &stage.name]);
    stage.until_ready();
    stage.until("both lives' lines", || stage.lines() == ["up", "up"]);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_pause_makes_unready_until_it_ends() {
    let Some((stage, mut shim)) = healthy("pause") else {
        return;
    };
    stage.docker(&["pause", &stage.name]);
    stage.until_heard("STATUS=unready: somebody paused the container through docker");
    stage.forget();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(stage.readies(), 0);
    stage.docker(&["unpause", &stage.name]);
    stage.until_ready();
    assert!(
        stage.events("check_failed").is_empty(),
        "nothing is asked of what is frozen"
    );
    // A frozen container is stopped in order, too.
    stage.docker(&["pause", &stage.name]);
    stage.until_heard("STATUS=unready");
    assert_eq!(shim.stopped(&stage), 0);
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn a_signal_that_means_something_else_is_no_stop() {
    let text = "image: wharf-box:1\nservice_args: [/bin/sh, -c, \"trap 'exit 5' USR1; trap : HUP; while :; do sleep 0.1; done\"]\nsuccess_seconds: 1\n";
    let Some(stage) = Stage::set("usr1", text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    stage.docker(&["kill", "-s", "HUP", &stage.name]);
    stage.docker(&["kill", "-s", "USR1", &stage.name]);
    assert_eq!(shim.ended(&stage), 5);
    stage.event("exited", "code 5");
}
