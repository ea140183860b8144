//! The keys of a service with a manager: its address, and how it goes from one revision to the next.

use std::collections::HashSet;
use std::time::Duration;

use crate::decide::quote::quoted;
use crate::decide::signals::docker_signal;
use crate::model::balance::{Address, BalancerKind, Scheduler};
use crate::model::revision::REPLICAS_MOST;
use crate::model::rollout::{Drain, Hint, Order, Rollout};

use super::{
    fields::{Entry, Fields},
    findings::Findings,
    keys, naming,
};

/// What the unit of a manager is called behind the service's name.
const MANAGER: &str = "@manager";
/// Addresses of one service.
const MOST_ADDRESSES: usize = 32;
/// Revisions kept beside those in use.
const KEEP_MOST: u64 = 1000;
/// The longest any wait of a rollout may be.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 86_400);
/// Connections have to be counted at least three times.
const SHORTEST_DRAIN: Duration = Duration::from_secs(1);

const BALANCERS: [(&str, Option<BalancerKind>); 4] = [
    ("auto", None),
    ("ipvs", Some(BalancerKind::Ipvs)),
    ("nftables", Some(BalancerKind::Nftables)),
    ("relay", Some(BalancerKind::Relay)),
];
const SCHEDULERS: [(&str, Scheduler); 4] = [
    ("rr", Scheduler::Rr),
    ("wrr", Scheduler::Wrr),
    ("lc", Scheduler::Lc),
    ("sh", Scheduler::Sh),
];
const DRAINS: [(&str, Leaving); 3] = [
    ("term-first", Leaving::TermFirst),
    ("wait-first", Leaving::WaitFirst),
    ("lame", Leaving::Lame),
];
const ORDERS: [(&str, Order); 2] = [
    ("start-first", Order::StartFirst),
    ("stop-first", Order::StopFirst),
];
const HINTS: [&str; 3] = ["drain_signal", "drain_http", "drain_exec"];

#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    TermFirst,
    WaitFirst,
    Lame,
}

/// Returns what the keys ask for; the default of each that is not there.
pub(super) fn read(top: &Fields<'_>, name: &str, found: &mut Findings) -> Rollout {
    let mut rollout = Rollout {
        addresses: top.read("address", found, addresses).unwrap_or_default(),
        ..Rollout::default()
    };
    if let Some(kind) = top.read("balancer", found, |it, found| it.choice(&BALANCERS, found)) {
        rollout.balancer = kind;
    }
    if let Some(kind) = top.read("scheduler", found, |it, found| {
        it.choice(&SCHEDULERS, found)
    }) {
        rollout.scheduler = kind;
    }
    rollout.persistence = top.read("persistence", found, seconds);
    let replicas =
        |it: &Entry<'_>, found: &mut Findings| it.whole(1..=u64::from(REPLICAS_MOST), found);
    if let Some(number) = top.read("replicas", found, replicas) {
        rollout.replicas = u16::try_from(number).unwrap_or(REPLICAS_MOST);
    }
    rollout.wants = top
        .read("wants", found, |it, found| Some(wants(it, name, found)))
        .unwrap_or_default();
    if let Some(section) = top.read("rollout", found, |it, found| {
        it.fields(keys::ROLLOUT, found)
    }) {
        waits(&section, &mut rollout, found);
        rollout.drain = drain(&section, found);
        if let Some(order) = section.read("order", found, |it, found| it.choice(&ORDERS, found)) {
            rollout.order = order;
        }
    }
    unspecified(top, &rollout, found);
    rollout
}

