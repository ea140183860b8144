//! Real containers, a real dockerd, a real journal and a carrier that is killed: every line exactly once, in order, whole.

mod carrier;
mod container;
mod dockerd;
mod generator;
mod journald;
mod shown;

use std::time::Duration;

use carrier::Child;
use container::Container;
use generator::{Kind, expected, script};
use journald::Journald;
use shown::compare;

fn number(key: &str, otherwise: u64) -> u64 {
    let value = std::env::var(key).ok();
    value.and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// Kills the carrier that often at irregular moments, each time followed by another; the last one
/// sees the container's end.
fn carry_with_kills(container: &Container, kills: u64, every: Duration) {
    let mut child = Child::fresh(container);
    container.start();
    for round in 0..kills {
        let share = 40 + (round * 37) % 60;
        std::thread::sleep(every * u32::try_from(share).unwrap() / 100);
        child.kill();
        // Sometimes at once, sometimes after a while in which nobody reads.
        std::thread::sleep(Duration::from_millis((round * 53) % 300));
        child = Child::resume(container);
    }
    child.wait();
}

#[test]
fn every_line_once_in_order_through_kills() {
    let Some(lab) = container::lab() else { return };
    let lines = number("WHARF_SOAK_LINES", 50_000);
    let kills = number("WHARF_SOAK_KILLS", 5);
    let pace = number("WHARF_SOAK_PACE", 8_000);
    let options = ["max-size=64m", "max-file=4"];
    let script = script(Kind::Mixed, lines, pace);
    let container = lab.create_with_driver("local", "soak", &options, &script, false);
    let every = Duration::from_secs_f64(lines as f64 / pace as f64 / (kills + 1) as f64);
    carry_with_kills(&container, kills, every);
    compare(&container, &expected(Kind::Mixed, lines));
}

#[test]
fn equal_lines_are_counted_not_guessed() {
    let Some(lab) = container::lab() else { return };
    let container = lab.create("equal", &[], &script(Kind::Equal, 400, 200), false);
    carry_with_kills(&container, 4, Duration::from_millis(400));
    compare(&container, &expected(Kind::Equal, 400));
}

#[test]
fn a_burst_survives_a_log_that_is_too_small_for_it() {
    let Some(lab) = container::lab() else { return };
    let lines = number("WHARF_SOAK_BURST", 200_000);
    let container = lab.create(
        "burst",
        &["max-size=1m"],
        &script(Kind::Plain, lines, 0),
        false,
    );
    carry_with_kills(&container, 0, Duration::ZERO);
    compare(&container, &expected(Kind::Plain, lines));
}

#[test]
fn a_terminal_and_its_unterminated_end() {
    let Some(lab) = container::lab() else { return };
    let script = "echo one; printf two; sleep 0.5; echo; printf 'pro\\rgress\\n'; printf end";
    let container = lab.create("tty", &[], script, true);
    carry_with_kills(&container, 0, Duration::ZERO);
    let lines = ["one", "two", "gress", "end"].map(|it| it.as_bytes().to_vec());
    compare(
        &container,
        &generator::Expected {
            stdout: lines.into(),
            stderr: vec![],
        },
    );
}

#[test]
fn a_line_cut_by_a_kill_is_completed_from_dockers_log() {
    let Some(lab) = container::lab() else { return };
    let script = "echo first; sleep 1; printf 'begun '; sleep 2; echo 'and ended'; echo err >&2; sleep 1; printf last";
    let container = lab.create("cut", &[], script, false);
    let mut child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_millis(1700));
    child.kill();
    Child::resume(&container).wait();
    let stdout = ["first", "begun and ended", "last"].map(|it| it.as_bytes().to_vec());
    let stderr = vec![b"err".to_vec()];
    compare(
        &container,
        &generator::Expected {
            stdout: stdout.into(),
            stderr,
        },
    );
}

#[test]
fn what_was_written_while_nobody_read_is_there() {
    let Some(lab) = container::lab() else { return };
    let script = "echo a; sleep 1; echo b; echo c >&2; sleep 1; echo d; sleep 2; echo e";
    let container = lab.create("gap", &[], script, false);
    let mut child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_millis(600));
    child.kill();
    std::thread::sleep(Duration::from_millis(2000));
    Child::resume(&container).wait();
    let stdout = ["a", "b", "d", "e"].map(|it| it.as_bytes().to_vec());
    let stderr = vec![b"c".to_vec()];
    compare(
        &container,
        &generator::Expected {
            stdout: stdout.into(),
            stderr,
        },
    );
}

