//! What is wrong with a node or a service, by thresholds that leave a healthy host in peace.

use crate::model::fleet::{Disk, Host};
use crate::model::glance::{Ack, Cell, Head, Kind, Sign, Warning};

/// Memory that programs can still have: less than this share of all is too little.
const MEMORY_LEAST: f64 = 0.10;
/// Runnable tasks for each processor, over five minutes.
const LOAD_MOST: f64 = 1.5;
/// A disk is full when this share is used and less than this many bytes are left: ten per cent of a
/// large disk are plenty.
const DISK_MOST: f64 = 0.90;
const DISK_LEAST: u64 = 10_000_000_000;
/// Seconds a clock may differ.
const CLOCK_MOST: f64 = 10.0;

/// Returns everything that is wrong, what nobody has acknowledged first. `now`: seconds since 1970.
pub fn warnings(nodes: &[Head], services: &[Cell], acks: &[Ack], now: u64) -> Vec<Warning> {
    let mut all: Vec<Warning> = nodes.iter().flat_map(about_node).collect();
    all.extend(services.iter().filter_map(about_service));
    for warning in &mut all {
        warning.acknowledged = acks.iter().find(|it| covers(it, warning, now)).cloned();
    }
    all.sort_by_key(|it| it.acknowledged.is_some());
    all
}

/// Whether somebody has said so, and still means it.
fn covers(ack: &Ack, warning: &Warning, now: u64) -> bool {
    ack.node == warning.node
        && ack.service == warning.service
        && ack.kind.is_none_or(|it| it == warning.kind)
        && ack.until > now
}

fn about_node(head: &Head) -> Vec<Warning> {
    let warning = |(kind, what): (Kind, String)| Warning {
        kind,
        node: head.node.clone(),
        service: None,
        what,
        acknowledged: None,
    };
    let mut found = match (&head.host, &head.unreached) {
        (_, Some(why)) => vec![(Kind::Down, why.what.clone())],
        (Some(host), None) => about_host(host, head.clock_ahead),
        (None, None) => Vec::new(),
    };
    found.extend(head.ingress.iter().map(|it| (Kind::Ingress, it.clone())));
    found.into_iter().map(warning).collect()
}

fn about_host(host: &Host, ahead: f64) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let left = host.memory_available as f64 / host.memory_total.max(1) as f64;
    if host.memory_total > 0 && left < MEMORY_LEAST {
        let percent = left * 100.0;
        found.push((
            Kind::Memory,
            format!("{percent:.0} % of its memory is left"),
        ));
    }
    let load = host.load[1];
    if host.cpus > 0 && load > LOAD_MOST * f64::from(host.cpus) {
        let cpus = host.cpus;
        found.push((Kind::Load, format!("load {load:.1} on {cpus} processors")));
    }
    found.extend(host.disks.iter().filter_map(about_disk));
    if host.clock > 0.0 && ahead.abs() > CLOCK_MOST {
        let way = if ahead > 0.0 { "ahead of" } else { "behind" };
        let seconds = ahead.abs();
        found.push((
            Kind::Clock,
            format!("its clock is {seconds:.0} s {way} this machine's"),
        ));
    }
    found
}

/// What root may still use is not counted as room.
fn about_disk(disk: &Disk) -> Option<(Kind, String)> {
    let total = disk.used.saturating_add(disk.available);
    let share = disk.used as f64 / total.max(1) as f64;
    (share > DISK_MOST && disk.available < DISK_LEAST).then(|| {
        let (percent, left) = (share * 100.0, disk.available / 1_000_000);
        let text = format!("{} is {percent:.0} % full, {left} MB are left", disk.mount);
        (Kind::Disk, text)
    })
}

