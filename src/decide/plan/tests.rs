//! Each state of a service on a node, and the change it leads to.

mod of_gates;
mod of_scripts;

use super::*;
use crate::decide::definition;
use crate::model::cluster::{Definition, Links, Scripts, Waves};
use crate::model::fleet::{Host, Present, Unreached, UnreachedKind};
use crate::model::observed::Unit;
use crate::model::revision::RevisionId;
use crate::model::rollout::{Report, Verdict};

const WEB: &str = "image: nginx:1\naddress: 10.9.0.1:80\nport: 80\nhealth_check: tcp\n";
const CRON: &str = "image: cron:1\n";

fn definition(text: &str) -> Box<Definition> {
    let service = definition::read(text, "web.yaml").service.unwrap();
    let document = definition::canonical(text).unwrap();
    Box::new(Definition { document, service })
}

fn scripts() -> Scripts {
    Scripts {
        unit: Some("[Service]\nExecStart=/bin/true\n".into()),
        deploy: Some("apt-get install -y web\n".into()),
        delete: Some("apt-get purge -y web\n".into()),
    }
}

fn placed(name: &str, workload: Workload) -> Placed {
    Placed {
        name: name.into(),
        nodes: vec!["n1".into(), "n2".into()],
        workload,
        links: Links::default(),
        waves: None,
        pre_deploy: None,
        push_image: false,
    }
}

fn cluster(workload: Workload) -> Cluster {
    let node = |name: &str| Node {
        name: name.into(),
        destination: format!("root@{name}"),
        labels: Vec::new(),
    };
    Cluster {
        nodes: vec![node("n1"), node("n2")],
        services: vec![placed("web", workload)],
        ..Cluster::default()
    }
}

fn wish(goal: Goal) -> Wish {
    Wish {
        goal,
        services: Vec::new(),
        nodes: vec!["n1".into()],
        only_broken: false,
        now: 1000.0,
    }
}

fn sight(node: &str, facts: Facts) -> Sight {
    Sight {
        node: node.into(),
        took: std::time::Duration::ZERO,
        found: Ok(facts),
    }
}

fn facts(unit: Option<(&str, &str)>, file: Option<&str>) -> Facts {
    let unit = unit.map(|(active, sub)| UnitFact {
        service: "web".into(),
        unit: Unit {
            active: active.into(),
            sub: sub.into(),
            result: "exit-code".into(),
            enabled: "enabled".into(),
            ..Unit::default()
        },
        file: file.map(scripted::hash),
    });
    Facts {
        host: Host {
            clock: 1000.0,
            ..Host::default()
        },
        units: unit.into_iter().collect(),
        wharf: Some(Present::default()),
        ..Facts::default()
    }
}

fn revision(generation: u64) -> RevisionId {
    format!("{generation}-{}", "ab".repeat(16)).parse().unwrap()
}

fn holding(mut facts: Facts, document: &str, verdict: Option<Verdict>) -> Facts {
    let held = Held {
        service: "web".into(),
        document: definition::canonical(document),
        wanted: Some(revision(2)),
        serving: Some(revision(if verdict == Some(proven()) { 2 } else { 1 })),
        verdict,
        before: Some(revision(1)),
        paused: false,
    };
    facts.wharf.as_mut().unwrap().services.push(held);
    facts
}

/// A definition that is a file there.
fn defining(facts: Facts, document: &str) -> Facts {
    let mut facts = holding(facts, document, None);
    let held = &mut facts.wharf.as_mut().unwrap().services[0];
    (held.wanted, held.serving, held.before) = (None, None, None);
    facts
}

fn proven() -> Verdict {
    Verdict::Proven {
        when: String::new(),
    }
}

fn failed() -> Verdict {
    Verdict::Failed {
        when: String::new(),
        report: Box::new(Report {
            what: "it answered 301".into(),
            ..Report::default()
        }),
    }
}

fn record(mut facts: Facts, script: &str, exit: Option<i32>) -> Facts {
    facts.scripted.push(ScriptedFact {
        service: "web".into(),
        script: scripted::hash(script),
        exit,
        when: "2026-11-21".into(),
        who: "anna".into(),
    });
    facts
}

fn told(workload: Workload, goal: Goal, facts: Facts) -> Plan {
    plan(&cluster(workload), &[sight("n1", facts)], &wish(goal))
}

