//! Bad revisions: the old one loses no request, the caller is told why, and nothing of the new one is left.

use std::time::Duration;

use crate::load::Load;
use crate::machine::Machine;
use crate::service::{Revision, serving, settles};

const LEAVE: Duration = Duration::from_secs(30);
/// Everything but the long downloads: these are about who is let in.
const LOADS: &str = "--only new,ka,ws,udpfix,udpfresh";

/// Rolls it under load; the report must have these words.
#[track_caller]
fn refused(bad: &Revision, words: &[&str]) {
    refused_after(bad, words, |_| ());
}

#[track_caller]
fn refused_after(bad: &Revision, words: &[&str], before: impl FnOnce(&Machine)) {
    let Some((machine, first)) = serving() else {
        return;
    };
    before(&machine);
    let load = Load::begin(&machine, 1, LOADS);
    let (id, rolled) = bad.roll(&machine);
    println!("{}", rolled.out);
    assert_eq!(rolled.code, 1, "{}{}", rolled.out, machine.story());
    for word in words {
        assert!(
            rolled.out.contains(word),
            "no word of `{word}`:\n{}",
            rolled.out
        );
    }
    settles(&machine, &first, "first", LEAVE);
    load.must_have_lost_nothing(&machine);
    // Given up once, and not tried again by itself.
    let verdict = machine.ok(&format!(
        "cat /var/lib/wharf/rollouts/my-service/verdicts/{id}.json"
    ));
    assert!(verdict.contains("failed"), "{verdict}");
    let told = machine.ok("journalctl -o cat WHARF_EVENT=given_up | wc -l");
    assert!(
        told.trim() == "1" || told.trim() == "2",
        "told {told} times"
    );
}

#[test]
fn one_that_never_becomes_healthy() {
    let bad = Revision::named("bad")
        .with("ANSWER", "500")
        .rollout_key("deadline: 5s");
    refused(&bad, &["500", "/health"]);
}

#[test]
fn one_that_crashes_after_three_seconds() {
    let bad = Revision::named("bad")
        .with("CRASH_AFTER", "3")
        .settled_for(5);
    refused(&bad, &["exit"]);
}

#[test]
fn one_that_becomes_unhealthy_inside_its_window() {
    let bad = Revision::named("bad")
        .with("UNHEALTHY_AFTER", "4")
        .window_of(15_000);
    refused(&bad, &["503"]);
}

#[test]
fn one_whose_image_is_nowhere() {
    let bad = Revision::named("bad").of_image("127.0.0.1:9/nobody/nothing:1");
    refused(&bad, &["cannot pull 127.0.0.1:9/nobody/nothing:1"]);
}

#[test]
fn one_that_never_listens() {
    let bad = Revision::named("bad")
        .with("NEVER_LISTENS", "true")
        .rollout_key("deadline: 5s");
    refused(&bad, &["refused"]);
}

#[test]
fn one_that_sends_everybody_to_https() {
    let bad = Revision::named("bad")
        .with("ANSWER", "301")
        .rollout_key("deadline: 5s");
    refused(&bad, &["301", "https://"]);
}

#[test]
fn one_there_is_no_room_for() {
    let bad = Revision::named("bad");
    refused_after(&bad, &["no space left", "MiB"], |machine| {
        machine.ok("free=$(df --output=avail -B1M /var/lib/docker | tail -n 1); fallocate -l $((free - 60))M /var/lib/docker/full");
    });
}

/// What serves goes on serving when its successor fails, though it was still inside its own window.
#[test]
fn one_that_comes_before_the_old_one_was_proven() {
    let Some(machine) = Machine::clean() else {
        return;
    };
    let first = Revision::named("first").window_of(20_000);
    let id = first.put(&machine);
    machine.ok("systemctl start my-service@manager");
    let load = Load::begin(&machine, 1, LOADS);
    let bad = Revision::named("bad")
        .with("ANSWER", "500")
        .rollout_key("deadline: 5s");
    let (_, rolled) = bad.roll(&machine);
    assert_eq!(rolled.code, 1, "{}{}", rolled.out, machine.story());
    settles(&machine, &id, "first", LEAVE);
    load.must_have_lost_nothing(&machine);
}
