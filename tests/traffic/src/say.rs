//! All that is printed: a table for people, JSON for tests.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::load::tally::{Account, Failure, Seen, Tally, percentile};

pub(crate) const USAGE: &str = "usage:
  traffic serve [--port 8080] [--revision NAME]         answers NAME; / /health /slow?ms= /download?seconds=&bytes= /ws, UDP echo
      POST /lame /unhealthy /healthy /crash; SIGUSR1 = /lame
      --listen-after S --never-listens true --answer 500|301 --crash-after S --unhealthy-after S (/health only)
      --eat BYTES (per second) --on-term drain|close|abrupt|ignore --drain S --keep-sockets true
  traffic load IP:PORT --seconds S | --until-file F     new, ka, ws, dl, udpfix, udpfresh; exit 1 when anything failed
      --only new,ka --udp IP:PORT --json --connect-limit S --answer-limit S --datagram-limit S --long-seconds S
      --{new,ka,ws,dl,long,udpfix,udpfresh}-{clients,rate} N   (rate: per client and second, 0: as fast as it can)
  traffic ask IP:PORT [PATH]                            exit 0 for 200
every flag is also a variable: --on-term = ON_TERM";

#[allow(clippy::print_stdout, reason = "the place that prints")]
pub(crate) fn line(text: &str) {
    println!("{}", text.trim_end());
}

#[allow(clippy::print_stderr, reason = "the place that prints")]
pub(crate) fn complain(text: &str) {
    eprintln!("traffic: {text}");
}

/// One line for each load, one for each revision.
pub(crate) fn table(tally: &Tally) -> String {
    let kinds = Failure::ALL.map(|it| format!("{:>12}", it.word())).concat();
    let mut text = format!(
        "{:<9} {:>8} {:>7}{kinds} {:>8} {:>8} {:>9}  (ms)\n",
        "load", "answered", "failed", "p50", "p99", "max"
    );
    for (name, account) in &tally.accounts {
        let failures = Failure::ALL.map(|it| account.failures.get(&it).copied().unwrap_or(0));
        let _ = writeln!(
            text,
            "{name:<9} {:>8} {:>7}{} {:>8.1} {:>8.1} {:>9.1}{}",
            account.answered,
            account.failed(),
            failures.map(|it| format!("{it:>12}")).concat(),
            account.within(0.5),
            account.within(0.99),
            account.within(1.0),
            beside(account),
        );
    }
    for (revision, seen) in revisions(tally) {
        let _ = writeln!(
            text,
            "revision {revision}: {} answers, {:.2} s to {:.2} s",
            seen.answers, seen.first, seen.last
        );
    }
    text
}

fn beside(account: &Account) -> String {
    let counts = [
        ("reopened", account.reopened),
        ("told to leave", account.told),
        ("unfinished", account.unfinished),
    ];
    let said = counts.iter().filter(|it| it.1 > 0);
    said.map(|(word, count)| format!("  {word} {count}"))
        .collect()
}

/// All loads together.
fn revisions(tally: &Tally) -> BTreeMap<&str, Seen> {
    let mut all: BTreeMap<&str, Seen> = BTreeMap::new();
    let each = tally.accounts.values().flat_map(|it| &it.revisions);
    for (revision, seen) in each {
        let (answers, first, last) = (0, seen.first, seen.last);
        let entry = Seen {
            answers,
            first,
            last,
        };
        let known = all.entry(revision).or_insert(entry);
        known.answers += seen.answers;
        known.first = known.first.min(seen.first);
        known.last = known.last.max(seen.last);
    }
    all
}

/// One line: `started`, `failed`, `loads` by name, `revisions` of all loads.
pub(crate) fn json(tally: &Tally) -> String {
    let loads = tally
        .accounts
        .iter()
        .map(|(name, it)| format!("\"{name}\":{}", account(it)));
    format!(
        "{{\"started\":{:.3},\"failed\":{},\"answered\":{},\"loads\":{{{}}},\"revisions\":{}}}",
        tally.started,
        tally.failed(),
        tally.accounts.values().map(|it| it.answered).sum::<u64>(),
        loads.collect::<Vec<_>>().join(","),
        seen(revisions(tally).iter().map(|(name, it)| (*name, it))),
    )
}

fn account(it: &Account) -> String {
    let failures = Failure::ALL.map(|kind| {
        let count = it.failures.get(&kind).copied().unwrap_or(0);
        format!("\"{}\":{count}", kind.word())
    });
    format!(
        "{{\"answered\":{},\"failed\":{},{},\"reopened\":{},\"told\":{},\"unfinished\":{},\"p50_ms\":{:.3},\"p99_ms\":{:.3},\"max_ms\":{:.3},\"revisions\":{},\"seconds\":[{}]}}",
        it.answered,
        it.failed(),
        failures.join(","),
        it.reopened,
        it.told,
        it.unfinished,
        it.within(0.5),
        it.within(0.99),
        it.within(1.0),
        seen(it.revisions.iter().map(|(name, it)| (name.as_str(), it))),
        seconds(it),
    )
}

fn seen<'a>(revisions: impl Iterator<Item = (&'a str, &'a Seen)>) -> String {
    let each = revisions.map(|(name, it)| {
        let name = name.replace(['"', '\\'], "?");
        format!(
            "\"{name}\":{{\"answers\":{},\"first\":{:.3},\"last\":{:.3}}}",
            it.answers, it.first, it.last
        )
    });
    format!("{{{}}}", each.collect::<Vec<_>>().join(","))
}

/// Each second in which something happened: what was over in it, and how long that had taken.
fn seconds(it: &Account) -> String {
    let mut by_second: BTreeMap<u32, (Vec<u32>, u64)> = BTreeMap::new();
    for (at, took) in &it.times {
        by_second.entry(at / 1000).or_default().0.push(*took);
    }
    for at in &it.failed_at {
        by_second.entry(at / 1000).or_default().1 += 1;
    }
    let each = by_second.into_iter().map(|(second, (times, failed))| {
        format!(
            "{{\"second\":{second},\"answered\":{},\"failed\":{failed},\"p50_ms\":{:.3},\"p99_ms\":{:.3},\"max_ms\":{:.3}}}",
            times.len(),
            percentile(times.clone(), 0.5),
            percentile(times.clone(), 0.99),
            percentile(times, 1.0)
        )
    });
    each.collect::<Vec<_>>().join(",")
}
