//! What is new between two moments of the page, as a person would see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::fleet::Host;
use crate::model::glance::{Cell, Glance, Head};
use crate::model::web::live::Seen;

/// Seconds by which the beginning of a state may seem to move: nodes round.
const SLACK: f64 = 5.0;

/// What a person would see to be other than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// `service/NAME@NODE`, `node/NAME`, and `warnings`: what is wrong, or who knows of it.
    pub touched: BTreeSet<String>,
    /// Other nodes or services than before.
    pub shape: bool,
}

impl Changes {
    /// Whether a page about this is touched: `*`, `service/NAME`, `node/NAME`.
    pub fn touches(&self, page: &str) -> bool {
        let cell = |it: &String| match it
            .strip_prefix("service/")
            .and_then(|it| it.rsplit_once('@'))
        {
            Some((service, node)) => {
                page.strip_prefix("service/") == Some(service)
                    || page.strip_prefix("node/") == Some(node)
            }
            None => it == page,
        };
        self.shape || (page == "*" && !self.touched.is_empty()) || self.touched.iter().any(cell)
    }
}

/// Everything, as if nothing had been seen before.
pub fn all(seen: &Seen) -> Changes {
    let glance = &seen.live.glance;
    let cells = glance.services.iter().map(cell_name);
    let heads = glance.nodes.iter().map(head_name);
    Changes {
        touched: cells.chain(heads).chain(["warnings".to_owned()]).collect(),
        shape: false,
    }
}

fn cell_name(cell: &Cell) -> String {
    format!("service/{}@{}", cell.service, cell.node)
}

fn head_name(head: &Head) -> String {
    format!("node/{}", head.node)
}

pub fn changes(old: &Seen, new: &Seen) -> Changes {
    let (before, after) = (&old.live.glance, &new.live.glance);
    if !same_shape(before, after) {
        return Changes {
            shape: true,
            ..Changes::default()
        };
    }
    let heard = old.heard.iter().zip(&new.heard);
    let aged = heard.filter(|(one, other)| one.freshness != other.freshness);
    let aged: BTreeSet<&str> = aged.map(|(_, it)| it.node.as_str()).collect();
    let same = Arc::ptr_eq(&before.services, &after.services);
    let cells = before.services.iter().zip(after.services.iter());
    let cells = cells.filter(|_| !same || !aged.is_empty());
    let (then, now) = (old.live.cells_at, new.live.cells_at);
    let cells = cells.filter(|(one, other)| {
        aged.contains(other.node.as_str()) || !same && !same_cell(one, then, other, now)
    });
    let heads = before.nodes.iter().zip(&after.nodes);
    let heads =
        heads.filter(|(one, other)| aged.contains(other.node.as_str()) || face(one) != face(other));
    let mut touched: BTreeSet<String> = cells.map(|it| cell_name(it.1)).collect();
    touched.extend(heads.map(|it| head_name(it.1)));
    if before.warnings != after.warnings || before.notices != after.notices {
        touched.insert("warnings".to_owned());
    }
    Changes {
        touched,
        shape: false,
    }
}

fn same_shape(before: &Glance, after: &Glance) -> bool {
    let mut nodes = before.nodes.iter().zip(&after.nodes);
    let mut cells = before.services.iter().zip(after.services.iter());
    before.nodes.len() == after.nodes.len()
        && before.services.len() == after.services.len()
        && nodes.all(|(one, other)| one.node == other.node)
        && (Arc::ptr_eq(&before.services, &after.services)
            || cells.all(|(one, other)| one.service == other.service && one.node == other.node))
}

/// A state that only grew older is the same.
fn same_cell(one: &Cell, then: u64, other: &Cell, now: u64) -> bool {
    let begun = |it: &Cell, at: u64| it.since.map(|since| at as f64 - since as f64);
    let moved = match (begun(one, then), begun(other, now)) {
        (Some(one), Some(other)) => (one - other).abs() > SLACK,
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    };
    let same = one.state == other.state && one.sign == other.sign && one.unit == other.unit;
    let told = one.revision == other.revision && one.detail == other.detail;
    !moved && same && told && one.drift == other.drift
}

/// A node as it is drawn: figures no finer than a person reads them.
fn face(head: &Head) -> (Option<Vec<i64>>, Option<&str>, Option<&str>, bool) {
    let host = head.host.as_ref().map(figures);
    let why = head.unreached.as_ref().map(|it| it.what.as_str());
    (
        host,
        head.wharf.as_deref(),
        why,
        head.clock_ahead.abs() > SLACK,
    )
}

