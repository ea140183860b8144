//! Whatever is killed, at random: a unit is active exactly while one container of ours runs.
//!
//! `WHARF_KILLS` is the number of events (6; the soak of BENCHMARKS.md has 200), `WHARF_SEED` repeats a run.

// Tests read clocks, and this one prints what it measured.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bed::Node;

/// One probe interval of a service that says nothing about it: `interval` of a health check is 10 s.
const AT_ODDS_LIMIT_MS: u64 = 10_000;
/// A frozen shim sees nothing until its watchdog, 5 s in this test, ends it.
const FROZEN_LIMIT_MS: u64 = AT_ODDS_LIMIT_MS + 5_000;

/// What the machine may take for the first start, and for one event, on an emulated processor under load.
const START: Duration = Duration::from_secs(300);
const EACH: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Event {
    name: String,
    converged_ms: u64,
    at_odds_ms: u64,
    fault: String,
}

#[test]
fn unit_and_container_agree_again_after_every_kill() {
    let count = number("WHARF_KILLS").unwrap_or(6);
    let seed = number("WHARF_SEED").unwrap_or_else(from_clock);
    println!("WHARF_SEED={seed} WHARF_KILLS={count}");
    let node = Node::fresh();
    node.copy("tests/bed/kills", "/root/kills");
    let limit = START + EACH * u32::try_from(count).unwrap();
    let ran = node.run_long(&format!("bash /root/kills {seed} {count}"), limit);
    assert_eq!(ran.code, 0, "{}", node.story());
    let told = ran.out;

    let events: Vec<Event> = told.lines().filter_map(event).collect();
    assert!(events.len() >= usize::try_from(count).unwrap());
    let bad: Vec<_> = events.iter().filter(|it| !good(it)).collect();
    assert!(bad.is_empty(), "{bad:#?}{}", node.story());
    assert_eq!(told.lines().last(), Some("left 0 0 inactive"));
    report(
        "converged",
        events.iter().map(|it| it.converged_ms).collect(),
    );
    report("at odds", events.iter().map(|it| it.at_odds_ms).collect());
}

fn good(event: &Event) -> bool {
    let limit = if event.name.contains("frozen") {
        FROZEN_LIMIT_MS
    } else {
        AT_ODDS_LIMIT_MS
    };
    event.fault == "-" && event.at_odds_ms <= limit
}

/// `NUMBER EVENT CONVERGED_MS AT_ODDS_MS FAULT`.
fn event(line: &str) -> Option<Event> {
    let words: Vec<_> = line.split(' ').collect();
    let [number, name, converged, at_odds, fault] = words.as_slice() else {
        return None;
    };
    number.parse::<u64>().ok()?;
    Some(Event {
        name: (*name).to_owned(),
        converged_ms: converged.parse().ok()?,
        at_odds_ms: at_odds.parse().ok()?,
        fault: (*fault).to_owned(),
    })
}

fn report(what: &str, mut ms: Vec<u64>) {
    ms.sort_unstable();
    let median = ms[ms.len() / 2];
    println!(
        "{what}: median {median} ms, longest {} ms",
        ms[ms.len() - 1]
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Below 2^15, which is what a shell's RANDOM takes in.
fn from_clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::from(now.subsec_micros()) % 32_768
}
