//! Revisions that exclude each other: no two run at once, and the old one comes back where the new one fails.

use std::time::Duration;

use crate::machine::Machine;
use crate::service::{Revision, settles};

const LEAVE: Duration = Duration::from_secs(60);
/// Counts the service's containers ten times a second and asks the service as often.
const WATCH: &str = "while test -e /root/watch; do docker ps -q --filter name=my-service | wc -l; sleep 0.1; done >/root/counts & \
    while test -e /root/watch; do curl -s -m 1 -o /dev/null 10.9.0.1 && echo up || echo down; sleep 0.1; done >/root/answers &";

#[test]
fn two_revisions_that_exclude_each_other_never_run_at_once() {
    let Some(machine) = Machine::clean() else {
        return;
    };
    let first = Revision::named("first").alone().put(&machine);
    machine.ok("systemctl start my-service@manager");
    settles(&machine, &first, "first", LEAVE);
    machine.ok(&format!("touch /root/watch; {{ {WATCH} }} 2>/dev/null"));

    let (second, rolled) = Revision::named("second").alone().roll(&machine);
    assert_eq!(rolled.code, 0, "{}{}", rolled.out, machine.story());
    settles(&machine, &second, "second", LEAVE);
    let port = machine.ok("docker port $(docker ps -q --filter name=my-service)");
    assert!(port.contains(":8081"), "{port}");
    let down = machine.ok("grep -c down /root/answers || true");
    println!("nobody answered {} times of ten a second", down.trim());

    // What can be known before is known before anybody is told to go.
    machine.ok(": >/root/answers");
    let nowhere = Revision::named("nowhere").alone().of_image("nowhere:1");
    let (_, rolled) = nowhere.roll(&machine);
    assert_eq!(rolled.code, 1, "{}", rolled.out);
    assert_eq!(machine.ok("grep -c down /root/answers || true").trim(), "0");
    settles(&machine, &second, "second", LEAVE);

    let bad = Revision::named("bad").alone().with("ANSWER", "500");
    let (_, rolled) = bad.rollout_key("deadline: 5s").roll(&machine);
    assert_eq!(rolled.code, 1, "{}", rolled.out);
    assert!(rolled.out.contains("500"), "{}", rolled.out);
    settles(&machine, &second, "second", LEAVE);

    machine.ok("rm /root/watch; sleep 1");
    let most = machine.ok("sort -n /root/counts | tail -1");
    assert_eq!(most.trim(), "1", "containers at once");
}
