//! The manager dies at every point of a rollout, and at random: nobody notices, and the end is the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::load::Load;
use crate::number;
use crate::service::{Revision, serving, settles};

const EACH: Duration = Duration::from_secs(20);
const LEAVE: Duration = Duration::from_secs(90);

/// Kills it as soon as each step is told, each kind once.
#[test]
fn killed_at_each_step_it_comes_to_the_same_end() {
    let Some((machine, _)) = serving() else {
        return;
    };
    machine.copy("tests/box_rollouts/kill-each-step", "/root/kill-each-step");
    let load = Load::begin(&machine, 8, "");
    let mut killer = machine.begin("exec bash /root/kill-each-step");
    // Each wait is longer than systemd's pause before it starts a killed manager again.
    let second = Revision::named("second")
        .with("LISTEN_AFTER", "4")
        .settled_for(5)
        .window_of(8_000);
    let id = second.put(&machine);
    settles(&machine, &id, "second", LEAVE);
    let killed = machine.ok("touch /run/kill-over; sleep 0.2; cat /run/killed-at");
    killer.wait().unwrap();
    println!("killed at:\n{killed}");
    for step in [
        "prepare",
        "start",
        "not ready",
        "to stay ready",
        "add",
        "swap",
        "probe",
        "window",
        "proven",
        "stop",
    ] {
        assert!(killed.contains(step), "never killed at {step}:\n{killed}");
    }
    load.must_have_lost_nothing(&machine);
}

/// Kills it right before and right after each change of the balancer: between the two addresses of one
/// swap, and between a change and the note of it.
#[test]
fn killed_inside_each_change_of_the_balancer_it_comes_to_the_same_end() {
    let Some((machine, _)) = serving() else {
        return;
    };
    let load = Load::begin(&machine, 8, "");
    let script = "tests/box_rollouts/kill-each-change";
    machine.copy(script, "/root/kill-each-change");
    let mut killer = machine.begin("exec bash /root/kill-each-change");
    machine.until(EACH, "test -e /run/killed-at");
    let second = Revision::named("second");
    let id = second.put(&machine);
    settles(&machine, &id, "second", LEAVE);
    let killed = machine.ok("touch /run/kill-over; cat /run/killed-at");
    killer.wait().unwrap();
    println!("killed at:\n{killed}");
    for moment in ["before", "after"] {
        let times = killed.lines().filter(|it| *it == moment).count();
        // One admission and one swap at least; what a shim does first in its absence is not counted.
        assert!(times >= 2, "{moment}: {killed}");
    }
    load.must_have_lost_nothing(&machine);
}

#[test]
fn killed_at_random_it_comes_to_the_same_end() {
    let Some((machine, _)) = serving() else {
        return;
    };
    let kills = number("WHARF_KILLS", 15);
    let seed = number("WHARF_SEED", clock() % 32_768);
    println!("WHARF_KILLS={kills} WHARF_SEED={seed}");
    let load = Load::begin(&machine, 8, "");
    machine.copy("tests/box_rollouts/kill-at-random", "/root/kill-at-random");
    let mut killer = machine.begin(&format!("exec bash /root/kill-at-random {seed} {kills}"));
    let mut rollouts = 0;
    let (id, name) = loop {
        rollouts += 1;
        let revision = Revision::named(format!("r{rollouts}"));
        let id = revision.put(&machine);
        let over = machine.run("wharf roll my-service --detach --timeout 300");
        assert_eq!(over.code, 0, "{}{}", over.out, machine.story());
        if killer.try_wait().unwrap().is_some() {
            break (id, revision.name);
        }
    };
    settles(&machine, &id, &name, LEAVE.max(EACH));
    println!("{kills} kills, {rollouts} rollouts");
    load.must_have_lost_nothing(&machine).print();
}

fn clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}
