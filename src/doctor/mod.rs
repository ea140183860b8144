//! The story of `wharf doctor`: gather facts about this host, judge them, say what to do.

mod user;

pub use user::user;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::decide::container::LABEL_UNIT;
use crate::decide::definition;
use crate::decide::doctor::judge;
use crate::decide::units::escape::slice;
use crate::decide::units::render::Template;
use crate::host::balance::Balancer;
use crate::host::docker::Docker;
use crate::host::{definitions, files, fronts, kernel, surroundings, systemd};
use crate::model::facts::{
    BalanceFacts, DefinitionFacts, Facts, IngressFacts, JournalFacts, SystemdFacts, UnitFacts,
};
use crate::model::finding::Finding;
use crate::model::ingress::IngressStanding;
use crate::model::observed::{Container, Daemon};
use crate::model::owner::Owner;

/// Where a template of ours may lie, in systemd's own order.
const UNIT_DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
];

const DAEMON_JSON: &str = "/etc/docker/daemon.json";
const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";
const JOURNAL_DIRECTORY: &str = "/var/log/journal";

/// Returns what is wrong with this host, the gravest first; `ingress` is how its way in stands, where it has
/// one. Changes nothing.
pub async fn doctor(ingress: Option<IngressStanding>) -> Vec<Finding> {
    let (docker, containers) = ask_docker().await;
    let mut units = look_at_units();
    units.extend(look_at_instances(&containers));
    judge(&Facts {
        systemd: look_at_systemd(),
        docker,
        daemon_json: files::read(Path::new(DAEMON_JSON)).ok(),
        journal: look_at_journal(),
        balance: look_at_balance(),
        units,
        containers,
        definitions: look_at_definitions(),
        ingress: IngressFacts {
            haproxy: surroundings::has_program("haproxy"),
            standing: ingress,
        },
    })
}

async fn ask_docker() -> (Result<Daemon, String>, Vec<Container>) {
    let docker = match Docker::connect().await {
        Ok(docker) => docker,
        Err(why) => return (Err(why.to_string()), Vec::new()),
    };
    let daemon = docker.daemon().await.map_err(|why| why.to_string());
    let containers = docker.labelled(LABEL_UNIT).await.unwrap_or_default();
    (daemon, containers)
}

fn look_at_balance() -> BalanceFacts {
    BalanceFacts {
        ip_vs: kernel::has_ip_vs(),
        nft: surroundings::has_program("nft"),
        kernel: kernel::version(),
        settings: Balancer::settings(),
        held: fronts::all().values().map(|it| it.balancer).collect(),
    }
}

fn look_at_systemd() -> SystemdFacts {
    let mut places = UNIT_DIRECTORIES
        .iter()
        .map(|it| Path::new(it).join(Template::Runner.file_name()));
    let path = places.find(|it| it.is_file());
    let verified = |path: &PathBuf| systemd::complaints(&[&path.to_string_lossy()]).ok();
    SystemdFacts {
        version: systemd::version().ok(),
        running: systemd::is_running(),
        template: path.as_deref().and_then(|it| files::read(it).ok()),
        complaints: path.as_ref().and_then(verified).unwrap_or_default(),
        cgroup_v2: kernel::has_cgroup_v2(),
    }
}

fn look_at_journal() -> JournalFacts {
    let text = systemd::configuration("systemd/journald.conf").unwrap_or_default();
    JournalFacts {
        socket: Path::new(JOURNAL_SOCKET).exists(),
        readable: systemd::journal_is_readable(),
        directory: Path::new(JOURNAL_DIRECTORY).is_dir(),
        settings: settings(&text),
    }
}

/// The last value of each key, as systemd reads a file and its drop-ins.
fn settings(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|it| !it.starts_with(['#', ';', '[']));
    let pairs = lines.filter_map(|it| it.split_once('='));
    pairs
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

const UNIT_PROPERTIES: [&str; 7] = [
    "Id",
    "ActiveState",
    "SubState",
    "Result",
    "NeedDaemonReload",
    "DropInPaths",
    "LogRateLimitIntervalUSec",
];

/// The units that instances of services with a manager say they belong to.
fn look_at_instances(containers: &[Container]) -> Vec<UnitFacts> {
    let named = containers.iter().filter_map(|it| it.labels.get(LABEL_UNIT));
    let units: BTreeSet<_> = named.filter(|it| Owner::of_unit(it).is_some()).collect();
    let shown = units
        .into_iter()
        .filter_map(|it| systemd::show(it, &UNIT_PROPERTIES).ok());
    shown.flatten().map(unit).collect()
}

fn look_at_units() -> Vec<UnitFacts> {
    let shown = systemd::show("runner@*.service", &UNIT_PROPERTIES).unwrap_or_default();
    let stale = stale_slices();
    let units = shown.into_iter().map(unit);
    units
        .map(|it| UnitFacts {
            reload_needed: it.reload_needed || stale.contains(&slice_of(&it.id)),
            ..it
        })
        .collect()
}

/// Slices whose definition has changed since systemd read it.
fn stale_slices() -> Vec<String> {
    let shown = systemd::show("runner-*.slice", &["Id", "NeedDaemonReload"]).unwrap_or_default();
    let stale = shown
        .into_iter()
        .filter(|it| it.get("NeedDaemonReload").is_some_and(|it| it == "yes"));
    stale.filter_map(|mut it| it.remove("Id")).collect()
}

fn slice_of(unit: &str) -> String {
    let name = unit
        .trim_start_matches("runner@")
        .trim_end_matches(".service");
    slice(name)
}

fn unit(mut properties: systemd::Properties) -> UnitFacts {
    let mut take = |key| properties.remove(key).unwrap_or_default();
    UnitFacts {
        id: take("Id"),
        active: take("ActiveState"),
        sub: take("SubState"),
        result: take("Result"),
        reload_needed: take("NeedDaemonReload") == "yes",
        drop_in: take("DropInPaths").contains("/50-wharf.conf"),
        // Zero means journald's own limit, not none.
        rate_limit_lifted: take("LogRateLimitIntervalUSec") != "0",
    }
}

fn look_at_definitions() -> Vec<DefinitionFacts> {
    let found = definitions::all(&definitions::search_path()).into_iter();
    found
        .map(|(name, path)| {
            let (mistakes, process) = reading(&path);
            DefinitionFacts {
                name,
                path,
                mistakes,
                process,
            }
        })
        .collect()
}

/// All that is wrong with a definition, and whether it is of a host process.
fn reading(path: &Path) -> (Vec<String>, bool) {
    let text = match files::read(path) {
        Ok(text) => text,
        Err(why) => return (vec![why.to_string()], false),
    };
    let reading = definition::read(&text, &path.to_string_lossy());
    let process = reading.service.is_some_and(|it| it.process.is_some());
    let mistakes = reading.mistakes.iter().map(ToString::to_string);
    (mistakes.collect(), process)
}
