//! systemd over D-Bus on a real machine: what becomes of a job, how units stand, word of changes, a restart told from a stop.

// Tests start programs and read clocks.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod bed;

use std::io;
use std::time::{Duration, Instant};

use bed::Node;
use wharf::host::bus::Bus;
use wharf::model::job::{JobKind, JobOutcome};
use wharf::model::observed::Unit;

/// In the machine, this program again: asked by the test, and by a unit that is being stopped.
const PROGRAM: &str = "/root/bus";
const ROLE: &str = "WHARF_BUS_ROLE";
const SOON: Duration = Duration::from_secs(60);
const BRIEFLY: Duration = Duration::from_secs(2);

/// One template, several fates. `my-part` has a dash and `@` a path cannot hold.
const UNIT: &str = "[Service]
Type=notify
NotifyAccess=all
ExecStart=/root/fate %i
ExecStop=/bin/sh -c 'test %i != asks || /root/bus the_child --exact --nocapture'
Environment=WHARF_BUS_ROLE=asked
TimeoutStartSec=600
Restart=always
RestartSec=300
";
const NEEDY: &str = "[Unit]
Requires=fails.service
After=fails.service
[Service]
ExecStart=/bin/sleep 1000
";
const FAILS: &str = "[Service]
Type=oneshot
ExecStart=/bin/false
";
const FATE: &str = "#!/bin/sh
case $1 in
    bad) exit 3 ;;
    slow) exec sleep 1000 ;;
    *) systemd-notify --ready --status=\"here: $1\"; exec sleep 1000 ;;
esac
";

#[test]
fn systemd_is_asked_and_heard() {
    let node = Node::fresh();
    let program = std::env::current_exe().unwrap();
    node.copy(program.to_str().unwrap(), PROGRAM);
    node.write("/run/systemd/system/my-part@.service", UNIT);
    node.write("/run/systemd/system/needy.service", NEEDY);
    node.write("/run/systemd/system/fails.service", FAILS);
    node.write("/root/fate", FATE);
    let told = node.ok(&format!(
        "chmod +x /root/fate; {ROLE}=asks {PROGRAM} the_child --exact --nocapture 2>&1"
    ));
    println!("{told}");
    assert!(told.contains("all of it holds"), "{told}");
}

/// Not a test of its own: the program in the machine, started by the test above.
#[test]
fn the_child() {
    let role = std::env::var(ROLE).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    match role.as_str() {
        "asks" => runtime.block_on(ask()),
        "asked" => runtime.block_on(answer()),
        _ => {}
    }
}

/// A unit's stop command: writes down what the stop is part of.
async fn answer() {
    let bus = Bus::connect().await.unwrap();
    let kind = bus.job_type_of("my-part@asks.service").await.unwrap();
    std::fs::write("/root/kind", format!("{kind:?}")).unwrap();
}

async fn ask() {
    let bus = timed("connect", Bus::connect()).await.unwrap();
    timed("daemon-reload", bus.reload()).await.unwrap();
    jobs_have_outcomes(&bus).await;
    units_are_read(&bus).await;
    changes_are_heard(&bus).await;
    a_restart_is_told_from_a_stop(&bus).await;
    mistakes_have_kinds(&bus).await;
    println!("all of it holds");
}

async fn jobs_have_outcomes(bus: &Bus) {
    let start = |name: &'static str| timed(name, bus.start(name, SOON));
    assert_eq!(start("my-part@1.service").await.unwrap(), JobOutcome::Done);
    let again = start("my-part@1.service").await.unwrap();
    println!("a start of what is active: {again}");
    assert_eq!(
        start("my-part@bad.service").await.unwrap(),
        JobOutcome::Failed
    );
    assert_eq!(
        start("needy.service").await.unwrap(),
        JobOutcome::Dependency
    );
    let slow = "my-part@slow.service";
    let late = bus.start(slow, BRIEFLY).await.unwrap();
    assert_eq!(late, JobOutcome::Late);
    assert_eq!(bus.job_type_of(slow).await.unwrap(), Some(JobKind::Start));
    // The second start joins the one under way; a stop takes its place.
    let (joined, ()) = tokio::join!(bus.start(slow, SOON), async {
        tokio::time::sleep(BRIEFLY).await;
        bus.begin_stop(slow).await.unwrap();
    });
    assert_eq!(joined.unwrap(), JobOutcome::Canceled);
    assert_eq!(bus.stop(slow, SOON).await.unwrap(), JobOutcome::Done);
}

