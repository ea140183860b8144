//! A cluster for a person: what is wrong, its nodes, its services.

use std::time::Duration;

use super::columns::{Row, columns};
use super::words;
use crate::model::fleet::{Disk, Host};
use crate::model::glance::{Ack, Cell, Glance, Head, Sign, Warning};
use crate::model::revision::RevisionId;
use crate::model::stamp;

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const GREEN: &str = "\u{1b}[32m";

/// Returns the whole of it, what fails first.
pub fn glance(glance: &Glance, colour: bool) -> String {
    let mut text = summary(glance);
    let blocks = [
        warnings(&glance.warnings, colour),
        nodes(&glance.nodes, colour),
        services(&glance.services, colour),
    ];
    for block in blocks.into_iter().filter(|it| !it.is_empty()) {
        text += "\n";
        text += &block;
    }
    text
}

fn summary(glance: &Glance) -> String {
    let away = glance.nodes.iter().filter(|it| it.host.is_none()).count();
    let of = |sign| glance.services.iter().filter(|it| it.sign == sign).count();
    let mut parts = vec![format!("{} nodes", glance.nodes.len())];
    if away > 0 {
        parts.push(format!("{away} away"));
    }
    parts.push(format!("{} services on them", glance.services.len()));
    for (sign, word) in [
        (Sign::Good, "good"),
        (Sign::Changing, "changing"),
        (Sign::Failing, "failing"),
        (Sign::Unknown, "unknown"),
    ] {
        if of(sign) > 0 {
            parts.push(format!("{} {word}", of(sign)));
        }
    }
    let when = glance.when.get(..19).unwrap_or_default().replace('T', " ");
    format!("{when}Z  {}\n", parts.join(", "))
}

/// Returns what was acknowledged, a line each.
pub fn acks(all: &[Ack]) -> String {
    if all.is_empty() {
        return "nothing is acknowledged\n".to_owned();
    }
    let rows = all.iter().map(|it| {
        let target = it
            .service
            .as_ref()
            .map(|service| format!("{service}@{}", it.node));
        let kind = it.kind.map_or("everything", |it| it.name());
        Row::new(plain([
            target.unwrap_or_else(|| it.node.clone()),
            kind.to_owned(),
            known(it),
        ]))
    });
    columns(&rows.collect::<Vec<_>>(), 0)
}

fn known(ack: &Ack) -> String {
    let until = stamp::format(ack.until.saturating_mul(1_000_000_000));
    let until = until.get(..16).unwrap_or_default().replace('T', " ");
    format!("known to {} until {until}Z: {}", ack.who, ack.comment)
}

fn warnings(all: &[Warning], colour: bool) -> String {
    let rows = all.iter().map(|it| {
        let known = it.acknowledged.as_ref();
        let known = known.map(|it| format!("  ({})", self::known(it)));
        let mark = if known.is_some() { "·" } else { "!" };
        let what = format!("{}{}", it.what, known.unwrap_or_default());
        Row {
            cells: plain([
                mark.to_owned(),
                it.target(),
                it.kind.name().to_owned(),
                what,
            ]),
            paint: (colour && it.acknowledged.is_none()).then_some(RED),
        }
    });
    columns(&rows.collect::<Vec<_>>(), 1)
}

fn nodes(all: &[Head], colour: bool) -> String {
    let head = [
        "NODE", "UP", "LOAD", "MEMORY", "DISK", "CPU", "MEM", "IO", "WHARF",
    ];
    let mut rows = vec![Row::new(head.map(str::to_owned).to_vec())];
    let (away, there): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.host.is_none());
    rows.extend(away.iter().chain(&there).map(|it| node(it, colour)));
    columns(&rows, 0)
}

fn node(head: &Head, colour: bool) -> Row {
    let Some(host) = &head.host else {
        let why = head.unreached.as_ref().map_or("", |it| it.what.as_str());
        let next = head.next.as_ref().map(|it| format!("; next: {it}"));
        let why = format!("away: {why}{}", next.unwrap_or_default());
        return Row {
            cells: plain([head.node.clone(), why]),
            paint: colour.then_some(RED),
        };
    };
    let used = host.memory_total.saturating_sub(host.memory_available);
    let [cpu, memory, io] = pressure(host);
    Row {
        cells: plain([
            head.node.clone(),
            words::age(Duration::from_secs_f64(host.uptime.clamp(0.0, 1e12))),
            format!("{:.2}/{}", host.load[0], host.cpus),
            format!("{}/{}", words::bytes(used), words::bytes(host.memory_total)),
            host.disks.iter().map(disk).collect::<Vec<_>>().join(" "),
            cpu,
            memory,
            io,
            head.wharf.clone().unwrap_or_else(|| "-".to_owned()),
        ]),
        paint: None,
    }
}