fn addresses(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<Address>> {
    if entry.scalar().is_some() {
        return address(entry, found).map(|it| vec![it]);
    }
    let items = entry.items(found);
    if items.len() > MOST_ADDRESSES {
        entry.mistake(format!("more than {MOST_ADDRESSES} addresses"), found);
        return None;
    }
    let mut seen = HashSet::new();
    let mut addresses = Vec::new();
    for item in &items {
        let Some(address) = address(item, found) else {
            continue;
        };
        if !seen.insert(address) {
            item.mistake(format!("{address} stands here twice"), found);
        }
        addresses.push(address);
    }
    Some(addresses)
}

fn address(entry: &Entry<'_>, found: &mut Findings) -> Option<Address> {
    let address = entry.scalar().and_then(|it| it.parse().ok());
    if address.is_none() {
        entry.wrong(
            "an address like `10.9.0.1:80`, `[fd00::1]:80` or `10.9.0.1:53/udp`",
            found,
        );
    }
    address
}

/// Only a process can listen on every address of a host; a kernel's balancer is asked for one.
fn unspecified(top: &Fields<'_>, rollout: &Rollout, found: &mut Findings) {
    let any = rollout
        .addresses
        .iter()
        .find(|it| it.at.ip().is_unspecified());
    if let (Some(any), Some(entry)) = (any, top.get("address"))
        && rollout.balancer != Some(BalancerKind::Relay)
    {
        let what = format!("{any} is every address of the host, and the kernel balances one");
        entry.mistake_with(
            what,
            "name the address clients use, or set `balancer: relay`",
            found,
        );
    }
}

fn seconds(entry: &Entry<'_>, found: &mut Findings) -> Option<Duration> {
    let time = wait(entry, found)?;
    if time.subsec_nanos() != 0 || time.is_zero() {
        entry.wrong("whole seconds, at least one", found);
        return None;
    }
    Some(time)
}

fn wait(entry: &Entry<'_>, found: &mut Findings) -> Option<Duration> {
    let time = entry.duration(found)?;
    if time > LONGEST_WAIT {
        entry.wrong("at most seven days", found);
        return None;
    }
    Some(time)
}

fn waits(section: &Fields<'_>, rollout: &mut Rollout, found: &mut Findings) {
    let take = |key: &str, to: &mut Duration, found: &mut Findings| {
        if let Some(time) = section.read(key, found, wait) {
            *to = time;
        }
    };
    take("settle", &mut rollout.settle, found);
    take("min_healthy", &mut rollout.min_healthy, found);
    take("drain_timeout", &mut rollout.drain_timeout, found);
    take("deadline", &mut rollout.deadline, found);
    if let Some(number) = section.read("keep", found, |it, found| it.whole(1..=KEEP_MOST, found)) {
        rollout.keep = usize::try_from(number).unwrap_or(usize::MAX);
    }
    if let Some(entry) = section.get("drain_timeout")
        && rollout.drain_timeout < SHORTEST_DRAIN
    {
        let hint = "connections are counted three times before they are over: `1s` or more";
        entry.mistake_with(
            "`drain_timeout` is too short to see a connection end",
            hint,
            found,
        );
    }
    let entry = ["min_healthy", "settle", "deadline"]
        .iter()
        .find_map(|it| section.get(it));
    if let Some(entry) = entry
        && (rollout.min_healthy >= rollout.deadline || rollout.settle >= rollout.deadline)
    {
        let what = format!(
            "`min_healthy` ({:?}) and `settle` ({:?}) have to be shorter than `deadline` ({:?})",
            rollout.min_healthy, rollout.settle, rollout.deadline
        );
        entry.mistake_with(
            what,
            "`deadline` is the longest a whole start may take",
            found,
        );
    }
}

fn drain(section: &Fields<'_>, found: &mut Findings) -> Drain {
    let order = section
        .read("drain", found, |it, found| it.choice(&DRAINS, found))
        .unwrap_or(Leaving::TermFirst);
    let hints: Vec<Entry<'_>> = HINTS.iter().filter_map(|it| section.get(it)).collect();
    if order != Leaving::Lame {
        for entry in &hints {
            found.mistake_with(
                entry.place,
                &entry.path,
                "this means something with `drain: lame` only",
                "add `drain: lame`, or leave it out",
            );
        }
    }
    match order {
        Leaving::TermFirst => Drain::TermFirst,
        Leaving::WaitFirst => Drain::WaitFirst,
        Leaving::Lame => hint(section, &hints, found).map_or(Drain::TermFirst, Drain::Lame),
    }
}

fn hint(section: &Fields<'_>, hints: &[Entry<'_>], found: &mut Findings) -> Option<Hint> {
    match hints {
        [] => {
            let entry = section.get("drain")?;
            let hint =
                "add `drain_signal: SIGUSR1`, `drain_http: /path` or `drain_exec: [program]`";
            entry.mistake_with("`lame` does not say how the program is told", hint, found);
        }
        [_] => {}
        [_, second, ..] => {
            second.mistake_with("the program is told in two ways", "keep one", found)
        }
    }
    let signal = section.read("drain_signal", found, |it, found| {
        let signal = docker_signal(&it.word(found)?);
        if signal.is_none() {
            it.wrong("a signal like `SIGUSR1` or `SIGWINCH`", found);
        }
        signal
    });
    let path = section.read("drain_http", found, |it, found| {
        let path = it.word(found)?;
        if !path.starts_with('/') || path.contains(char::is_whitespace) {
            it.wrong("a path like `/drain`", found);
            return None;
        }
        Some(path)
    });
    let exec = section.read("drain_exec", found, Entry::command);
    signal
        .map(Hint::Signal)
        .or(path.map(Hint::Http))
        .or(exec.map(Hint::Exec))
}

fn wants(entry: &Entry<'_>, own: &str, found: &mut Findings) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in entry.items(found) {
        let Some(typed) = item.word(found) else {
            continue;
        };
        let name = typed.strip_suffix(MANAGER).unwrap_or(&typed);
        if let Some((what, hint)) = naming::name_fault(name) {
            item.mistake_with(format!("{}: {what}", quoted(name)), hint, found);
        } else if name == own {
            item.mistake("a service cannot wait for itself", found);
        } else if names.iter().any(|it| it == name) {
            item.mistake(format!("{} stands here twice", quoted(name)), found);
        } else {
            names.push(name.to_owned());
        }
    }
    names
}
