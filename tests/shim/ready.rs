//! When READY=1 is said, when it is not, and what makes a service unready and ready again.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::stage::Stage;

/// Answers 404 on /ok until somebody makes the file, and ends at once when asked.
pub(crate) const WEB: &str = "
image: wharf-box:1
service_args: [/bin/sh, -c, \"mkdir -p /w; httpd -p 80 -h /w; trap 'exit 0' TERM; echo up; FIRST while :; do sleep 1 & wait $!; done\"]
stop: {timeout: 2s}
";

pub(crate) fn web(first: &str, rest: &str) -> String {
    WEB.replace("FIRST", first) + rest
}

#[test]
fn ready_is_said_after_rise_good_answers_and_not_before() {
    let health = "health_check: {path: /ok, interval: 1s, rise: 3}\n";
    let text = web("sleep 3; touch /w/ok;", health);
    let Some(stage) = Stage::set("rise", &text) else {
        return;
    };
    let since = Instant::now();
    let mut shim = stage.shim();
    stage.until_heard("STATUS=not ready yet: GET ");
    assert_eq!(stage.readies(), 0, "{}", stage.story());
    stage.until_heard("404");
    stage.until_ready();
    assert!(
        since.elapsed() > Duration::from_secs(3),
        "{:?}",
        since.elapsed()
    );
    stage.until_heard("STATUS=healthy: GET ");
    stage.event("ready", "ready");
    assert_eq!(shim.stopped(&stage), 0);
    assert_eq!(stage.readies(), 1);
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn without_a_health_check_time_alone_makes_ready() {
    let text = "image: wharf-box:1\nservice_args: [sleep, '1000']\nsuccess_seconds: 3\nstop: {timeout: 1s}\n";
    let Some(stage) = Stage::set("time", text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_heard("STATUS=not ready yet: it counts as up after 3 s");
    let since = Instant::now();
    stage.until_ready();
    let took = since.elapsed();
    assert!(took > Duration::from_millis(2700), "{took:?}");
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_service_that_turns_bad_is_unready_and_lives_and_comes_back() {
    let health = "health_check: {path: /ok, interval: 300ms, fall: 2}\n";
    let Some(stage) = Stage::set("bad", &web("touch /w/ok;", health)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    stage.inside("rm /w/ok");
    stage.until_heard("STATUS=unready: check health: GET ");
    stage.event("unready", "404");
    stage.forget();
    stage.inside("touch /w/ok");
    stage.until_ready();
    assert_eq!(stage.id(), id);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_health_check_that_says_restart_ends_the_unit_with_70() {
    let health = "health_check: {path: /ok, interval: 300ms, fall: 2, on_failure: restart}\n";
    let Some(stage) = Stage::set("restart", &web("touch /w/ok;", health)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    stage.inside("rm /w/ok");
    assert_eq!(shim.ended(&stage), 70);
    let told = stage.event("failed", "stopped because check `health` failed");
    assert_eq!(told["data"]["last_lines"][0], "up", "{told}");
    assert!(stage.container("{{.Id}}").is_none());
}

#[test]
fn a_monitor_bad_during_the_start_still_counts_once_ready() {
    let rest = "health_check: {path: /ok, interval: 300ms, start_period: 1m}
monitor:
  check_internal_command:
    - {shell_command: test -e /w/never, frequency: 1, on_failure: restart, fall: 2}
";
    let text = web("sleep 3; touch /w/ok;", rest);
    let Some(stage) = Stage::set("monitor", &text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    assert_eq!(shim.ended(&stage), 70);
    stage.event("failed", "check_internal_command[0]");
}

#[test]
fn a_monitor_makes_unready_and_ready_again() {
    let rest = "health_check: {path: /ok, interval: 300ms}
monitor:
  check_http:
    - {path: /also, name: also, frequency: 1, on_failure: unready, fall: 1}
";
    let text = web("touch /w/ok /w/also;", rest);
    let Some(stage) = Stage::set("also", &text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    stage.inside("rm /w/also");
    stage.until_heard("STATUS=unready: check also: GET ");
    // The health check goes well meanwhile, and neither hides the reason nor makes it ready.
    stage.forget();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(stage.readies(), 0, "{}", stage.story());
    assert!(
        stage.heard().iter().all(|it| it.contains("check also")),
        "{:?}",
        stage.heard()
    );
    stage.inside("touch /w/also");
    stage.until_ready();
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn every_kind_of_monitor_tells_of_its_failure() {
    let rest = "success_seconds: 1
monitor:
  check_container_present: true
  check_http: [{path: /none, frequency: 1}]
  check_internal_command: [{shell_command: exit 3, frequency: 1}]
  check_shell_command: [{shell_command: 'echo no; exit 4', frequency: 1}]
  check_exe: [{exe: /bin/false, frequency: 1}]
";
    let Some(stage) = Stage::set("kinds", &web("", rest)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    for name in [
        "check_http[0]",
        "check_internal_command[0]",
        "check_shell_command[0]",
        "check_exe[0]",
    ] {
        let told = stage.event("check_failed", name);
        assert_eq!(told["source"], "monitoring");
        assert_eq!(told["data"]["check"], name);
    }
    assert!(shim.runs());
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_hangup_during_the_start_does_not_make_ready() {
    let health = "health_check: {path: /ok, interval: 300ms}\n";
    let Some(stage) = Stage::set("early-hup", &web("", health)) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_heard("404");
    shim.signal(Signal::HUP);
    stage.event("reloaded", "definition read again");
    assert_eq!(stage.readies(), 0);
    assert_eq!(shim.stopped(&stage), 0);
    assert_eq!(stage.readies(), 0);
    assert!(stage.heard().contains(&"STOPPING=1".to_owned()));
}

#[test]
fn the_hosts_network_is_asked_on_loopback_and_none_is_refused() {
    let text = "image: wharf-box:1
container_create_args: [--network, host]
service_args: [httpd, -f, -p, '127.0.0.1:47811', -h, /usr/share/nginx/html]
health_check: {path: /, port: 47811}
stop: {timeout: 1s}
";
    let Some(stage) = Stage::set("host", text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    stage.until_heard("http://127.0.0.1:47811/");
    shim.stopped(&stage);
    let none =
        "image: wharf-box:1\ncontainer_create_args: [--network, none]\nhealth_check: {tcp: 80}\n";
    let Some(stage) = Stage::set("none", none) else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 78);
    stage.event("failed", "has no network");
}
