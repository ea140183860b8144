//! What events mean.

use serde_json::json;

use super::life::{BEGIN, down, key};
use crate::decide::alert::listen::{KINDS, Tidings, listen, of_record};
use crate::model::alert::{Heard, Trouble};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::rollout::Report;

fn tidings(kind: Kind, priority: Priority, data: &[(&str, serde_json::Value)]) -> Tidings {
    let mut event = Event::new(kind, priority, "words");
    for (key, value) in data {
        event = event.with(key, value.clone());
    }
    Tidings {
        event,
        origin: Origin {
            service: "web".into(),
            container_name: "web".into(),
            ..Origin::default()
        },
        unit: "runner@web.service".into(),
        when: BEGIN,
    }
}

#[test]
fn events_mean_what_somebody_asleep_would_want_to_know() {
    let means = |it: &Tidings| listen(it, "node1");
    let is_bad = |heard: &[Heard], trouble| matches!(heard, [Heard::Bad { key, .. }] if key.trouble == trouble);
    let error = Priority::ERROR;
    for kind in [
        Kind::Exited,
        Kind::Failed,
        Kind::StoppedOutside,
        Kind::RemovedOutside,
        Kind::Unready,
    ] {
        assert!(
            is_bad(&means(&tidings(kind, error, &[])), Trouble::Down),
            "{kind:?}"
        );
    }
    // Code 0, and nobody asked for it: the service is not there.
    let ended = tidings(Kind::Exited, Priority::NOTICE, &[]);
    assert!(is_bad(&means(&ended), Trouble::Down));
    let asked = tidings(Kind::Exited, error, &[("asked", json!(true))]);
    assert!(matches!(means(&asked)[..], [Heard::Stopped { .. }]));
    let asked = tidings(Kind::Exited, Priority::INFO, &[]);
    assert!(matches!(means(&asked)[..], [Heard::Stopped { .. }]));
    let child = tidings(Kind::OutOfMemory, error, &[]);
    assert!(means(&child).is_empty());
    let whole = tidings(Kind::OutOfMemory, error, &[("oom", json!(true))]);
    assert!(is_bad(&means(&whole), Trouble::Down));
    let check = |consequence: &str| {
        let data = [("check", json!("ping")), ("on_failure", json!(consequence))];
        means(&tidings(Kind::CheckFailed, error, &data))
    };
    assert!(is_bad(&check("alert"), Trouble::Check));
    for consequence in ["log", "unready", "restart"] {
        assert!(check(consequence).is_empty(), "{consequence}");
    }
    let docker = means(&tidings(Kind::DockerLost, Priority::WARNING, &[]));
    assert!(matches!(&docker[..], [Heard::Bad { key, .. }] if key.service.is_empty()));
    let ready = means(&tidings(Kind::Ready, Priority::INFO, &[]));
    assert_eq!(ready[0], Heard::Good(down("web")));
    assert_eq!(ready[1], Heard::Good(key("node1", "", Trouble::Docker)));
}

#[test]
fn a_managers_verdict_brings_its_whole_report() {
    let report = Report {
        what: "it answered 500".into(),
        stage: "start".into(),
        ..Report::default()
    };
    let data = [
        ("report", serde_json::to_value(&report).unwrap()),
        ("revision", json!("3-abc")),
        ("alerts", json!({"to": ["night"]})),
    ];
    let heard = listen(&tidings(Kind::GivenUp, Priority::ERROR, &data), "node1");
    assert!(matches!(&heard[0], Heard::Left { revision, .. } if revision == "3-abc"));
    let Heard::Bad {
        report: told, wish, ..
    } = &heard[2]
    else {
        panic!("{heard:?}");
    };
    assert_eq!(**told, report);
    assert_eq!(wish.to, Some(vec!["night".to_owned()]));
}

#[test]
fn every_event_that_means_something_is_asked_for() {
    let plain = [("oom", json!(true)), ("on_failure", json!("alert"))];
    for kind in Kind::ALL {
        let means = listen(&tidings(kind, Priority::ERROR, &plain), "node1");
        let asked = KINDS.contains(&kind);
        assert_eq!(!means.is_empty(), asked, "{kind:?}");
    }
}

#[test]
fn a_record_of_the_journal_is_read_whole() {
    let fields = [
        ("WHARF_EVENT", "exited"),
        ("WHARF_SERVICE", "web"),
        ("CONTAINER_NAME", "web"),
        ("PRIORITY", "3"),
        (
            "MESSAGE",
            r#"{"message":"ended with 3","data":{"exit_code":3}}"#,
        ),
        ("_SYSTEMD_UNIT", "runner@web.service"),
        ("__REALTIME_TIMESTAMP", "1800000000123456"),
    ];
    let record = fields.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    let tidings = of_record(&record.into()).unwrap();
    assert_eq!((tidings.when, tidings.event.kind), (BEGIN, Kind::Exited));
    assert_eq!(tidings.event.data["exit_code"], 3);
    assert_eq!(tidings.unit, "runner@web.service");
    assert_eq!(of_record(&std::collections::BTreeMap::new()), None);
}
