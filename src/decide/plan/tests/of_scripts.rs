//! Services of scripts, and deletions, in each of their states.

use super::*;

#[test]
fn a_scripted_service_in_every_state() {
    let (unit, deploy) = (scripts().unit.unwrap(), scripts().deploy.unwrap());
    let up = |file: &str| facts(Some(("active", "running")), Some(file));
    let down = |file: &str| facts(Some(("failed", "failed")), Some(file));
    let cases = [
        (
            facts(None, None),
            "+ script restore: its unit is not installed; its deploy script never ran here",
        ),
        (record(up(&unit), &deploy, Some(0)), "same"),
        (
            record(up("x"), &deploy, Some(0)),
            "~ script restore: its unit's text differs",
        ),
        (
            record(up(&unit), "old", Some(0)),
            "~ script restore: its deploy script is another than the one that ran here",
        ),
        (
            record(up(&unit), &deploy, Some(3)),
            "~ script restore broken: its deploy script ended with 3 here",
        ),
        (
            record(up(&unit), &deploy, None),
            "~ script restore: its deploy script has not come to its end here",
        ),
        (
            record(down(&unit), &deploy, Some(0)),
            "~ start stop broken: its unit failed: exit-code",
        ),
    ];
    for (facts, expected) in cases {
        let plan = told(Workload::Scripted(scripts()), Goal::Deploy, facts);
        assert_eq!(line(&plan), expected);
    }
}

#[test]
fn a_scripted_service_needs_no_wharf_and_one_that_is_only_looked_at_no_unit_of_the_file() {
    let only = || Workload::Scripted(Scripts::default());
    let bare = |unit| Facts {
        wharf: None,
        ..facts(unit, None)
    };
    let up = told(only(), Goal::Deploy, bare(Some(("active", "running"))));
    assert_eq!(line(&up), "same");
    let down = told(only(), Goal::Deploy, bare(Some(("inactive", "dead"))));
    assert_eq!(line(&down), "~ start stop broken: its unit is inactive");
    let absent = told(only(), Goal::Deploy, bare(None));
    assert_eq!((line(&absent), absent.notices.len()), ("same".into(), 1));
    let gone = told(only(), Goal::Delete, bare(Some(("active", "running"))));
    assert_eq!((line(&gone), gone.notices.len()), ("same".into(), 1));
}

#[test]
fn an_update_sets_up_anew_what_scripts_set_up() {
    let (unit, deploy) = (scripts().unit.unwrap(), scripts().deploy.unwrap());
    let same = || {
        record(
            facts(Some(("active", "running")), Some(&unit)),
            &deploy,
            Some(0),
        )
    };
    let plan = told(Workload::Scripted(scripts()), Goal::Update, same());
    assert_eq!(line(&plan), "~ renew restore: it is to be set up anew");
    let fresh = told(
        Workload::Scripted(scripts()),
        Goal::Update,
        facts(None, None),
    );
    assert!(line(&fresh).starts_with("+ script"), "{fresh:?}");
    let held = holding(
        facts(Some(("active", "running")), None),
        WEB,
        Some(proven()),
    );
    let managed = told(Workload::Managed(definition(WEB)), Goal::Update, held);
    assert_eq!(line(&managed), "same");
}

#[test]
fn a_deletion_in_every_state() {
    let unit = scripts().unit.unwrap();
    let up = || facts(Some(("active", "running")), Some(&unit));
    let managed = || Workload::Managed(definition(WEB));
    let runner = || Workload::Runner(definition(CRON));
    let cases = [
        (
            managed(),
            holding(up(), WEB, None),
            "- delete nothing: it is to go",
        ),
        (managed(), facts(None, None), "same"),
        (
            runner(),
            defining(up(), CRON),
            "- delete nothing: it is to go",
        ),
        (runner(), facts(None, None), "same"),
        (
            Workload::Scripted(scripts()),
            up(),
            "- delete nothing: it is to go",
        ),
        (Workload::Scripted(scripts()), facts(None, None), "same"),
    ];
    for (workload, facts, expected) in cases {
        let plan = told(workload, Goal::Delete, facts);
        assert_eq!(line(&plan), expected);
        assert!(plan.changes.iter().all(|it| it.danger.is_some()));
    }
}