/// The only change, as `MARK ACTION UNDO: WHY; WHY`, or what stands in the way.
fn line(plan: &Plan) -> String {
    if let [(node, what)] = &plan.hindrances[..] {
        return format!("{node}! {what}");
    }
    match &plan.changes[..] {
        [] => "same".into(),
        [it] => {
            let action = serde_json::to_value(&it.action).unwrap();
            let undo = serde_json::to_value(&it.undo).unwrap();
            let word = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
            let broken = if it.broken { " broken" } else { "" };
            format!(
                "{} {} {}{broken}: {}",
                it.mark.sign(),
                word(&action["do"]),
                word(&undo["by"]),
                it.why.join("; ")
            )
        }
        more => panic!("{more:?}"),
    }
}

#[test]
fn a_managed_service_in_every_state() {
    let up = || facts(Some(("active", "running")), None);
    let newer = WEB.replace("nginx:1", "nginx:2");
    let cases = [
        (
            facts(None, None),
            "+ roll withdraw: it was never deployed here",
        ),
        (holding(up(), WEB, Some(proven())), "same"),
        (
            holding(up(), &newer, Some(proven())),
            "~ roll rollback: image changes from `nginx:2` to `nginx:1`",
        ),
        (
            holding(up(), &newer, Some(failed())),
            "~ roll rollback broken: image changes from `nginx:2` to `nginx:1`",
        ),
        (
            holding(up(), WEB, Some(failed())),
            "~ resume rollback broken: 2-abababa was given up here: it answered 301",
        ),
        (
            holding(up(), WEB, None),
            "~ resume rollback: 2-abababa is not proven yet",
        ),
        (
            holding(facts(Some(("failed", "failed")), None), WEB, Some(proven())),
            "~ resume stop broken: its manager failed: exit-code",
        ),
        (
            holding(facts(Some(("inactive", "dead")), None), WEB, Some(proven())),
            "~ resume stop broken: its manager is inactive",
        ),
    ];
    for (facts, expected) in cases {
        let plan = told(Workload::Managed(definition(WEB)), Goal::Deploy, facts);
        assert_eq!(line(&plan), expected);
    }
}

#[test]
fn the_way_back_leads_to_what_serves() {
    let up = || facts(Some(("active", "running")), None);
    let newer = WEB.replace("nginx:1", "nginx:2");
    for (verdict, generation) in [(Some(proven()), 2), (Some(failed()), 1), (None, 1)] {
        let facts = holding(up(), &newer, verdict);
        let plan = told(Workload::Managed(definition(WEB)), Goal::Deploy, facts);
        let expected = revision(generation).to_string();
        assert_eq!(plan.changes[0].undo, Undo::Rollback { revision: expected });
        let expect = Some(revision(2).to_string());
        assert_eq!(plan.changes[0].action, Action::Roll { expect });
    }
}

#[test]
fn what_is_paused_is_not_rolled_over_somebodys_head() {
    let mut facts = holding(facts(Some(("active", "running")), None), WEB, None);
    facts.wharf.as_mut().unwrap().services[0].paused = true;
    let plan = told(Workload::Managed(definition(WEB)), Goal::Deploy, facts);
    assert_eq!(
        line(&plan),
        "n1! web is paused there; on the node: wharf resume web"
    );
}

#[test]
fn a_node_without_wharf_is_told_before_anything_changes() {
    for workload in [
        Workload::Managed(definition(WEB)),
        Workload::Runner(definition(CRON)),
    ] {
        let bare = Facts {
            wharf: None,
            ..facts(None, None)
        };
        let plan = told(workload, Goal::Deploy, bare);
        assert!(
            line(&plan).starts_with("n1! wharf is not installed there"),
            "{plan:?}"
        );
    }
}

