//! The relay beneath a manager and a real systemd: rollouts, its own restarts and upgrades, and what a kill costs.

use std::time::{Duration, Instant};

use crate::load::Load;
use crate::machine::Machine;
use crate::number;
use crate::service::{Revision, settles_relayed};

const SOON: Duration = Duration::from_secs(20);
const LEAVE: Duration = Duration::from_secs(90);
const UNIT: &str = "wharf-relay@my-service";

/// A machine on which a first revision, `first`, serves through the relay.
#[track_caller]
fn relayed() -> Option<(Machine, String)> {
    let machine = Machine::clean()?;
    let first = Revision::named("first").relayed().put(&machine);
    machine.ok("systemctl start my-service@manager");
    settles_relayed(&machine, &first, "first", LEAVE);
    Some((machine, first))
}

#[test]
fn the_relay_is_rolled_restarted_and_upgraded_under_load_and_loses_nothing() {
    let restarts = number("WHARF_RESTARTS", 3);
    let requests = number("WHARF_RELAY_REQUESTS", 2_000);
    // Every download and every WebSocket outlives several restarts.
    let words = match restarts > 20 {
        true => "--ka-rate 150 --new-rate 16 --ws-rate 20",
        false => "",
    };
    let Some((machine, _)) = relayed() else {
        return;
    };
    let load = Load::begin(&machine, 12, words);
    let second = Revision::named("second").relayed().put(&machine);
    settles_relayed(&machine, &second, "second", LEAVE);
    let third = Revision::named("third").relayed().window_of(30_000);
    third.put(&machine);
    machine.until(SOON, "test \"$(curl -s -m 2 10.9.0.1)\" = third");
    machine.ok("wharf rollback my-service");
    settles_relayed(&machine, &second, "second", LEAVE);

    let mut took = Vec::new();
    for turn in 0..restarts {
        let since = Instant::now();
        machine.ok(&format!("systemctl restart {UNIT}"));
        took.push(since.elapsed());
        pause();
        if turn % 2 == 0 {
            // Both processes are restarted in the next turn, each with connections of its own.
            machine.ok(&format!("systemctl reload {UNIT}"));
            pause();
        }
    }
    let fourth = Revision::named("fourth").relayed().put(&machine);
    machine.ok(&format!("systemctl kill -s TERM {UNIT}"));
    settles_relayed(&machine, &fourth, "fourth", LEAVE);
    let left = format!("systemctl show -p NFileDescriptorStore --value {UNIT}");
    assert_eq!(machine.ok(&left).trim(), "0", "stored and never taken out");
    let tally = load.must_have_lost_nothing(&machine);
    tally.print();
    took.sort();
    println!("{restarts} restarts, median {:?}", took[took.len() / 2]);
    assert!(tally.answered() >= requests, "{}", tally.answered());
    let refused = machine.run(&format!("journalctl -u {UNIT} -p err --no-pager -q"));
    assert_eq!(refused.out, "");
}

/// Asks over a connection that stays open in the shell as descriptor 3.
const ASK: &str = "ask() { printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3; timeout 5 head -c 12 <&3 | grep -q '200'; \
    timeout 1 cat <&3 >/dev/null; true; }";

#[test]
fn a_killed_relay_is_back_at_once_and_a_killed_successor_takes_only_its_own() {
    let Some((machine, _)) = relayed() else {
        return;
    };
    let main = format!("$(systemctl show -p MainPID --value {UNIT})");
    let ask = ASK;
    machine.ok(&format!(
        "{ask}; exec 3<>/dev/tcp/10.9.0.1/80; ask; old={main}; systemctl reload {UNIT}; \
         for i in $(seq 100); do new={main}; test $old != $new && break; sleep 0.1; done; \
         test $old != $new; kill -KILL $new; \
         for i in $(seq 100); do sleep 0.1; test {main} != $new && systemctl -q is-active {UNIT} && break; done; \
         test {main} != $new; ! test -e /proc/$old; \
         printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3; timeout 5 head -c 15 <&3 | grep 200"
    ));
    let since = Instant::now();
    machine.ok(&format!("kill -KILL {main}; curl -s -m 5 10.9.0.1"));
    println!("answered {:?} after a kill", since.elapsed());
}

fn pause() {
    std::thread::sleep(Duration::from_secs(1));
}
