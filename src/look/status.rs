//! How every service of this host stands, unit and container side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::decide::container::{LABEL_INSTANCE, LABEL_SERVICE, owns};
use crate::decide::definition;
use crate::decide::shown;
use crate::decide::units::escape;
use crate::host::docker::{Docker, Error};
use crate::host::{clock, definitions, files, process};
use crate::model::check::Order;
use crate::model::observed::{Container, Standing, Unit};
use crate::model::owner::Owner;

use super::managed;

const SYSTEMCTL_LIMIT: Duration = Duration::from_secs(20);

/// What was found, and what could not be asked.
pub struct Overview {
    pub standings: Vec<Standing>,
    /// Sentences for a person: `docker does not answer …`.
    pub notices: Vec<String>,
}

/// Returns how the services stand: all of this host when `names` is empty.
///
/// A service is one with a definition in the search path, a loaded `runner@` unit, a container of ours, or
/// revisions and a manager: of those, the manager and each instance stand by themselves.
pub async fn look(names: &[String]) -> Overview {
    let mut notices = Vec::new();
    let units = units(&mut notices).await;
    let containers = containers().await.unwrap_or_else(|why| {
        notices.push(why.to_string());
        Vec::new()
    });
    let mut standings = runners(&units, &containers);
    standings.extend(managed::standings(&units, &containers));
    if !names.is_empty() {
        let known = |name: &&String| standings.iter().any(|it| it.name == **name);
        let unknown = names.iter().filter(|it| !known(it));
        notices.extend(unknown.map(|it| format!("no service {it} on this host")));
        standings.retain(|it| names.contains(&it.name));
    }
    Overview { standings, notices }
}

/// Services without a manager.
fn runners(units: &[Unit], containers: &[Container]) -> Vec<Standing> {
    let known = definitions::all(&definitions::search_path());
    let units: BTreeMap<&str, &Unit> = units
        .iter()
        .filter_map(|it| Some((runs(it)?, it)))
        .collect();
    let mut all: BTreeSet<String> = known.keys().cloned().collect();
    all.extend(units.keys().map(|it| (*it).to_owned()));
    let ours = containers
        .iter()
        .filter(|it| !it.labels.contains_key(LABEL_INSTANCE));
    all.extend(ours.filter_map(|it| it.labels.get(LABEL_SERVICE).cloned()));
    let standing = |name: String| {
        let unit = match units.get(name.as_str()) {
            Some(unit) => (*unit).clone(),
            None => absent(escape::unit(&name)),
        };
        let file = known.get(&name);
        let mut standing = beside(Owner::runner(&name), unit, containers);
        if file.is_some_and(|it| is_process(it)) {
            // Its unit is all there is to it.
            standing.drift = None;
        }
        standing.file = file.map(|it| it.display().to_string());
        standing
    };
    all.into_iter().map(standing).collect()
}

/// Whether a definition runs a process of this host instead of a container.
fn is_process(file: &Path) -> bool {
    let text = files::read(file).unwrap_or_default();
    let reading = definition::read(&text, &file.to_string_lossy());
    reading.service.is_some_and(|it| it.process.is_some())
}

/// A unit that systemd has not loaded.
pub(super) fn absent(id: String) -> Unit {
    Unit {
        id,
        active: "inactive".to_owned(),
        ..Unit::default()
    }
}

/// A unit and the container it answers for.
pub(super) fn beside(owner: Owner, unit: Unit, containers: &[Container]) -> Standing {
    let ours: Vec<&Container> = containers.iter().filter(|it| owns(&owner, it)).collect();
    let running = ours.iter().filter(|it| it.running).count();
    let container = ours.iter().find(|it| it.running).or(ours.first());
    Standing {
        name: owner.service,
        file: None,
        drift: shown::drift(&unit, running),
        container: container.map(|it| (*it).clone()),
        memory: None,
        unit,
        part: None,
    }
}

/// Of both kinds, and of strangers whose names look alike.
async fn units(notices: &mut Vec<String>) -> Vec<Unit> {
    let order = Order::new([
        "systemctl",
        "show",
        "--all",
        "runner@*.service",
        "*@manager.service",
        "*@[1-9]*-*.service",
        "--property",
        shown::PROPERTIES,
    ]);
    match process::run(&order, None, SYSTEMCTL_LIMIT).await {
        Ok(output) => shown::units(&String::from_utf8_lossy(&output.stdout), clock::uptime()),
        Err(why) => {
            notices.push(format!("systemctl: {why}"));
            Vec::new()
        }
    }
}

/// The service of a unit without a manager.
fn runs(unit: &Unit) -> Option<&str> {
    let name = unit.id.strip_prefix("runner@")?.strip_suffix(".service")?;
    (!name.is_empty()).then_some(name)
}

async fn containers() -> Result<Vec<Container>, Error> {
    Docker::connect().await?.labelled(LABEL_SERVICE).await
}
