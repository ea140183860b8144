//! Definitions of services with a manager: their manual, their mistakes, what they cannot have.

use std::time::Duration;

use wharf::{
    decide::definition::{Reading, read},
    model::{
        balance::Address,
        rollout::{Order, Rollout},
        service::Service,
    },
};

#[track_caller]
fn service(text: &str) -> Service {
    let reading = read(text, "thing.yaml");
    assert_eq!(reading.mistakes, [], "{text}");
    reading.service.unwrap()
}

/// What is wrong, as `line:column: what (hint)`.
fn wrong(text: &str) -> Vec<String> {
    let Reading { mistakes, .. } = read(text, "thing.yaml");
    mistakes.iter().map(ToString::to_string).collect()
}

/// The example with everything behind `#:` brought to life; what is live says the defaults where it can.
#[test]
fn the_managed_example_is_manual_and_schema() {
    let example = include_str!("../examples/my-service.yaml");
    let plain = service(example);
    let address: Address = "10.9.0.1:80".parse().unwrap();
    assert_eq!(
        (plain.port, &plain.rollout.addresses),
        (Some(80), &vec![address])
    );
    let whole: String = example
        .lines()
        .map(|line| line.replacen("#: ", "", 1) + "\n")
        .collect();
    let whole = service(&whole).rollout;
    let usual = Rollout::default();
    let expected = Rollout {
        persistence: Some(Duration::from_secs(300)),
        addresses: vec![address],
        wants: vec!["my-database".to_owned()],
        ..usual
    };
    assert_eq!(
        whole, expected,
        "what stands behind `#:` is what holds without it"
    );
    let others: Vec<&str> = example
        .lines()
        .filter_map(|it| it.trim_start().strip_prefix("#| "))
        .collect();
    assert!(others.len() > 3);
    for other in others {
        service(&format!("image: nginx\nport: 80\n{other}\n"));
    }
}

#[test]
fn what_two_revisions_side_by_side_cannot_share_is_refused() {
    let base = "image: a\nhealth_check: notify\naddress: 10.9.0.1:80\n";
    for (more, expected) in [
        ("", "an `address` leads to a port of the container"),
        (
            "port: 80\ncontainer_create_args: [-p, '80:80']",
            "exclude each other",
        ),
        (
            "port: 80\ncontainer_create_args: [--network, host]",
            "no address of its own",
        ),
        (
            "port: 80\ncontainer_create_args: [--network, 'container:x']",
            "no address of its own",
        ),
        (
            "port: 80\ncontainer_create_args: [--network, n, --ip, 10.0.0.2]",
            "a fixed address",
        ),
    ] {
        let told = wrong(&format!("{base}{more}\n"));
        assert!(
            told.len() == 1 && told[0].contains(expected),
            "{more}: {told:?}"
        );
    }
    let told = read("image: a\nport: 80\naddress: 10.9.0.1:80\n", "web").notices;
    assert!(
        told.iter()
            .any(|it| it.what.contains("without `health_check`")),
        "{told:?}"
    );
}

#[test]
fn what_one_can_have_is_given_to_revisions_that_take_turns() {
    let base = "image: a\nhealth_check: notify\naddress: 10.9.0.1:80\nport: 80\nrollout: {order: stop-first}\n";
    for flags in ["-p, '80:80'", "--network, n, --ip, 10.0.0.2"] {
        let text = format!("{base}container_create_args: [{flags}]\n");
        assert_eq!(service(&text).rollout.order, Order::StopFirst);
        let told = wrong(&format!("{text}replicas: 2\n"));
        assert!(
            told.len() == 1 && told[0].contains("side by side"),
            "{told:?}"
        );
    }
    let told = wrong("image: a\nrollout: {order: stopfirst}\n");
    assert!(told[0].contains("did you mean `stop-first`"), "{told:?}");
}

#[test]
fn every_mistake_of_a_rollout_has_its_place() {
    let text = "image: a\nport: 80\nhealth_check: tcp\naddress: [10.9.0.1, '10.9.0.1:80', '10.9.0.1:80/tcp', '0.0.0.0:80']\n\
        balancer: ipsv\nscheduler: wlc\npersistence: 1500ms\nreplicas: 0\nwants: [thing, a/b, db@manager, db]\n\
        rollout:\n  settle: 1x\n  min_healthy: 10m\n  drain_timeout: 0.5s\n  drain: wait-first\n  drain_http: /x\n  keep: 0\n  drian: 1\n";
    let told = wrong(text);
    for expected in [
        "4:11: expected an address like",
        "4:36: 10.9.0.1:80 stands here twice",
        "4:10: 0.0.0.0:80 is every address of the host",
        "5:11: expected one of auto, ipvs, nftables, relay, found `ipsv` (did you mean `ipvs`?)",
        "6:12: expected one of rr, wrr, lc, sh, found `wlc`",
        "7:14: expected whole seconds",
        "8:11: expected a whole number from 1 to 99",
        "9:9: a service cannot wait for itself",
        "9:16: `a/b`: this cannot name a container and a unit",
        "9:33: `db` stands here twice",
        "11:11: expected a duration",
        "12:16: `min_healthy` (600s) and `settle` (5s) have to be shorter than `deadline` (600s)",
        "13:18: `drain_timeout` is too short",
        "15:3: this means something with `drain: lame` only",
        "16:9: expected a whole number from 1 to 1000",
        "17:3: unknown key `drian` (did you mean `drain`?)",
    ] {
        assert!(
            told.iter().any(|it| it.starts_with(expected)),
            "{expected}\n{told:#?}"
        );
    }
    for (text, expected) in [
        ("rollout: {drain: lame}", "`lame` does not say how"),
        (
            "rollout: {drain: lame, drain_signal: SIGFOO}",
            "expected a signal",
        ),
        (
            "rollout: {drain: lame, drain_signal: TERM, drain_http: /x}",
            "told in two ways",
        ),
        ("rollout: {drain: lame, drain_http: x}", "expected a path"),
        ("min_healthy: 10s", "this stands below `rollout:`"),
        ("rollout: {deadline: 8d}", "at most seven days"),
    ] {
        let told = wrong(&format!("image: a\n{text}\n"));
        assert!(
            told.iter().any(|it| it.contains(expected)),
            "{text}: {told:?}"
        );
    }
}

/// service-manager's documents are definitions as they are.
#[test]
fn a_document_of_service_manager_is_a_definition() {
    let text = r#"{"_id":"my-service","_rev":"3-0123456789abcdef0123456789abcdef","image":"nginx:latest",
        "port":80,"health_check":"http","environment":{"FOO":"bar"},"volumes":["/srv:/srv:ro"]}"#;
    let service = service(text);
    assert_eq!(
        (service.name.as_str(), service.port),
        ("my-service", Some(80))
    );
    assert_eq!(service.rollout, Rollout::default());
    assert!(service.health.is_some() && service.container.mounts.len() == 1);
}
