//! From what is known of a service with a manager to its units: a template for manager and instances,
//! a drop-in for what differs at the manager, and the link that starts it at boot.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::escape::managed_slice;
use super::generate::STOP_MARGIN;
use super::relay::{self, listening};
use super::render::render_text;
use crate::model::balance::{Address, BalancerKind};
use crate::model::managed::Managed;
use crate::model::unit_file::{UnitFile, UnitLink};

const SERVICE: &str = include_str!("../../../units/service@.service");
const MANAGER: &str = include_str!("../../../units/manager.conf");

/// What stopping all instances takes a manager beyond stopping one.
const MANAGER_MARGIN: Duration = Duration::from_secs(60);
/// A definition that names no stop timeout: docker's own.
const STOP_TIMEOUT_SECONDS: u64 = 10;
/// Where service-manager's generator had its list, and the database its `launch` asked.
pub const SEED_LIST: &str = "/opt/services.json";
const SEED_DATABASE: &str = "http://127.0.0.1:5984/services";

/// A service that gets units, and from where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub service: String,
    pub managed: Managed,
    /// It is on service-manager's list: its revisions are in the database on this host.
    pub seed: bool,
}

/// One line of service-manager's list.
#[derive(Debug, serde::Deserialize)]
struct Seed {
    name: String,
    address: String,
}

/// The units of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// `SERVICE@.service`, the manager's drop-in, and where a relay serves the addresses it is to listen
    /// on; paths are relative to the generator's folder.
    pub files: Vec<UnitFile>,
    pub start: UnitLink,
}

/// Returns the services of service-manager's list, `[{"name": …, "address": …}]`, and what is wrong
/// with the rest, in words.
pub fn seeds(text: &str) -> (Vec<Known>, Vec<String>) {
    let list: Vec<Seed> = match serde_json::from_str(text) {
        Ok(list) => list,
        Err(why) => return (Vec::new(), vec![why.to_string()]),
    };
    let (mut known, mut wrong) = (Vec::new(), Vec::new());
    for seed in list {
        match seed.address.parse::<Address>() {
            Ok(address) if names_a_unit(&seed.name) => known.push(Known {
                service: seed.name,
                managed: Managed {
                    addresses: vec![address],
                    stop_timeout_seconds: STOP_TIMEOUT_SECONDS,
                    ..Managed::default()
                },
                seed: true,
            }),
            Ok(_) => wrong.push(format!("`{}` cannot name a unit", seed.name)),
            Err(why) => wrong.push(format!("{}: {}: {why}", seed.name, seed.address)),
        }
    }
    (known, wrong)
}

/// Returns whether this can be the part of a unit's name before its `@`, as it is.
pub fn names_a_unit(name: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"_.-".contains(&it);
    // `runner@` is the template of services without a manager.
    !name.is_empty() && name.len() <= 63 && name.bytes().all(fits) && name != "runner"
}

/// Returns one entry per service; what was put here goes before service-manager's list.
pub fn merged(put: Vec<Known>, seeds: Vec<Known>) -> Vec<Known> {
    let named = |all: Vec<Known>| all.into_iter().map(|it| (it.service.clone(), it));
    let mut all: BTreeMap<_, _> = named(seeds).collect();
    all.extend(named(put));
    all.into_values().collect()
}

/// Returns the units for this systemd and the binary at this absolute path; None where the service
/// has no address: then nothing is there to be balanced.
pub fn units(known: &Known, systemd_version: u32, binary: &Path) -> Option<Units> {
    let service = &known.service;
    let addresses = known.managed.addresses.iter().map(ToString::to_string);
    let address = addresses.collect::<Vec<_>>().join(",");
    if address.is_empty() {
        return None;
    }
    let stop = Duration::from_secs(known.managed.stop_timeout_seconds) + STOP_MARGIN;
    let (slice, wants, environment) = (managed_slice(service), wants(known), environment(known));
    let seconds = |it: Duration| it.as_secs().to_string();
    let file = |path: String, text, stop: Duration| {
        let stop = seconds(stop);
        let places = [
            ("@BINARY@", binary.to_string_lossy().into_owned()),
            ("@ADDRESS@", address.clone()),
            ("@SLICE@", slice.clone()),
            ("@STOP@", stop),
            ("@WANTS@", wants.clone()),
            ("@ENVIRONMENT@", environment.clone()),
        ];
        UnitFile {
            path,
            text: render_text(text, systemd_version, &places),
        }
    };
    let manager = format!("{service}@manager.service.d/50-wharf.conf");
    let mut files = vec![
        file(format!("{service}@.service"), SERVICE, stop),
        file(manager, MANAGER, stop + MANAGER_MARGIN),
    ];
    files.extend(relayed(known).then(|| listening(service, &known.managed.addresses)));
    Some(Units {
        files,
        start: UnitLink {
            path: format!("multi-user.target.wants/{service}@manager.service"),
            target: format!("../{service}@.service"),
        },
    })
}