/// Share of the last minute in which something waited.
fn pressure(host: &Host) -> [String; 3] {
    match host.pressure {
        Some(it) => [it.cpu, it.memory, it.io].map(|it| format!("{it:.0}%")),
        None => [(); 3].map(|()| "-".to_owned()),
    }
}

fn disk(disk: &Disk) -> String {
    let total = disk.used.saturating_add(disk.available).max(1);
    let percent = disk.used as f64 * 100.0 / total as f64;
    format!("{} {percent:.0}%", disk.mount)
}

fn services(all: &[Cell], colour: bool) -> String {
    if all.is_empty() {
        return String::new();
    }
    let head = ["SERVICE", "NODE", "STATE", "REVISION", "SINCE", "DETAIL"];
    let mut rows = vec![Row::new(head.map(str::to_owned).to_vec())];
    let mut sorted: Vec<&Cell> = all.iter().collect();
    sorted.sort_by_key(|it| it.sign);
    rows.extend(sorted.into_iter().map(|it| service(it, colour)));
    columns(&rows, 2)
}

fn service(cell: &Cell, colour: bool) -> Row {
    let dash = || "-".to_owned();
    let short = |it: &String| it.parse().map_or(it.clone(), |it: RevisionId| it.short());
    let paint = match cell.sign {
        Sign::Failing => RED,
        Sign::Unknown | Sign::Changing => YELLOW,
        Sign::Good => GREEN,
    };
    let drift = cell.drift.as_ref().map(|it| format!("differs: {it}"));
    let detail = Some(cell.detail.clone()).filter(|it| !it.is_empty());
    let detail: Vec<String> = detail.into_iter().chain(drift).collect();
    Row {
        cells: plain([
            cell.service.clone(),
            cell.node.clone(),
            cell.state.clone(),
            cell.revision.as_ref().map_or_else(dash, short),
            cell.since
                .map_or_else(dash, |it| words::age(Duration::from_secs(it))),
            detail.join("; "),
        ]),
        paint: colour.then_some(paint),
    }
}

/// Nodes are somebody's machines: nothing they say moves a cursor or begins a line.
fn plain<const N: usize>(cells: [String; N]) -> Vec<String> {
    let line = |it: String| words::plain(&it).replace(['\n', '\t'], " ");
    cells.map(line).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fleet::{Unreached, UnreachedKind};
    use crate::model::glance::Kind;

    #[test]
    fn a_cluster_is_shown_failing_first() {
        let host = Host {
            uptime: 500_000.0,
            load: [0.5, 0.0, 0.0],
            cpus: 2,
            memory_total: 2 << 30,
            memory_available: 1 << 30,
            disks: vec![Disk {
                mount: "/".into(),
                used: 93,
                available: 7,
                ..Disk::default()
            }],
            ..Host::default()
        };
        let head = |node: &str, host: Option<Host>| Head {
            node: node.into(),
            unreached: host.is_none().then(|| Unreached {
                kind: UnreachedKind::Late,
                what: "no answer in 10 s".into(),
            }),
            next: host.is_none().then(|| "ssh -v n2 true".into()),
            host,
            ..Head::default()
        };
        let cell = |node: &str, sign, state: &str| Cell {
            service: "web".into(),
            node: node.into(),
            state: state.into(),
            sign,
            revision: Some("3-0123456789abcdef0123456789abcdef".into()),
            since: Some(90),
            ..Cell::default()
        };
        let warning = |node: &str, kind, known: bool| Warning {
            kind,
            node: node.into(),
            service: None,
            what: "no answer\nin 10 s".into(),
            acknowledged: known.then(|| Ack {
                file: String::new(),
                node: node.into(),
                service: None,
                kind: None,
                comment: "repair".into(),
                who: "me".into(),
                until: 1_795_250_700,
            }),
        };
        let glance = super::glance(
            &Glance {
                when: "2026-11-21T08:45:00.000000000Z".into(),
                warnings: vec![
                    warning("n2", Kind::Down, false),
                    warning("n1", Kind::Disk, true),
                ],
                nodes: vec![head("n1", Some(host)), head("n2", None)],
                services: vec![
                    cell("n1", Sign::Good, "active"),
                    cell("n2", Sign::Failing, "failed"),
                ]
                .into(),
                notices: Vec::new(),
            },
            false,
        );
        let wanted = "\
2026-11-21 08:45:00Z  2 nodes, 1 away, 2 services on them, 1 good, 1 failing

!  n2  down  no answer in 10 s
·  n1  disk  no answer in 10 s  (known to me until 2026-11-21 08:45Z: repair)

NODE  UP  LOAD    MEMORY     DISK   CPU  MEM  IO  WHARF
n2    away: no answer in 10 s; next: ssh -v n2 true
n1    5d  0.50/2  1.0G/2.0G  / 93%  -    -    -   -

SERVICE  NODE  STATE   REVISION   SINCE  DETAIL
web      n2    failed  3-0123456  90s
web      n1    active  3-0123456  90s
";
        assert_eq!(glance, wanted);
    }
}
