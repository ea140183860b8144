//! What operators and the machine do to a service meanwhile: two managers, pause, abort, restarts, stops.

use std::time::Duration;

use crate::load::Load;
use crate::service::{Revision, serving, settles};

const SOON: Duration = Duration::from_secs(20);
const LEAVE: Duration = Duration::from_secs(60);
const LAUNCH: &str = "wharf launch my-service manager 10.9.0.1:80,10.9.0.1:80/udp";

#[test]
fn a_second_manager_is_told_who_the_first_is() {
    let Some((machine, first)) = serving() else {
        return;
    };
    let pid = machine.ok("systemctl show -p MainPID --value my-service@manager");
    let second = machine.run(LAUNCH);
    assert_eq!(second.code, 1, "{}", second.out);
    let who = format!("my-service@manager.service (process {})", pid.trim());
    assert!(second.out.contains(&who), "{who}\n{}", second.out);
    settles(&machine, &first, "first", SOON);
}

#[test]
fn a_rollout_is_paused_goes_on_and_is_aborted() {
    let Some((machine, first)) = serving() else {
        return;
    };
    let load = Load::begin(&machine, 4, "");
    machine.ok("wharf pause my-service");
    let second = Revision::named("second");
    let id = second.put(&machine);
    std::thread::sleep(Duration::from_secs(3));
    settles(&machine, &first, "first", SOON);
    machine.ok("wharf resume my-service");
    settles(&machine, &id, "second", LEAVE);

    let third = Revision::named("third").window_of(60_000);
    let third_id = third.put(&machine);
    machine.until(SOON, "test \"$(curl -s -m 2 10.9.0.1)\" = third");
    machine.ok("wharf abort my-service");
    settles(&machine, &id, "second", LEAVE);
    let again = machine.run("wharf abort my-service");
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(again.out.contains("given up already"), "{}", again.out);
    load.must_have_lost_nothing(&machine);
    assert_ne!(third_id, id);
}

#[test]
fn docker_may_be_restarted_in_the_middle() {
    let Some((machine, _)) = serving() else {
        return;
    };
    let load = Load::begin(&machine, 8, "");
    // Once while the new one starts, once while both are there.
    let second = Revision::named("second")
        .with("LISTEN_AFTER", "4")
        .window_of(8_000);
    let id = second.put(&machine);
    machine.until(
        SOON,
        &format!("docker ps --format '{{{{.Names}}}}' | grep -q {id}"),
    );
    machine.ok("systemctl restart docker");
    machine.until(LEAVE, "test \"$(curl -s -m 2 10.9.0.1)\" = second");
    machine.ok("systemctl restart docker");
    let took = settles(&machine, &id, "second", LEAVE);
    println!(
        "settled {:.1} s after docker's second restart",
        took.as_secs_f64()
    );
    load.must_have_lost_nothing(&machine);
}

#[test]
fn a_restarted_manager_keeps_its_instances_and_a_stopped_one_takes_them_down() {
    let Some((machine, first)) = serving() else {
        return;
    };
    let load = Load::begin(&machine, 4, "");
    let ids = "docker ps -aq --no-trunc";
    let before = machine.ok(ids);
    machine.ok("systemctl restart my-service@manager");
    settles(&machine, &first, "first", SOON);
    assert_eq!(machine.ok(ids), before);
    load.must_have_lost_nothing(&machine);

    machine.ok("systemctl stop my-service@manager");
    assert_eq!(machine.ok(ids), "");
    let units = "systemctl list-units --plain --no-legend 'my-service@*'";
    assert_eq!(machine.ok(units), "");
    let table = machine.ok("nft list table inet wharf");
    assert!(!table.contains("10.9.0.1"), "{table}");
    machine.ok("systemctl start my-service@manager");
    settles(&machine, &first, "first", SOON);
}