fn relayed(known: &Known) -> bool {
    known.managed.balancer == Some(BalancerKind::Relay)
}

fn wants(known: &Known) -> String {
    let mut units: Vec<_> = known
        .managed
        .wants
        .iter()
        .filter(|it| names_a_unit(it))
        .map(|it| format!("{it}@manager.service"))
        .collect();
    if relayed(known) {
        units.push(relay::unit(&known.service));
    }
    if known.seed {
        units.push("couchdb.service".to_owned());
    }
    match units.is_empty() {
        true => String::new(),
        false => {
            let units = units.join(" ");
            format!(
                "# Order and wish only: a service that is down is not waited for.\nWants={units}\nAfter={units}"
            )
        }
    }
}

fn environment(known: &Known) -> String {
    match known.seed {
        true => format!(
            "# As service-manager's own units had it.\nEnvironment=COUCHDB_URL={SEED_DATABASE}"
        ),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Known {
        Known {
            service: "my-web".into(),
            managed: Managed {
                addresses: vec!["10.9.0.1:80".parse().unwrap()],
                wants: vec!["db".into()],
                stop_timeout_seconds: 20,
                ..Managed::default()
            },
            seed: false,
        }
    }

    fn has(text: &str, line: &str) -> bool {
        text.lines().any(|it| it == line)
    }

    #[test]
    fn a_service_gets_a_template_a_drop_in_and_its_start_at_boot() {
        let made = units(&web(), 252, Path::new("/usr/bin/wharf")).unwrap();
        let [service, manager] = made.files.as_slice() else {
            panic!("{:?}", made.files);
        };
        assert_eq!(service.path, "my-web@.service");
        let start = "ExecStart=/usr/bin/wharf launch %p %i 10.9.0.1:80";
        assert!(has(&service.text, start), "{}", service.text);
        assert!(has(&service.text, "Slice=wharf-my\\x2dweb.slice"));
        assert!(has(&service.text, "TimeoutStopSec=35"));
        assert_eq!(manager.path, "my-web@manager.service.d/50-wharf.conf");
        assert!(has(&manager.text, "Wants=db@manager.service"));
        assert!(has(&manager.text, "TimeoutStopSec=95"));
        assert!(!manager.text.contains("COUCHDB_URL"));
        assert_eq!(
            (made.start.path.as_str(), made.start.target.as_str()),
            (
                "multi-user.target.wants/my-web@manager.service",
                "../my-web@.service"
            )
        );
    }

    #[test]
    fn every_marker_is_spent_for_every_systemd() {
        for version in [247, 252, 253, 254, 260] {
            let made = units(&web(), version, Path::new("/b")).unwrap();
            for it in &made.files {
                let left = it
                    .text
                    .lines()
                    .find(|it| it.starts_with('@') || it.contains("@BINARY@"));
                assert_eq!(left, None, "{version}");
            }
        }
    }

    #[test]
    fn a_relays_socket_is_told_where_to_listen_and_is_there_before_the_manager() {
        let mut known = web();
        known.managed.balancer = Some(BalancerKind::Relay);
        let made = units(&known, 252, Path::new("/b")).unwrap();
        assert_eq!(
            made.files[2].path,
            "wharf-relay@my-web.socket.d/50-wharf.conf"
        );
        let wants = "Wants=db@manager.service wharf-relay@my-web.service";
        assert!(has(&made.files[1].text, wants), "{}", made.files[1].text);
    }

    #[test]
    fn a_service_without_address_gets_nothing() {
        let mut known = web();
        known.managed.addresses.clear();
        assert_eq!(units(&known, 252, Path::new("/b")), None);
    }

    #[test]
    fn service_managers_list_is_read_and_what_was_put_here_goes_first() {
        let text = r#"[{"name":"my-web","address":"172.18.0.1:7001"},
            {"name":"old","address":"172.18.0.1:7002"},
            {"name":"a b","address":"172.18.0.1:7003"},{"name":"c","address":"host:1"}]"#;
        let (known, wrong) = seeds(text);
        assert_eq!((known.len(), wrong.len()), (2, 2), "{wrong:?}");
        let all = merged(vec![web()], known);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0], web());
        let made = units(&all[1], 252, Path::new("/b")).unwrap();
        let manager = &made.files[1].text;
        assert!(manager.contains("COUCHDB_URL=http://127.0.0.1:5984/services"));
        assert!(has(manager, "After=couchdb.service"));
        assert_eq!(seeds("{}").1.len(), 1);
    }

    #[test]
    fn only_what_a_unit_can_be_called_by_names_one() {
        for bad in ["", "a b", "a/b", "a@b", "runner", "ü", "a\nb"] {
            assert!(!names_a_unit(bad), "{bad}");
        }
        assert!(names_a_unit("my-service_2.x"));
    }
}