#[test]
fn a_runner_in_every_state() {
    let up = || facts(Some(("active", "running")), None);
    let newer = CRON.replace("cron:1", "cron:2");
    let cases = [
        (
            facts(None, None),
            "+ place restore: it was never deployed here",
        ),
        (defining(up(), CRON), "same"),
        (
            defining(up(), &newer),
            "~ place restore: image changes from `cron:2` to `cron:1`",
        ),
        (
            defining(facts(Some(("failed", "failed")), None), CRON),
            "~ place restore broken: its unit failed: exit-code",
        ),
        (
            defining(facts(Some(("activating", "auto-restart")), None), CRON),
            "~ place restore broken: its unit fails and is started again: exit-code",
        ),
        (
            defining(facts(Some(("activating", "start")), None), CRON),
            "same",
        ),
    ];
    for (facts, expected) in cases {
        let plan = told(Workload::Runner(definition(CRON)), Goal::Deploy, facts);
        assert_eq!(line(&plan), expected);
    }
    let plan = told(
        Workload::Runner(definition(CRON)),
        Goal::Deploy,
        defining(up(), &newer),
    );
    assert_eq!(
        plan.changes[0].danger.as_deref(),
        Some("its container is restarted, which interrupts who uses it")
    );
}

#[test]
fn a_node_that_is_away_stops_the_deploy_or_is_left_out() {
    let away = Sight {
        node: "n1".into(),
        took: std::time::Duration::ZERO,
        found: Err(Unreached {
            kind: UnreachedKind::Refused,
            what: "Connection refused".into(),
        }),
    };
    let mut meant = cluster(Workload::Runner(definition(CRON)));
    let mut wish = wish(Goal::Deploy);
    wish.nodes.clear();
    let sights = [away, sight("n2", facts(None, None))];
    let told = plan(&meant, &sights, &wish);
    let [(node, what)] = &told.unreached[..] else {
        panic!("{told:?}")
    };
    assert_eq!(node, "n1");
    assert!(
        what.starts_with("Connection refused; next: see whether n1 is up"),
        "{what}"
    );
    assert_eq!((told.hindrances.len(), told.changes.len()), (1, 1));
    meant.waves = Waves {
        offline: Offline::Skip,
        ..Waves::default()
    };
    let told = plan(&meant, &sights, &wish);
    assert_eq!((told.hindrances.len(), told.changes.len()), (0, 1));
    assert_eq!(told.changes[0].node, "n2");
}

#[test]
fn a_clock_that_is_off_is_told() {
    for (clock, words) in [
        (1059.0, ""),
        (1093.0, "93 s ahead of"),
        (900.0, "100 s behind"),
    ] {
        let mut facts = facts(None, None);
        facts.host.clock = clock;
        let plan = told(Workload::Runner(definition(CRON)), Goal::Deploy, facts);
        assert_eq!(plan.notices.len(), usize::from(!words.is_empty()));
        assert!(plan.notices.iter().all(|it| it.contains(words)), "{plan:?}");
    }
}

#[test]
fn only_what_does_not_work_is_tried_again_where_that_is_asked_for() {
    let wish = Wish {
        only_broken: true,
        ..wish(Goal::Deploy)
    };
    let meant = cluster(Workload::Runner(definition(CRON)));
    let fresh = plan(&meant, &[sight("n1", facts(None, None))], &wish);
    assert!(fresh.is_empty());
    let failed = defining(facts(Some(("failed", "failed")), None), CRON);
    assert_eq!(plan(&meant, &[sight("n1", failed)], &wish).changes.len(), 1);
}

#[test]
fn the_id_names_changes_and_the_state_they_start_from() {
    let unit = |since: u64| {
        let mut it = facts(Some(("active", "running")), None);
        it.units[0].unit.state_for = Some(std::time::Duration::from_secs(since));
        it.host.load = [since as f64; 3];
        it
    };
    let newer = WEB.replace("nginx:1", "nginx:2");
    let id = |facts: Facts, text: &str| {
        let plan = told(Workload::Managed(definition(text)), Goal::Deploy, facts);
        assert!(plan.id.len() == 12 && plan.id.bytes().all(|it| it.is_ascii_hexdigit()));
        plan.id
    };
    let first = id(holding(unit(1), WEB, Some(proven())), &newer);
    assert_eq!(id(holding(unit(500), WEB, Some(proven())), &newer), first);
    assert_ne!(id(holding(unit(1), WEB, Some(failed())), &newer), first);
    let secret = |value: &str| format!("{WEB}environment: {{DB_PASSWORD: {value}}}\n");
    let one = id(facts(None, None), &secret("a"));
    assert_ne!(
        id(facts(None, None), &secret("b")),
        one,
        "what is shown may be the same"
    );
}