/// A node that is away is said once, not for each of its services.
fn about_service(cell: &Cell) -> Option<Warning> {
    let state = match cell.sign {
        Sign::Failing => cell.state.as_str(),
        Sign::Unknown | Sign::Changing | Sign::Good => return None,
    };
    let detail = match cell.detail.as_str() {
        "" => String::new(),
        text => format!(": {text}"),
    };
    Some(Warning {
        kind: Kind::Unit,
        node: cell.node.clone(),
        service: Some(cell.service.clone()),
        what: format!("{} is {state}{detail}", cell.unit),
        acknowledged: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fleet::{Unreached, UnreachedKind};

    fn host() -> Host {
        Host {
            clock: 1.0,
            load: [0.0, 3.0, 0.0],
            cpus: 2,
            memory_total: 1000,
            memory_available: 100,
            disks: vec![Disk {
                used: 90,
                available: 10,
                ..Disk::default()
            }],
            ..Host::default()
        }
    }

    fn kinds(host: Host, clock_ahead: f64) -> Vec<Kind> {
        let head = Head {
            host: Some(host),
            clock_ahead,
            ..Head::default()
        };
        let all = warnings(&[head], &[], &[], 0);
        all.iter().map(|it| it.kind).collect()
    }

    #[test]
    fn each_threshold_bites_only_behind_itself() {
        assert_eq!(kinds(host(), 10.0), []);
        assert_eq!(
            kinds(
                Host {
                    memory_available: 99,
                    ..host()
                },
                0.0
            ),
            [Kind::Memory]
        );
        assert_eq!(
            kinds(
                Host {
                    load: [0.0, 3.1, 0.0],
                    ..host()
                },
                0.0
            ),
            [Kind::Load]
        );
        assert_eq!(kinds(host(), -10.1), [Kind::Clock]);
        let disk = |used, available| Disk {
            used,
            available,
            ..Disk::default()
        };
        for (used, available, full) in [
            (91, 9, true),
            (910_000_000_000, 90_000_000_000, false),
            (95_000_000_000, 4_000_000_000, true),
            (0, 0, false),
        ] {
            let host = Host {
                disks: vec![disk(used, available)],
                ..host()
            };
            assert_eq!(kinds(host, 0.0) == [Kind::Disk], full, "{used} {available}");
        }
        // What tells nothing is not warned of.
        assert_eq!(kinds(Host::default(), 0.0), []);
    }

    #[test]
    fn an_ingress_is_warned_of_once_for_each_trouble() {
        let head = Head {
            node: "n1".into(),
            ingress: vec!["a".into(), "b".into()],
            ..Head::default()
        };
        let all = warnings(&[head], &[], &[], 0);
        let told: Vec<_> = all.iter().map(|it| (it.kind, it.what.as_str())).collect();
        assert_eq!(told, [(Kind::Ingress, "a"), (Kind::Ingress, "b")]);
    }

    #[test]
    fn a_node_that_is_away_is_one_warning_and_a_service_that_fails_another() {
        let away = Head {
            node: "n1".into(),
            unreached: Some(Unreached {
                kind: UnreachedKind::Late,
                what: "no answer in 10 s".into(),
            }),
            ..Head::default()
        };
        let cell = |sign, state: &str| Cell {
            service: "web".into(),
            node: "n2".into(),
            unit: "web.service".into(),
            state: state.into(),
            sign,
            detail: "exit-code".into(),
            ..Cell::default()
        };
        let cells = [
            cell(Sign::Failing, "failed"),
            cell(Sign::Unknown, "unknown"),
            cell(Sign::Good, "active"),
        ];
        let all = warnings(&[away], &cells, &[], 0);
        let told: Vec<_> = all
            .iter()
            .map(|it| (it.kind, it.target(), it.what.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Down, "n1".into(), "no answer in 10 s"),
                (
                    Kind::Unit,
                    "web@n2".into(),
                    "web.service is failed: exit-code"
                ),
            ]
        );
    }

    #[test]
    fn what_is_known_is_kept_apart_until_its_time_is_over() {
        let head = |node: &str| Head {
            node: node.into(),
            host: Some(Host {
                memory_available: 0,
                ..host()
            }),
            ..Head::default()
        };
        let ack = |kind, until| Ack {
            file: "f".into(),
            node: "n1".into(),
            service: None,
            kind,
            comment: "known".into(),
            who: "me".into(),
            until,
        };
        let known = |ack: Ack| {
            let all = warnings(&[head("n1"), head("n2")], &[], &[ack], 100);
            all.iter()
                .map(|it| (it.node.clone(), it.acknowledged.is_some()))
                .collect::<Vec<_>>()
        };
        let (open, seen) = (("n2".to_owned(), false), ("n1".to_owned(), true));
        assert_eq!(
            known(ack(Some(Kind::Memory), 101)),
            [open.clone(), seen.clone()]
        );
        assert_eq!(known(ack(None, 101)), [open, seen]);
        for ack in [ack(None, 100), ack(Some(Kind::Disk), 200)] {
            assert!(known(ack).iter().all(|it| !it.1));
        }
    }
}
