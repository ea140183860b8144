//! Docker's answers break off, are kept back, or never come: with a doorman before docker.

use std::time::{Duration, Instant};

use super::doorman::{Cut, Doorman};
use super::stage::Stage;

/// A shim's watchdog of the tests is 6 s; a healthy one pings every second or two.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// A call to docker may take 30 s, and docker is looked at every 15 s.
const HUNG: Duration = Duration::from_secs(60);
const TICKS: &str = "
image: wharf-box:1
container_create_args: [--network, none]
service_args: [/bin/sh, -c, \"trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done\"]
success_seconds: 1
stop: {timeout: 2s}
";

fn door(kind: &str) -> Option<(Doorman, Stage)> {
    let host =
        std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let door = Doorman::before(&host);
    let stage = Stage::set_on(&door.host(), kind, TICKS)?;
    Some((door, stage))
}

#[track_caller]
fn each_once_in_order(stage: &Stage) {
    let lines = stage.lines();
    assert!(lines.len() > 50, "{}", lines.len());
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(*line, format!("tick {}", at + 1), "of {}", lines.len());
    }
}

#[test]
fn a_log_that_breaks_off_in_the_middle_is_read_again() {
    for (kind, cut) in [("reset", Cut::Reset), ("ended", Cut::Ended)] {
        let Some((door, stage)) = door(kind) else {
            return;
        };
        let mut shim = stage.shim();
        stage.until_ready();
        shim.killed();
        std::thread::sleep(Duration::from_secs(1));
        // Over its listing, twice; over the lines themselves; over a later listing.
        door.cut_logs(&[
            Some((200, cut)),
            Some((1000, cut)),
            None,
            Some((1100, cut)),
            Some((0, cut)),
        ]);
        let mut shim = stage.shim();
        stage.until("every cut", || door.cuts_left() == 0);
        stage.until("the log read", || {
            stage.events("logs_resumed").len() + stage.events("logs_lost").len() > 0
        });
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(shim.stopped(&stage), 0);
        each_once_in_order(&stage);
        assert!(stage.events("logs_lost").is_empty(), "{}", stage.story());
    }
}

#[test]
fn a_docker_that_hangs_is_told_of_and_waited_for() {
    let Some((door, stage)) = door("hangs") else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let id = stage.id();
    stage.forget();
    door.deaf(true);
    let since = Instant::now();
    while !stage
        .heard()
        .iter()
        .any(|it| it.contains("STATUS=docker unreachable"))
    {
        assert!(since.elapsed() < HUNG, "{}", stage.story());
        assert!(shim.runs());
        std::thread::sleep(Duration::from_millis(200));
    }
    door.deaf(false);
    stage.until_heard("STATUS=running");
    assert!(stage.longest_pause() < LONGEST_PAUSE);
    assert_eq!(stage.id(), id);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(shim.stopped(&stage), 0);
    each_once_in_order(&stage);
}

#[test]
fn a_stop_while_docker_creates_leaves_nothing() {
    let Some((door, stage)) = door("create") else {
        return;
    };
    door.keep_created();
    let mut shim = stage.shim();
    stage.until("the container", || stage.container("{{.Id}}").is_some());
    assert_eq!(stage.readies(), 0);
    assert_eq!(shim.stopped(&stage), 0);
    assert!(stage.container("{{.Id}}").is_none(), "{}", stage.story());
}