fn figures(host: &Host) -> Vec<i64> {
    let percent = |part: u64, whole: u64| (part as f64 / whole.max(1) as f64 * 100.0) as i64;
    let tenths = |it: f64| (it * 10.0) as i64;
    let mut all = vec![
        tenths(host.load[0]),
        i64::from(host.cpus),
        percent(host.memory_available, host.memory_total),
    ];
    all.extend(
        host.disks
            .iter()
            .map(|it| percent(it.used, it.used + it.available)),
    );
    if let Some(it) = &host.pressure {
        all.extend([it.cpu as i64, it.memory as i64, it.io as i64]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::glance::{Kind, Sign, Warning};
    use crate::model::web::live::{Freshness, Heard};
    use crate::model::web::shown::Live;

    fn live(at: f64) -> Seen {
        let cell = |service: &str, node: &str| Cell {
            service: service.into(),
            node: node.into(),
            state: "active".into(),
            sign: Sign::Good,
            since: Some(at as u64 - 50),
            ..Cell::default()
        };
        let head = |node: &str| Head {
            node: node.into(),
            host: Some(Host {
                load: [0.51, 0.0, 0.0],
                memory_total: 1000,
                memory_available: 500,
                ..Host::default()
            }),
            ..Head::default()
        };
        let heard = |node: &str| Heard {
            node: node.into(),
            at: Some(at),
            freshness: Freshness::Fresh,
        };
        Seen {
            at,
            heard: vec![heard("n1"), heard("n2")],
            live: Live {
                glance: Glance {
                    nodes: vec![head("n1"), head("n2")],
                    services: Arc::new(vec![cell("web", "n1"), cell("web", "n2")]),
                    ..Glance::default()
                },
                cells_at: at as u64,
                ..Live::default()
            },
        }
    }

    #[test]
    fn time_alone_is_no_change() {
        let changes = changes(&live(100.0), &live(160.0));
        assert_eq!(changes, Changes::default());
    }

    /// What is touched when this is changed.
    fn after(change: &dyn Fn(&mut Seen)) -> Vec<String> {
        let mut new = live(103.0);
        change(&mut new);
        let changes = changes(&live(100.0), &new);
        assert!(!changes.shape);
        changes.touched.into_iter().collect()
    }

    #[test]
    fn each_kind_of_news_is_found() {
        let cells =
            |it: &mut Seen| Arc::make_mut(&mut it.live.glance.services)[1].state = "failed".into();
        assert_eq!(after(&cells), ["service/web@n2"]);
        let again = |it: &mut Seen| Arc::make_mut(&mut it.live.glance.services)[0].since = Some(1);
        assert_eq!(after(&again), ["service/web@n1"]);
        let begun = |it: &mut Seen| Arc::make_mut(&mut it.live.glance.services)[0].since = None;
        assert_eq!(after(&begun), ["service/web@n1"]);
        let load = |to: f64| {
            move |it: &mut Seen| it.live.glance.nodes[0].host.as_mut().unwrap().load[0] = to
        };
        assert_eq!(after(&load(0.72)), ["node/n1"]);
        assert!(after(&load(0.52)).is_empty());
        let stale = |it: &mut Seen| it.heard[1].freshness = Freshness::Stale;
        assert_eq!(after(&stale), ["node/n2", "service/web@n2"]);
        let wrong = |it: &mut Seen| {
            it.live.glance.warnings.push(Warning {
                kind: Kind::Unit,
                node: "n1".into(),
                service: None,
                what: "x".into(),
                acknowledged: None,
            });
        };
        assert_eq!(after(&wrong), ["warnings"]);
    }

    #[test]
    fn another_cluster_is_another_shape() {
        let shape = |change: &dyn Fn(&mut Glance)| {
            let mut new = live(103.0);
            change(&mut new.live.glance);
            changes(&live(100.0), &new).shape
        };
        assert!(shape(
            &|it| Arc::make_mut(&mut it.services)[0].service = "other".into()
        ));
        assert!(shape(&|it| drop(it.nodes.pop())));
        assert!(shape(&|it| Arc::make_mut(&mut it.services).clear()));
        assert!(!shape(&|_| ()));
    }

    #[test]
    fn a_page_hears_of_what_it_is_about() {
        let changes = Changes {
            touched: ["service/web@n1", "node/n2"].map(str::to_owned).into(),
            shape: false,
        };
        for (page, touched) in [
            ("*", true),
            ("service/web", true),
            ("service/we", false),
            ("node/n1", true),
            ("node/n2", true),
            ("node/n3", false),
            ("runs", false),
        ] {
            assert_eq!(changes.touches(page), touched, "{page}");
        }
        assert!(!Changes::default().touches("*"));
        let everything = all(&live(100.0));
        assert!(everything.touches("service/web") && everything.touched.contains("warnings"));
    }
}
