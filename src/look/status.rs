//! How every service of this host stands, unit and container side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::decide::container::{LABEL_INSTANCE, LABEL_SERVICE, owns};
use crate::decide::shown;
use crate::decide::units::escape;
use crate::host::docker::{Docker, Error};
use crate::host::{clock, definitions, process};
use crate::model::check::Order;
use crate::model::observed::{Container, Standing, Unit};
use crate::model::owner::Owner;

const SYSTEMCTL_LIMIT: Duration = Duration::from_secs(20);

/// What was found, and what could not be asked.
pub struct Overview {
    pub standings: Vec<Standing>,
    /// Sentences for a person: `docker does not answer …`.
    pub notices: Vec<String>,
}

/// Returns how the services stand: all of this host when `names` is empty.
///
/// A service is one with a definition in the search path, a loaded `runner@` unit, or a container of ours.
pub async fn look(names: &[String]) -> Overview {
    let mut notices = Vec::new();
    let units = units(&mut notices).await;
    let containers = containers().await.unwrap_or_else(|why| {
        notices.push(why.to_string());
        Vec::new()
    });
    let files = definitions::all(&definitions::search_path());
    let mut all: BTreeSet<String> = files.keys().cloned().collect();
    all.extend(units.keys().cloned());
    all.extend(
        containers
            .iter()
            .filter(|it| !it.labels.contains_key(LABEL_INSTANCE))
            .filter_map(|it| it.labels.get(LABEL_SERVICE).cloned()),
    );
    if !names.is_empty() {
        notices.extend(
            names
                .iter()
                .filter(|it| !all.contains(*it))
                .map(|it| format!("no service {it} on this host")),
        );
        all.retain(|it| names.contains(it));
    }
    let standings = all
        .into_iter()
        .map(|name| standing(name, &files, &units, &containers))
        .collect();
    Overview { standings, notices }
}

fn standing(
    name: String,
    files: &BTreeMap<String, PathBuf>,
    units: &BTreeMap<String, Unit>,
    containers: &[Container],
) -> Standing {
    let unit = units.get(&name).cloned().unwrap_or_else(|| Unit {
        id: escape::unit(&name),
        active: "inactive".to_owned(),
        ..Unit::default()
    });
    let owner = Owner::runner(&name);
    let ours: Vec<&Container> = containers.iter().filter(|it| owns(&owner, it)).collect();
    let running = ours.iter().filter(|it| it.running).count();
    Standing {
        file: files.get(&name).map(|it| it.display().to_string()),
        drift: shown::drift(&unit, running),
        container: ours
            .iter()
            .find(|it| it.running)
            .or(ours.first())
            .map(|it| (*it).clone()),
        memory: None,
        unit,
        name,
    }
}

async fn units(notices: &mut Vec<String>) -> BTreeMap<String, Unit> {
    let order = Order::new([
        "systemctl",
        "show",
        "--all",
        "runner@*.service",
        "--property",
        shown::PROPERTIES,
    ]);
    let output = match process::run(&order, None, SYSTEMCTL_LIMIT).await {
        Ok(output) => output,
        Err(why) => {
            notices.push(format!("systemctl: {why}"));
            return BTreeMap::new();
        }
    };
    let units = shown::units(&String::from_utf8_lossy(&output.stdout), clock::uptime());
    units
        .into_iter()
        .filter_map(|it| Some((instance(&it.id)?, it)))
        .collect()
}

fn instance(unit: &str) -> Option<String> {
    let name = unit.split_once('@')?.1.strip_suffix(".service")?;
    (!name.is_empty()).then(|| name.to_owned())
}

async fn containers() -> Result<Vec<Container>, Error> {
    Docker::connect().await?.labelled(LABEL_SERVICE).await
}
