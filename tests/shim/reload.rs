//! SIGHUP: what applies at once, what waits for a restart, and what is refused.

use std::process::Command;

use rustix::process::Signal;

use super::ready::web;
use super::stage::Stage;

const HEALTH: &str = "health_check: {path: /ok, interval: 300ms}\n";

#[test]
fn a_broken_definition_is_refused_with_every_mistake_and_the_old_one_stays() {
    let Some(stage) = Stage::set("broken", &web("touch /w/ok;", HEALTH)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    stage.define("image: wharf-box:1\nhelth_check: http\nstop: {timeout: soon}\n");
    stage.forget();
    shim.signal(Signal::HUP);
    let told = stage.event("reload_refused", "the running definition stays");
    let text = told["message"].as_str().unwrap();
    assert!(
        text.contains("helth_check") && text.contains("found `soon`"),
        "{text}"
    );
    assert!(
        text.contains(".yaml:2:") && text.contains(".yaml:3:"),
        "{text}"
    );
    stage.until_ready();
    assert!(
        stage.heard()[0].starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{:?}",
        stage.heard()
    );
    assert_eq!(stage.id(), id);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn checks_and_log_settings_apply_live_and_a_container_change_waits() {
    let Some(stage) = Stage::set("live", &web("touch /w/ok;", HEALTH)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    stage.define(&web(
        "touch /w/ok;",
        "health_check: {path: /other, interval: 300ms, fall: 1}\nlogs: {stderr_priority: err}\n",
    ));
    shim.signal(Signal::HUP);
    let told = stage.event("reloaded", "definition read again");
    assert_eq!(told["data"]["restart_needed"], false, "{told}");
    stage.until_heard("STATUS=unready: check health: GET");
    stage.inside("echo complaint >/proc/1/fd/2");
    stage.until("a graver line", || {
        let ran = Command::new("journalctl")
            .args(["-q", "-p", "err", "-o", "cat", "STREAM=stderr"])
            .arg(format!("WHARF_SERVICE={}", stage.name))
            .output()
            .unwrap();
        ran.stdout == b"complaint\n"
    });
    // Without its health check, nothing makes it unready any more.
    stage.forget();
    stage.define(&web("touch /w/ok;", "environment: {A: '1'}\n"));
    shim.signal(Signal::HUP);
    stage.until_ready();
    stage.until_heard("STATUS=running");
    stage.event("reloaded", "the container changes with the next restart");
    shim.signal(Signal::HUP);
    stage.until("two of them", || {
        let all = stage.events("reloaded");
        all.iter()
            .filter(|it| it["data"]["restart_needed"] == true)
            .count()
            == 2
    });
    assert_eq!(stage.id(), id);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_newer_binary_takes_over_without_touching_the_container() {
    let Some(stage) = Stage::set("reexec", &web("touch /w/ok;", HEALTH)) else {
        return;
    };
    let copy = stage.path("wharf");
    std::fs::copy(env!("CARGO_BIN_EXE_wharf"), &copy).unwrap();
    let mut shim = stage.program(&copy);
    stage.until_ready();
    let (id, pid) = (stage.id(), shim.pid());
    let newer = stage.path("newer");
    std::fs::copy(env!("CARGO_BIN_EXE_wharf"), &newer).unwrap();
    std::fs::rename(&newer, &copy).unwrap();
    stage.forget();
    shim.signal(Signal::HUP);
    stage.event("reexec", "carrying on as the new one");
    stage.event("adopted", "adopted the running container");
    stage.until_heard("STATUS=healthy");
    stage.inside("echo after >/proc/1/fd/1");
    stage.until("its lines, once", || stage.lines() == ["up", "after"]);
    assert!(shim.runs());
    assert_eq!((stage.id(), shim.pid()), (id, pid));
    assert_eq!(shim.stopped(&stage), 0);
}
