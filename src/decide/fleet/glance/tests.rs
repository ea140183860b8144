//! Each state of a service on a node, and how it is shown.

use std::time::Duration;

use super::glance;
use crate::decide::definition;
use crate::model::cluster::{Cluster, Definition, Links, Node, Placed, Scripts, Workload};
use crate::model::fleet::{Facts, Held, Host, Present, Sight, UnitFact, Unreached, UnreachedKind};
use crate::model::glance::{Cell, Kind, Sign};
use crate::model::ingress::IngressStanding;
use crate::model::observed::{Part, Seat, Standing, Unit};
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::{Report, Verdict};

const WEB: &str = "image: nginx:1\naddress: 10.9.0.1:80\nport: 80\nhealth_check: tcp\n";

fn definition() -> Box<Definition> {
    let service = definition::read(WEB, "web.yaml").service.unwrap();
    let document = definition::canonical(WEB).unwrap();
    Box::new(Definition { document, service })
}

fn cluster(workload: Workload) -> Cluster {
    let node = Node {
        name: "n1".into(),
        destination: "op@n1".into(),
        labels: Vec::new(),
    };
    let placed = Placed {
        name: "web".into(),
        nodes: vec!["n1".into()],
        workload,
        links: Links::default(),
        waves: None,
        pre_deploy: None,
        push_image: false,
    };
    Cluster {
        nodes: vec![node],
        services: vec![placed],
        ..Cluster::default()
    }
}

fn sight(found: Result<Facts, Unreached>) -> Sight {
    Sight {
        node: "n1".into(),
        took: Duration::from_millis(12),
        found,
    }
}

fn facts(unit: Unit, wharf: Option<Present>) -> Facts {
    Facts {
        host: Host {
            clock: 1000.0,
            ..Host::default()
        },
        units: vec![UnitFact {
            service: "web".into(),
            unit,
            file: None,
        }],
        scripted: Vec::new(),
        wharf,
    }
}

fn unit(active: &str, sub: &str, enabled: &str) -> Unit {
    Unit {
        active: active.into(),
        sub: sub.into(),
        enabled: enabled.into(),
        result: "exit-code".into(),
        status_text: "healthy".into(),
        state_for: Some(Duration::from_secs(60)),
        ..Unit::default()
    }
}

fn only(workload: Workload, facts: Facts) -> Cell {
    let seen = glance(&cluster(workload), &[sight(Ok(facts))], &[], 1000.0);
    seen.services[0].clone()
}

fn scripted() -> Workload {
    Workload::Scripted(Scripts::default())
}

fn id(generation: u64) -> RevisionId {
    RevisionId {
        generation,
        digest: "ab".repeat(16),
    }
}

fn instance(generation: u64, weight: Option<u32>, why: Option<&str>) -> Standing {
    let seat = Seat {
        instance: InstanceName {
            revision: id(generation),
            replica: 1,
        },
        at: None,
        ready: why.is_none(),
        why: why.map(str::to_owned),
        weight,
        connections: None,
    };
    Standing {
        name: "web".into(),
        file: None,
        unit: Unit {
            state_for: Some(Duration::from_secs(generation)),
            ..Unit::default()
        },
        container: None,
        memory: None,
        drift: None,
        part: Some(Part::Instance(seat)),
    }
}

/// A service with a manager of which `wanted` is wanted.
fn managed(wanted: u64, verdict: Option<Verdict>, standings: Vec<Standing>, paused: bool) -> Cell {
    let held = Held {
        service: "web".into(),
        document: Some(definition().document.clone()),
        wanted: Some(id(wanted)),
        verdict,
        paused,
        ..Held::default()
    };
    let present = Present {
        version: "0.1.0".into(),
        services: vec![held],
        standings,
        ..Present::default()
    };
    let facts = facts(unit("active", "running", "generated"), Some(present));
    only(Workload::Managed(definition()), facts)
}

fn proven() -> Option<Verdict> {
    let when = "2026-11-21T08:45:00.000000000Z".to_owned();
    Some(Verdict::Proven { when })
}

#[test]
fn each_state_of_a_unit_has_its_word_and_sign() {
    for (active, sub, enabled, state, sign, detail) in [
        (
            "active",
            "running",
            "enabled",
            "active",
            Sign::Good,
            "healthy",
        ),
        ("active", "running", "", "active", Sign::Good, "healthy"),
        (
            "reloading",
            "reload",
            "enabled",
            "reloading",
            Sign::Changing,
            "healthy",
        ),
        (
            "activating",
            "start",
            "enabled",
            "activating",
            Sign::Changing,
            "healthy",
        ),
        (
            "activating",
            "auto-restart",
            "enabled",
            "restarting",
            Sign::Failing,
            "exit-code",
        ),
        (
            "failed",
            "failed",
            "enabled",
            "failed",
            Sign::Failing,
            "exit-code",
        ),
        (
            "inactive",
            "dead",
            "enabled",
            "inactive",
            Sign::Failing,
            "exit-code",
        ),
        ("inactive", "dead", "", "absent", Sign::Failing, "exit-code"),
        ("", "", "", "unknown", Sign::Unknown, "healthy"),
    ] {
        let cell = only(scripted(), facts(unit(active, sub, enabled), None));
        let found = (cell.state.as_str(), cell.sign, cell.detail.as_str());
        assert_eq!(found, (state, sign, detail), "{active} {sub} {enabled}");
        assert_eq!((cell.since, cell.unit.as_str()), (Some(60), "web.service"));
    }
}