async fn units_are_read(bus: &Bus) {
    bus.start("my-part@2.service", SOON).await.unwrap();
    let units = timed("list of four", bus.list("my-part@*.service"))
        .await
        .unwrap();
    let find = |id: &str| -> Unit { units.iter().find(|it| it.id == id).unwrap().clone() };
    let one = find("my-part@1.service");
    assert_eq!(
        (one.active.as_str(), one.sub.as_str()),
        ("active", "running")
    );
    assert_eq!(one.status_text, "here: 1");
    assert!(one.main_pid > 1 && one.restarts == 0, "{one:?}");
    let age = one.active_for.unwrap();
    assert!(
        age > Duration::ZERO && age < Duration::from_secs(120),
        "{age:?}"
    );
    let bad = find("my-part@bad.service");
    assert_eq!(
        (bad.active.as_str(), bad.sub.as_str()),
        ("activating", "auto-restart")
    );
    assert_eq!((bad.result.as_str(), bad.exit_status), ("exit-code", 3));
    assert_eq!(bad.active_for, None);

    bus.kill("my-part@2.service", 9).await.unwrap();
    let killed = until(bus, "my-part@2.service", |it| it.result == "signal").await;
    assert_eq!((killed.exit_status, killed.main_pid), (9, 0));
    for unit in ["my-part@2.service", "my-part@bad.service"] {
        bus.stop(unit, SOON).await.unwrap();
        bus.reset_failed(unit).await.unwrap();
    }
    bus.reset_failed("my-part@never-was.service").await.unwrap();
    let left = bus.list("my-part@*.service").await.unwrap();
    assert!(left.iter().all(|it| it.active != "failed"), "{left:?}");
}

async fn changes_are_heard(bus: &Bus) {
    let mut changes = bus.changes("my-part").await.unwrap();
    let mut others = bus.changes("my").await.unwrap();
    bus.start("my-part@3.service", SOON).await.unwrap();
    changes.next().await.unwrap();
    // More changes than a queue holds, and nobody reads them: answers go on coming.
    for _ in 0..40 {
        bus.start("my-part@4.service", SOON).await.unwrap();
        bus.stop("my-part@4.service", SOON).await.unwrap();
    }
    tokio::time::sleep(BRIEFLY).await;
    changes.next().await.unwrap();
    let quiet = tokio::time::timeout(BRIEFLY, changes.next()).await;
    assert!(quiet.is_err(), "all of it was one change");
    let unit = bus.list("my-part@3.service").await.unwrap().remove(0);
    let since = Instant::now();
    let pid = rustix::process::Pid::from_raw(unit.main_pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    changes.next().await.unwrap();
    println!("word of a death after {:?}", since.elapsed());
    until(bus, "my-part@3.service", |it| it.result == "signal").await;
    let foreign = tokio::time::timeout(BRIEFLY, others.next()).await;
    assert!(foreign.is_err(), "another service's units are none of ours");
}

async fn a_restart_is_told_from_a_stop(bus: &Bus) {
    let unit = "my-part@asks.service";
    bus.start(unit, SOON).await.unwrap();
    assert_eq!(bus.job_type_of(unit).await.unwrap(), None);
    for (verb, expected) in [("restart", "Some(Restart)"), ("stop", "Some(Stop)")] {
        let status = std::process::Command::new("systemctl")
            .args([verb, unit])
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(std::fs::read_to_string("/root/kind").unwrap(), expected);
    }
}

async fn mistakes_have_kinds(bus: &Bus) {
    let missing = bus.start("no-such.service", SOON).await.unwrap_err();
    println!("{missing}");
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let dead = bus.kill("my-part@asks.service", 15).await.unwrap_err();
    println!("{dead}");
    std::fs::remove_file("/run/systemd/system/needy.service").unwrap();
    std::os::unix::fs::symlink("/dev/null", "/run/systemd/system/needy.service").unwrap();
    bus.reload().await.unwrap();
    let masked = bus.start("needy.service", SOON).await.unwrap_err();
    println!("{masked}");
    assert_eq!(masked.kind(), io::ErrorKind::InvalidInput);
}

/// Looks until the unit is as expected.
async fn until(bus: &Bus, id: &str, as_expected: impl Fn(&Unit) -> bool) -> Unit {
    let since = Instant::now();
    loop {
        let unit = bus.list(id).await.unwrap().remove(0);
        if as_expected(&unit) {
            return unit;
        }
        assert!(since.elapsed() < SOON, "{unit:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn timed<T>(what: &str, doing: impl Future<Output = T>) -> T {
    let since = Instant::now();
    let result = doing.await;
    println!("{what}: {:?}", since.elapsed());
    result
}
