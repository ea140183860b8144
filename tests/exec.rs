//! Commands inside a real container: their ends, their limits, and when even the kill cannot reach them.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a test starts programs, reads the clock, says what it skips

mod sandbox;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use sandbox::{Sandbox, daemon};
use wharf::model::check::{Check, OnFailure, Order, Probe};
use wharf::model::seen::{Exit, NoAnswer};
use wharf::shim::checks::Checks;

const LIMIT: Duration = Duration::from_secs(10);
/// Set in the copy of this program that sees no process but its own.
const BLINDFOLD: &str = "WHARF_TEST_BLINDFOLD";

#[tokio::test]
async fn a_command_runs_in_the_container() {
    let Some(docker) = daemon().await else { return };
    let container = Sandbox::start(&[], "sleep 300");
    let order = Order {
        environment: [("WORD".into(), "in".into())].into(),
        workdir: Some("/bin".into()),
        ..Order::shell("hostname; cat; echo $WORD; pwd; echo no >&2; exit 3")
    };
    let stdin = Some(b"fed\n".to_vec());
    let (output, left) = docker.exec(&container.0, &order, stdin, LIMIT).await;
    let output = output.unwrap();
    let expected = format!("{}\nfed\nin\n/bin\n", &container.0[..12]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(output.stderr, b"no\n");
    assert_eq!((output.exit, left), (Exit::Code(3), None));

    let missing = Order::new(["/no/such/thing"]);
    let (output, _) = docker.exec(&container.0, &missing, None, LIMIT).await;
    // Docker starts it all the same, says why it cannot on stdout, and ends it as a shell would.
    let output = output.unwrap();
    assert!(matches!(output.exit, Exit::Code(126 | 127)), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("/no/such/thing"));

    let much = Order::shell("head -c 3000000 /dev/zero; echo end >&2");
    let (output, _) = docker.exec(&container.0, &much, None, LIMIT).await;
    let output = output.unwrap();
    assert!(output.cut && output.stdout.len() == 64 * 1024 && output.stderr == b"end\n");
}

#[tokio::test]
async fn a_hanging_command_in_the_container_is_killed_with_what_it_started() {
    let Some(docker) = daemon().await else { return };
    let container = Sandbox::start(&[], "sleep 300");
    let limit = Duration::from_secs(1);
    let order = Order::shell("sleep 4567 & trap '' TERM; sleep 4567");
    let began = Instant::now();
    let (output, left) = docker.exec(&container.0, &order, None, limit).await;
    assert_eq!((output, left), (Err(NoAnswer::Killed(limit)), None));
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    for _ in 0..50 {
        if !docker_top(&container.0).contains("4567") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}", docker_top(&container.0));
}

fn docker_top(id: &str) -> String {
    sandbox::docker(&["top", id, "-eo", "pid,args"])
}

/// Runs this one test again where the host's processes cannot be seen, let alone killed.
#[test]
fn a_command_that_cannot_be_ended_is_not_started_again() {
    if std::env::var_os(BLINDFOLD).is_some() {
        return hung_in_the_container();
    }
    let again = Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("a_command_that_cannot_be_ended_is_not_started_again")
        .env(BLINDFOLD, "1")
        .status();
    let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
    match again {
        Ok(status) if status.success() => {}
        // Making a namespace takes root; what failed inside it has said so.
        Ok(status) if status.code() != Some(1) || needed.iter().any(Option::is_some) => {
            panic!("{status}")
        }
        Ok(status) => println!("SKIPPED: unshare ended with {status}"),
        Err(why) => println!("SKIPPED: unshare: {why}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn hung_in_the_container() {
    let Some(docker) = daemon().await else { return };
    let container = Sandbox::start(&[], "sleep 300");
    let check = Check {
        name: "hangs".into(),
        probe: Probe::Exec(Order::new(["sleep", "4321"])),
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(500),
        rise: 1,
        fall: 3,
        start_period: Duration::ZERO,
        on_failure: OnFailure::Log,
    };
    let (checks, mut verdicts) =
        Checks::start(docker, &container.0, None, Duration::ZERO, None, &[check]);
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(verdicts.recv().await.unwrap().answer.summary);
    }
    assert!(said[0].contains("it still runs: process"), "{said:?}");
    for summary in &said[1..] {
        assert!(summary.contains("no other is started"), "{said:?}");
    }
    assert_eq!(docker_top(&container.0).matches("4321").count(), 1);
    // Once it is gone the check is asked again.
    let line = "for it in /proc/[0-9]*; do grep -q '432[1]' $it/cmdline && kill -9 ${it#/proc/}; done; true";
    sandbox::docker(&["exec", &container.0, "/bin/sh", "-c", line]);
    let until = Instant::now() + LIMIT;
    while Instant::now() < until {
        let summary = verdicts.recv().await.unwrap().answer.summary;
        if summary.contains("it still runs: process") {
            return checks.stop().await;
        }
    }
    panic!("it was never asked again");
}