#[test]
fn a_node_that_is_away_says_so_and_what_to_do() {
    let why = Unreached {
        kind: UnreachedKind::Login,
        what: "Permission denied".into(),
    };
    let seen = glance(&cluster(scripted()), &[sight(Err(why))], &[], 1000.0);
    assert_eq!(
        seen.nodes[0]
            .next
            .as_deref()
            .map(|it| it.contains("ssh-copy-id op@n1")),
        Some(true)
    );
    assert_eq!(
        (seen.services[0].state.as_str(), seen.services[0].sign),
        ("unknown", Sign::Unknown)
    );
    // Said of the node, not of each service once more.
    assert_eq!(
        seen.warnings.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [Kind::Down]
    );
}

#[test]
fn what_serves_is_told_from_what_is_on_its_way_or_was_given_up() {
    let one = || instance(1, Some(1), None);
    let given_up = Verdict::Failed {
        when: String::new(),
        report: Box::new(Report {
            what: "its health check failed".into(),
            ..Report::default()
        }),
    };
    for (cell, revision, sign, detail) in [
        (
            managed(1, proven(), vec![one()], false),
            Some(1),
            Sign::Good,
            "1 of 1 ready",
        ),
        (
            managed(1, proven(), vec![one()], true),
            Some(1),
            Sign::Good,
            "1 of 1 ready; paused",
        ),
        (
            managed(2, None, vec![one(), instance(2, Some(0), None)], false),
            Some(1),
            Sign::Good,
            "2-abababa is on its way",
        ),
        (
            managed(2, Some(given_up), vec![one()], false),
            Some(1),
            Sign::Good,
            "2-abababa was given up: its health check failed",
        ),
        (
            managed(
                1,
                proven(),
                vec![instance(1, Some(1), Some("refused"))],
                false,
            ),
            Some(1),
            Sign::Failing,
            "0 of 1 ready: refused",
        ),
        (
            managed(1, proven(), vec![instance(1, None, None)], false),
            None,
            Sign::Failing,
            "nothing serves; 1-abababa is on its way",
        ),
    ] {
        let wanted = revision.map(|it| id(it).to_string());
        assert_eq!((&cell.revision, cell.sign), (&wanted, sign), "{cell:?}");
        assert_eq!(cell.detail, detail);
    }
    // Since when: of the instance that serves, not of its manager.
    assert_eq!(managed(1, proven(), vec![one()], false).since, Some(1));
}

#[test]
fn what_differs_is_told_unless_it_is_only_down() {
    let unit_text = Workload::Scripted(Scripts {
        unit: Some("[Service]\n".into()),
        ..Scripts::default()
    });
    let cell = only(unit_text, facts(unit("active", "running", "enabled"), None));
    assert_eq!(cell.drift.as_deref(), Some("its unit is not installed"));
    let cell = only(scripted(), facts(unit("failed", "failed", "enabled"), None));
    assert_eq!(cell.drift, None);
    let mut apart = instance(1, Some(1), None);
    apart.drift = Some("2 containers run under one unit".into());
    let cell = managed(1, proven(), vec![apart], false);
    assert_eq!(
        cell.drift.as_deref(),
        Some("2 containers run under one unit")
    );
}

#[test]
fn an_ingress_that_does_not_run_is_a_warning_of_its_node() {
    let mut found = facts(unit("active", "running", "enabled"), None);
    found.wharf = Some(Present {
        ingress: Some(IngressStanding::default()),
        ..Present::default()
    });
    let seen = glance(&cluster(scripted()), &[sight(Ok(found))], &[], 1000.0);
    let told = seen.warnings.iter().find(|it| it.kind == Kind::Ingress);
    assert_eq!(told.unwrap().what, "its proxy does not run");
    assert_eq!(seen.nodes[0].ingress, ["its proxy does not run"]);
}

#[test]
fn a_clock_is_told_by_how_much_it_is_ahead() {
    let found = facts(unit("active", "running", "enabled"), None);
    let seen = glance(&cluster(scripted()), &[sight(Ok(found))], &[], 988.04);
    assert_eq!(seen.nodes[0].clock_ahead, 12.0);
    assert_eq!(seen.warnings[0].kind, Kind::Clock);
    assert_eq!(seen.when, "1970-01-01T00:16:28.000000000Z");
}
