//! A healthy host has no findings; each fact turned bad brings exactly its own.

use std::collections::BTreeMap;

use super::judge;
use crate::decide::container::LABEL_UNIT;
use crate::decide::units::render::render;
use crate::model::balance::BalancerKind;
use crate::model::facts::{
    BalanceFacts, DefinitionFacts, Facts, IngressFacts, JournalFacts, Setting, SystemdFacts,
    UnitFacts,
};
use crate::model::finding::Severity;
use crate::model::ingress::{HeldBack, IngressStanding};
use crate::model::observed::{Container, Daemon};

const BINARY: &str = "/usr/bin/wharf";

fn healthy() -> Facts {
    Facts {
        systemd: SystemdFacts {
            version: Some(252),
            running: true,
            template: Some(render(252, BINARY)),
            complaints: vec![],
            cgroup_v2: true,
        },
        docker: Ok(Daemon {
            version: "20.10.24".into(),
            api_version: "1.41".into(),
            cgroup_driver: "systemd".into(),
            cgroup_version: "2".into(),
            live_restore: true,
            log_driver: "json-file".into(),
        }),
        daemon_json: Some(r#"{"live-restore":true,"log-opts":{"max-size":"10m"}}"#.into()),
        journal: JournalFacts {
            socket: true,
            readable: true,
            directory: true,
            settings: BTreeMap::new(),
        },
        balance: BalanceFacts {
            ip_vs: true,
            nft: true,
            kernel: (6, 1),
            settings: vec![setting("conntrack", Some("1"))],
            held: vec![BalancerKind::Ipvs],
        },
        units: vec![UnitFacts {
            id: "runner@web.service".into(),
            active: "active".into(),
            sub: "running".into(),
            result: "success".into(),
            reload_needed: false,
            drop_in: true,
            rate_limit_lifted: true,
        }],
        containers: vec![Container {
            name: "web".into(),
            labels: BTreeMap::from([(LABEL_UNIT.into(), "runner@web.service".into())]),
            running: true,
            ..Container::default()
        }],
        definitions: vec![DefinitionFacts {
            name: "web".into(),
            path: "/etc/wharf/services/web.yaml".into(),
            mistakes: vec![],
            process: false,
        }],
        ingress: IngressFacts {
            haproxy: true,
            standing: Some(IngressStanding {
                running: true,
                ..IngressStanding::default()
            }),
        },
    }
}

fn setting(name: &str, found: Option<&str>) -> Setting {
    Setting {
        path: format!("net/ipv4/vs/{name}"),
        wanted: "1".into(),
        found: found.map(str::to_owned),
    }
}

#[track_caller]
fn finds(spoil: impl FnOnce(&mut Facts), expected: &[(Severity, &str)]) {
    let mut facts = healthy();
    spoil(&mut facts);
    let found = judge(&facts);
    let short: Vec<_> = found
        .iter()
        .map(|it| (it.severity, it.subject.as_str()))
        .collect();
    assert_eq!(short, expected, "{found:#?}");
    assert!(found.iter().all(|it| !it.remedy.is_empty()));
}

#[test]
fn a_healthy_host_has_no_findings() {
    finds(|_| (), &[]);
}

#[test]
fn systemd_that_does_not_obey_is_an_error() {
    let line = "runner@.service:20: Failed to parse service type, ignoring: notify-reload";
    finds(
        |it| it.systemd.complaints = vec![line.into()],
        &[(Severity::Error, "runner@.service")],
    );
}

#[test]
fn a_unit_for_another_systemd_is_out_of_date() {
    finds(
        |it| it.systemd.version = Some(255),
        &[(Severity::Warning, "runner@.service")],
    );
    finds(
        |it| it.systemd.template = None,
        &[(Severity::Error, "runner@.service")],
    );
}

#[test]
fn docker_away_is_one_finding_and_containers_are_not_guessed_at() {
    finds(
        |it| {
            it.docker = Err("docker does not answer".into());
            it.containers.clear();
        },
        &[(Severity::Error, "docker")],
    );
}

#[test]
fn docker_that_loses_containers_or_limits_is_a_warning() {
    let daemon =
        |spoil: fn(&mut Daemon)| move |it: &mut Facts| it.docker.iter_mut().for_each(spoil);
    let warning = [(Severity::Warning, "docker")];
    finds(daemon(|it| it.live_restore = false), &warning);
    finds(daemon(|it| it.cgroup_driver = "cgroupfs".into()), &warning);
    finds(
        daemon(|it| it.api_version = "1.39".into()),
        &[(Severity::Error, "docker")],
    );
    finds(|it| it.daemon_json = None, &[(Severity::Note, "docker")]);
}

#[test]
fn a_journal_that_forgets_is_a_warning() {
    let set = |key: &'static str, value: &'static str| {
        move |it: &mut Facts| drop(it.journal.settings.insert(key.into(), value.into()))
    };
    let warning = [(Severity::Warning, "journal")];
    finds(set("Storage", "volatile"), &warning);
    finds(set("MaxLevelStore", "warning"), &warning);
    finds(set("SystemMaxUse", "64M"), &warning);
    finds(set("SystemMaxUse", "1G"), &[]);
    finds(set("Storage", "none"), &[(Severity::Error, "journal")]);
    finds(|it| it.journal.directory = false, &warning);
    finds(|it| it.journal.readable = false, &warning);
    finds(
        |it| it.journal.socket = false,
        &[(Severity::Error, "journal")],
    );
}

#[test]
fn a_failed_unit_and_its_running_container_are_two_errors() {
    finds(
        |it| {
            it.units[0].active = "failed".into();
            it.units[0].result = "exit-code".into();
        },
        &[
            (Severity::Error, "runner@web.service"),
            (Severity::Error, "web"),
        ],
    );
}

#[test]
fn an_active_unit_without_a_container_is_an_error() {
    finds(
        |it| it.containers[0].running = false,
        &[(Severity::Error, "runner@web.service")],
    );
}

#[test]
fn a_host_process_has_no_container_and_misses_none() {
    finds(
        |it| {
            it.containers.clear();
            it.definitions[0].process = true;
        },
        &[],
    );
}

#[test]
fn a_leftover_without_a_unit_is_named() {
    finds(
        |it| {
            it.units.clear();
            it.containers[0].running = false;
        },
        &[(Severity::Warning, "web")],
    );
}

#[test]
fn a_forgotten_daemon_reload_is_a_warning() {
    let warning = [(Severity::Warning, "runner@web.service")];
    finds(|it| it.units[0].drop_in = false, &warning);
    finds(|it| it.units[0].reload_needed = true, &warning);
    finds(|it| it.units[0].rate_limit_lifted = false, &warning);
}

#[test]
fn a_unit_started_from_a_path_needs_no_drop_in() {
    finds(
        |it| {
            it.units[0].drop_in = false;
            it.definitions.clear();
        },
        &[],
    );
}

#[test]
fn a_definition_that_does_not_read_names_the_command_that_shows_all() {
    let mut facts = healthy();
    facts.definitions[0].mistakes = vec!["1:1: unknown key `imagee`".into()];
    let found = judge(&facts);
    assert_eq!(found[0].remedy, "wharf check /etc/wharf/services/web.yaml");
}

#[test]
fn a_kernel_that_drops_requests_is_a_warning_where_ipvs_is_used() {
    let spoilt = |it: &mut Facts| {
        it.balance.settings = vec![
            setting("conntrack", Some("0")),
            setting("conn_reuse_mode", None),
        ];
        it.balance.kernel = (5, 4);
    };
    let warning = (Severity::Warning, "kernel");
    finds(spoilt, &[warning, warning, warning]);
    finds(
        |it| {
            spoilt(it);
            it.balance.held = vec![BalancerKind::Nftables];
        },
        &[],
    );
    let mut facts = healthy();
    spoilt(&mut facts);
    let remedies = judge(&facts).into_iter().map(|it| it.remedy);
    assert!(
        remedies
            .into_iter()
            .any(|it| it == "sysctl -w net.ipv4.vs.conntrack=1")
    );
}

#[test]
fn nft_is_missed_where_a_service_address_needs_it() {
    finds(|it| it.balance.nft = false, &[(Severity::Error, "nft")]);
    finds(
        |it| {
            it.balance.nft = false;
            it.balance.held = vec![BalancerKind::Relay];
        },
        &[],
    );
}

#[test]
fn an_ingress_that_does_not_serve_what_it_should_is_an_error() {
    let stands = |spoil: fn(&mut IngressStanding)| {
        move |it: &mut Facts| it.ingress.standing.iter_mut().for_each(spoil)
    };
    let unit = (Severity::Error, "wharf-ingress.service");
    finds(stands(|it| it.running = false), &[unit]);
    finds(stands(|it| it.failed = true), &[unit]);
    let held = |it: &mut IngressStanding| {
        it.held = vec![HeldBack {
            service: "shop".into(),
            cause: "no certificate".into(),
            before: true,
        }];
    };
    finds(stands(held), &[unit]);
    let mut facts = healthy();
    facts.ingress.standing.iter_mut().for_each(held);
    let found = judge(&facts);
    assert_eq!(
        found[0].what,
        "routes of shop are held back: no certificate"
    );
    // One finding: what does not run without it is no news.
    finds(
        |it| {
            it.ingress.haproxy = false;
            stands(|it| it.running = false)(it);
        },
        &[(Severity::Error, "haproxy")],
    );
    finds(|it| it.ingress = IngressFacts::default(), &[]);
}

#[test]
fn the_gravest_comes_first() {
    finds(
        |it| {
            it.balance.ip_vs = false;
            it.journal.directory = false;
            it.systemd.running = false;
        },
        &[
            (Severity::Error, "systemd"),
            (Severity::Warning, "journal"),
            (Severity::Note, "kernel"),
        ],
    );
}