#[test]
fn a_container_that_ended_while_nobody_read() {
    let Some(lab) = container::lab() else { return };
    let container = lab.create("ended", &[], "echo a; sleep 1; echo b; printf c", false);
    let mut child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_millis(500));
    child.kill();
    std::thread::sleep(Duration::from_millis(1500));
    Child::resume(&container).wait();
    let stdout = ["a", "b", "c"].map(|it| it.as_bytes().to_vec());
    compare(
        &container,
        &generator::Expected {
            stdout: stdout.into(),
            stderr: vec![],
        },
    );
}

#[test]
fn a_log_that_cannot_be_read_costs_only_the_gap() {
    let Some(lab) = container::lab() else { return };
    let script = "echo a; sleep 2; echo b; sleep 1; echo c";
    let container = lab.create_with_driver("none", "none", &[], script, false);
    let mut child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_millis(800));
    child.kill();
    Child::resume(&container).wait();
    let stdout = ["a", "b", "c"].map(|it| it.as_bytes().to_vec());
    compare(
        &container,
        &generator::Expected {
            stdout: stdout.into(),
            stderr: vec![],
        },
    );
}

#[test]
fn a_hanging_journal_holds_up_nobody_for_long() {
    let Some(lab) = container::lab() else { return };
    let journald = Journald::start();
    let script = script(Kind::Mixed, 20_000, 5_000);
    let mut container = lab.create_with_driver("local", "hang", &[], &script, false);
    container.journal = Some(journald.namespace.clone());
    let child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_secs(1));
    journald.hang();
    // It has 3 s of writing left; the carrier lets go of it after 5 s.
    std::thread::sleep(Duration::from_secs(11));
    assert!(
        !container.runs(),
        "the container still waits for the journal"
    );
    journald.go_on();
    child.wait();
    compare(&container, &expected(Kind::Mixed, 20_000));
}

#[test]
fn a_restarted_journal_costs_no_line() {
    let Some(lab) = container::lab() else { return };
    let mut journald = Journald::start();
    let script = "for i in 0 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.4; done";
    let mut container = lab.create("restart", &[], script, false);
    container.journal = Some(journald.namespace.clone());
    let child = Child::fresh(&container);
    container.start();
    std::thread::sleep(Duration::from_millis(1300));
    journald.restart(Duration::from_millis(700));
    child.wait();
    let stdout = (0..10).map(|it| it.to_string().into_bytes()).collect();
    compare(
        &container,
        &generator::Expected {
            stdout,
            stderr: vec![],
        },
    );
}

#[test]
fn a_restarted_dockerd_costs_no_line() {
    let Some(lab) = container::lab() else { return };
    let mut dockerd = dockerd::Dockerd::start();
    let lab = lab.on(&dockerd.host());
    // Slowly: what a daemon has read and neither logged nor passed on when it ends is lost with it.
    let script = script(Kind::Mixed, 1_200, 120);
    let container = lab.create_with_driver("local", "daemon", &[], &script, false);
    let child = Child::fresh(&container);
    container.start();
    for _ in 0..2 {
        std::thread::sleep(Duration::from_secs(2));
        dockerd.restart(Duration::from_millis(500));
    }
    child.wait();
    compare(&container, &expected(Kind::Mixed, 1_200));
    drop(container);
}

#[test]
fn a_terminals_lines_through_kills() {
    let Some(lab) = container::lab() else { return };
    let script = script(Kind::Plain, 4_000, 1_000);
    let container = lab.create("ttykills", &[], &script, true);
    carry_with_kills(&container, 3, Duration::from_millis(1200));
    compare(&container, &expected(Kind::Plain, 4_000));
}

#[test]
fn a_log_that_lost_its_head_is_aligned_by_its_lines() {
    let Some(lab) = container::lab() else { return };
    let script = script(Kind::Plain, 12_000, 2_000);
    let options = ["max-size=2m", "max-file=2"];
    let container = lab.create("head", &options, &script, false);
    carry_with_kills(&container, 3, Duration::from_millis(1800));
    compare(&container, &expected(Kind::Plain, 12_000));
}

/// Not a test of its own: the carrier's process, started by the tests above.
#[test]
fn the_child() {
    carrier::child();
}
