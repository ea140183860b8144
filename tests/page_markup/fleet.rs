//! A fleet as nodes would tell of it: four of them, one away; and a crowd.

use wharf::model::fleet::{Disk, Host, Pressure, Unreached, UnreachedKind};
use wharf::model::glance::{Ack, Cell, Glance, Head, Kind, Sign, Warning};
use wharf::model::web::shown::Live;

use super::samples::{NODES, NOW, REVISION};

fn host(number: u64) -> Host {
    Host {
        clock: NOW as f64,
        uptime: 500_000.0 * (number + 1) as f64,
        load: [0.35 + number as f64, 0.5, 0.4],
        cpus: 4,
        memory_total: 8 << 30,
        memory_available: (6 - number % 5) << 30,
        disks: vec![
            Disk {
                device: "/dev/vda1".into(),
                mount: "/".into(),
                size: 40 << 30,
                used: (12 + number * 6) << 30,
                available: 10 << 30,
            },
            Disk {
                device: "/dev/vdb".into(),
                mount: "/srv".into(),
                size: 200 << 30,
                used: 90 << 30,
                available: 110 << 30,
            },
        ],
        pressure: Some(Pressure {
            cpu: 2.0 * number as f64,
            memory: 0.0,
            io: 14.0 * number as f64,
        }),
    }
}

pub(crate) fn head(number: usize, node: &str, away: bool, evil: &str) -> Head {
    Head {
        node: node.to_owned(),
        destination: format!("root@{node}"),
        took_ms: 41,
        host: (!away).then(|| host(number as u64)),
        wharf: Some("0.1.0".to_owned()),
        unreached: away.then(|| Unreached {
            kind: UnreachedKind::Late,
            what: format!("no answer in 10 s {evil}"),
        }),
        next: away.then(|| format!("ssh -v root@{node} true")),
        ..Head::default()
    }
}

fn cell(service: &str, node: &str, sign: Sign, evil: &str) -> Cell {
    let state = match sign {
        Sign::Good => "active",
        Sign::Failing => "restarting",
        Sign::Changing => "activating",
        Sign::Unknown => "unknown",
    };
    Cell {
        service: service.to_owned(),
        node: node.to_owned(),
        unit: format!("runner@{service}.service"),
        state: state.to_owned(),
        sign,
        revision: (service == "web").then(|| REVISION.to_owned()),
        since: (sign != Sign::Unknown).then_some(7_300),
        detail: match sign {
            Sign::Failing => format!("exit code 137: killed for memory, limit 256M {evil}"),
            Sign::Changing => "pulling crystal-docs:4, 40 %".to_owned(),
            Sign::Unknown | Sign::Good => evil.to_owned(),
        },
        drift: (service == "redis" && node == "db-1")
            .then(|| "image changes from redis:7.2 to redis:7.4".to_owned()),
    }
}

pub(crate) fn cells(evil: &str) -> Vec<Cell> {
    let at: [(&str, &str, Sign); 11] = [
        ("web", "web-1", Sign::Good),
        ("web", "web-2", Sign::Changing),
        ("worker", "web-1", Sign::Failing),
        ("worker", "web-2", Sign::Good),
        ("postgres", "db-1", Sign::Good),
        ("redis", "db-1", Sign::Good),
        ("redis", "web-1", Sign::Good),
        ("proxy", "edge-1", Sign::Unknown),
        ("proxy", "web-2", Sign::Good),
        ("cron", "web-1", Sign::Good),
        ("cron", "edge-1", Sign::Unknown),
    ];
    at.map(|(service, node, sign)| cell(service, node, sign, evil))
        .to_vec()
}

pub(crate) fn warning(
    node: &str,
    service: Option<&str>,
    kind: Kind,
    what: &str,
    known: Option<&str>,
) -> Warning {
    Warning {
        kind,
        node: node.to_owned(),
        service: service.map(str::to_owned),
        what: what.to_owned(),
        acknowledged: known.map(|comment| Ack {
            file: "cluster.yaml".to_owned(),
            node: node.to_owned(),
            service: None,
            kind: Some(kind),
            comment: comment.to_owned(),
            who: "anna".to_owned(),
            until: NOW + 7_200,
        }),
    }
}

/// Four nodes, one of them away.
pub(crate) fn live(evil: &str) -> Live {
    let heads = NODES.iter().enumerate();
    Live {
        glance: Glance {
            when: String::new(),
            warnings: vec![
                warning(
                    "edge-1",
                    None,
                    Kind::Down,
                    &format!("it does not answer: no answer in 10 s {evil}"),
                    None,
                ),
                warning(
                    "web-1",
                    Some("worker"),
                    Kind::Unit,
                    "restarting: exit code 137",
                    None,
                ),
                warning(
                    "db-1",
                    None,
                    Kind::Disk,
                    "/ is 84 % full, 10G left",
                    Some(evil),
                ),
            ],
            nodes: heads
                .map(|(number, it)| head(number, it, *it == "edge-1", evil))
                .collect(),
            services: cells(evil).into(),
            notices: vec![evil.to_owned()],
        },
        at: NODES.iter().map(|it| ((*it).to_owned(), NOW - 4)).collect(),
        cells_at: NOW - 4,
    }
}

/// So many nodes and services that cells have no room for words.
pub(crate) fn crowd(nodes: usize, services: usize, evil: &str) -> Live {
    let names: Vec<String> = (0..nodes).map(|it| format!("node-{it:02}")).collect();
    let sign = |service: usize, node: usize| match (service * 31 + node * 17) % 97 {
        0 => Sign::Failing,
        1 => Sign::Changing,
        2 => Sign::Unknown,
        _ => Sign::Good,
    };
    let cells = (0..services).flat_map(|service| {
        let on = names
            .iter()
            .enumerate()
            .filter(move |(node, _)| (service + node) % 5 != 0);
        on.map(move |(node, name)| {
            cell(
                &format!("service-{service:02}"),
                name,
                sign(service, node),
                evil,
            )
        })
    });
    Live {
        glance: Glance {
            nodes: names
                .iter()
                .enumerate()
                .map(|(number, it)| head(number % 4, it, number == 7, ""))
                .collect(),
            services: cells.collect::<Vec<_>>().into(),
            ..Glance::default()
        },
        at: names.iter().map(|it| (it.clone(), NOW - 2)).collect(),
        cells_at: NOW - 2,
    }
}
