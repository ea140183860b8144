//! What a look at many nodes means: nodes that are away, and what is short there.

use crate::model::alert::{Heard, Key, Trouble};
use crate::model::channel::Wish;
use crate::model::glance::{Cell, Glance, Head, Kind, Sign, Warning};
use crate::model::rollout::Report;

/// Returns what the glance tells, good and bad; what somebody acknowledged is neither. Of services only with
/// `services`: a node that has alerts of its own tells of them itself.
pub fn heard(glance: &Glance, services: bool) -> Vec<Heard> {
    let mut heard = Vec::new();
    for head in &glance.nodes {
        heard.extend(of_node(glance, head));
    }
    if services {
        heard.extend(
            glance
                .services
                .iter()
                .filter_map(|it| of_service(glance, it)),
        );
    }
    heard
}

fn of_node(glance: &Glance, head: &Head) -> Vec<Heard> {
    let next = head.next.clone();
    let next = next.unwrap_or_else(|| format!("wharf ssh {}", head.node));
    let about = |kind| {
        let key = node_key(&head.node, kind);
        verdict(glance, key, kind, None, &next)
    };
    match head.unreached {
        // Nobody knows how it stands with the rest.
        Some(_) => about(Kind::Down).into_iter().collect(),
        None => {
            let all = Kind::ALL.into_iter().filter(|it| *it != Kind::Unit);
            all.filter_map(about).collect()
        }
    }
}

fn of_service(glance: &Glance, cell: &Cell) -> Option<Heard> {
    let key = Key {
        node: cell.node.clone(),
        service: cell.service.clone(),
        trouble: Trouble::Down,
        part: String::new(),
    };
    let next = format!("wharf logs {} --nodes {}", cell.service, cell.node);
    match cell.sign {
        Sign::Changing | Sign::Unknown => None,
        Sign::Failing | Sign::Good => verdict(glance, key, Kind::Unit, Some(&cell.service), &next),
    }
}

fn verdict(
    glance: &Glance,
    key: Key,
    kind: Kind,
    service: Option<&String>,
    next: &str,
) -> Option<Heard> {
    let same =
        |it: &&Warning| it.kind == kind && it.node == key.node && it.service.as_ref() == service;
    match glance.warnings.iter().find(same) {
        None => Some(Heard::Good(key)),
        Some(it) if it.acknowledged.is_some() => None,
        Some(it) => Some(Heard::Bad {
            key,
            wish: Wish::default(),
            report: Box::new(Report {
                what: it.what.clone(),
                next: next.to_owned(),
                ..Report::default()
            }),
            unit: String::new(),
        }),
    }
}

fn node_key(node: &str, kind: Kind) -> Key {
    let (trouble, part) = match kind {
        Kind::Down => (Trouble::Node, ""),
        Kind::Unit | Kind::Memory | Kind::Load | Kind::Disk | Kind::Clock | Kind::Ingress => {
            (Trouble::Resource, kind.name())
        }
    };
    Key {
        node: node.to_owned(),
        service: String::new(),
        trouble,
        part: part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::heard;
    use crate::model::alert::{Heard, Trouble};
    use crate::model::fleet::{Unreached, UnreachedKind};
    use crate::model::glance::{Ack, Cell, Glance, Head, Kind, Sign, Warning};

    fn head(node: &str, away: bool) -> Head {
        Head {
            node: node.into(),
            unreached: away.then(|| Unreached {
                kind: UnreachedKind::Late,
                what: "no answer in time".into(),
            }),
            ..Head::default()
        }
    }

    fn warning(kind: Kind, node: &str, service: Option<&str>) -> Warning {
        Warning {
            kind,
            node: node.into(),
            service: service.map(str::to_owned),
            what: "words".into(),
            acknowledged: None,
        }
    }

    fn words(heard: &[Heard]) -> Vec<String> {
        let word = |it: &Heard| match it {
            Heard::Bad { key, .. } => format!("bad {}", key.label()),
            Heard::Good(key) => format!("good {}", key.label()),
            Heard::Stopped { .. }
            | Heard::Left { .. }
            | Heard::Only { .. }
            | Heard::Changing { .. }
            | Heard::Changed { .. } => format!("{it:?}"),
        };
        heard.iter().map(word).collect()
    }

    #[test]
    fn a_node_that_is_away_is_bad_and_nothing_else_is_said_of_it() {
        let glance = Glance {
            nodes: vec![head("n1", true), head("n2", false)],
            warnings: vec![
                warning(Kind::Down, "n1", None),
                warning(Kind::Disk, "n2", None),
            ],
            ..Glance::default()
        };
        let expected = [
            "bad n1",
            "good n2",
            "good n2 resource memory",
            "good n2 resource load",
            "bad n2 resource disk",
            "good n2 resource clock",
            "good n2 resource ingress",
        ];
        assert_eq!(words(&heard(&glance, true)), expected);
    }

    #[test]
    fn services_only_where_nobody_else_tells_and_never_while_they_change() {
        let cell = |service: &str, sign| Cell {
            service: service.into(),
            node: "n1".into(),
            sign,
            ..Cell::default()
        };
        let mut known = warning(Kind::Unit, "n1", Some("known"));
        known.acknowledged = Some(Ack {
            file: String::new(),
            node: "n1".into(),
            service: Some("known".into()),
            kind: None,
            comment: String::new(),
            who: String::new(),
            until: u64::MAX,
        });
        let glance = Glance {
            warnings: vec![warning(Kind::Unit, "n1", Some("web")), known],
            services: vec![
                cell("web", Sign::Failing),
                cell("known", Sign::Failing),
                cell("db", Sign::Good),
                cell("new", Sign::Changing),
            ]
            .into(),
            ..Glance::default()
        };
        assert_eq!(words(&heard(&glance, true)), ["bad web@n1", "good db@n1"]);
        assert!(heard(&glance, false).is_empty());
        let Heard::Bad { key, .. } = &heard(&glance, true)[0] else {
            panic!();
        };
        assert_eq!(key.trouble, Trouble::Down);
    }
}
