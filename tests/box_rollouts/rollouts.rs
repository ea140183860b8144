//! Good revisions, one after the other: nobody notices.

use std::time::{Duration, Instant};

use crate::load::Load;
use crate::machine::Machine;
use crate::number;
use crate::service::{Revision, serving, serving_drained_for, settles};

const LEAVE: Duration = Duration::from_secs(90);

#[test]
fn rollouts_under_full_load_lose_nothing() {
    let rollouts = number("WHARF_ROLLOUTS", 5);
    let requests = number("WHARF_REQUESTS", 2_000);
    // The long run is about as much as clients can ask that share two processors with what they ask.
    let (long, window, words) = match rollouts > 20 {
        true => (60, 8_000, "--ka-rate 150 --new-rate 16 --ws-rate 20"),
        false => (8, 1_000, "--udpfix-clients 4 --udpfix-rate 100"),
    };
    let drain = u64::from(long) + 12;
    let Some((machine, _)) = serving_drained_for(drain) else {
        return;
    };
    let load = Load::begin(&machine, long, words);
    let mut took = Vec::new();
    let mut last = None;
    for number in 1..=rollouts {
        let revision = Revision::named(format!("r{number}"))
            .drained_for(drain)
            .window_of(window);
        let id = revision.put(&machine);
        let since = Instant::now();
        machine.ok("wharf roll my-service --detach --timeout 120");
        took.push(since.elapsed());
        last = Some((id, revision.name));
    }
    let (id, name) = last.unwrap();
    settles(&machine, &id, &name, LEAVE);
    let tally = load.must_have_lost_nothing(&machine);
    tally.print();
    assert!(tally.answered() >= requests, "{}", tally.answered());
    report("seconds from command to proven", &took);
    swaps(&machine);
}

#[test]
fn going_back_while_the_old_one_is_warm_takes_milliseconds() {
    let Some((machine, first)) = serving() else {
        return;
    };
    let load = Load::begin(&machine, 8, "");
    let second = Revision::named("second").window_of(30_000);
    let id = second.put(&machine);
    machine.until(
        Duration::from_secs(20),
        "test \"$(curl -s -m 2 10.9.0.1)\" = second",
    );
    let before = machine.ok("docker ps --no-trunc -q --filter name=my-service.");
    assert_eq!(before.lines().count(), 2, "{before}");
    let undo = undo(&machine);
    println!("going back took ms, {undo:?}");
    assert!(undo.written_to_swapped < 500.0, "{undo:?}");
    machine.until(
        Duration::from_secs(1),
        "test \"$(curl -s -m 2 10.9.0.1)\" = first",
    );
    settles(&machine, &first, "first", LEAVE);
    let after = machine.ok("docker ps --no-trunc -q --filter name=my-service.");
    // The very container that was kept.
    assert!(before.contains(after.trim()), "{before}{after}");
    load.must_have_lost_nothing(&machine);
    assert_ne!(id, first);
    swaps(&machine);
}

/// Milliseconds of one `wharf rollback`.
#[derive(Debug)]
#[allow(dead_code, reason = "printed")]
struct Undo {
    typed_to_returned: f64,
    typed_to_swapped: f64,
    /// From the file that names the wanted revision to weights written and read back.
    written_to_swapped: f64,
}

fn undo(machine: &Machine) -> Undo {
    let line = r#"before=$(date +%s%N); wharf rollback my-service >/dev/null 2>&1; after=$(date +%s%N); sleep 1; \
        written=$(stat -c %.9Y "$(find /var/lib/wharf -name wanted)" | tr -d .); \
        swapped=$(journalctl -o json -n 1 WHARF_EVENT=swapped | jq -r .__REALTIME_TIMESTAMP); \
        echo $before $after $written ${swapped}000"#;
    let said = machine.ok(line);
    let times: Vec<i64> = said
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    let [before, after, written, swapped] = times[..] else {
        panic!("{said}");
    };
    let milliseconds = |from: i64, to: i64| (to - from) as f64 / 1e6;
    Undo {
        typed_to_returned: milliseconds(before, after),
        typed_to_swapped: milliseconds(before, swapped),
        written_to_swapped: milliseconds(written, swapped),
    }
}

/// Prints what each swap took.
fn swaps(machine: &Machine) {
    let line = "journalctl -o cat WHARF_EVENT=swapped | jq '.data.took_us' | sort -n | xargs";
    println!("swaps took µs: {}", machine.ok(line).trim());
}

fn report(what: &str, all: &[Duration]) {
    let mut all: Vec<_> = all.iter().map(Duration::as_secs_f64).collect();
    all.sort_by(f64::total_cmp);
    let at = |share: usize| all[(all.len() - 1) * share / 100];
    println!(
        "{what}: p50 {:.1}, p99 {:.1}, longest {:.1}",
        at(50),
        at(99),
        at(100)
    );
}
