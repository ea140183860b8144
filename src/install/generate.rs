//! The story of systemd's generator: at boot and at every daemon-reload, definitions become slices.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::decide::definition;
use crate::decide::units::generate::generated;
use crate::decide::units::managed::{self, Known, SEED_LIST, Units, merged, names_a_unit, seeds};
use crate::host::{definitions, files};
use crate::model::{mistake::Mistake, unit_file::UnitFile};

/// What `wharf put` writes for the generator.
const MANAGED: &str = "/etc/wharf/managed";
const MANAGED_VARIABLE: &str = "WHARF_MANAGED";

/// A definition that got no units of its own, and why; the boot goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub source: PathBuf,
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source.display(), self.why)
    }
}

/// Writes drop-in and slice of every definition in `directories` below `normal`, systemd's
/// directory for generated units, and returns the definitions left out.
///
/// Asks neither docker nor systemd: generators run before both.
pub fn generate(normal: &Path, directories: &[PathBuf]) -> Vec<Skipped> {
    let definitions = definitions::all(directories).into_iter();
    definitions
        .filter_map(|(instance, source)| {
            let units = units(&instance, &source);
            let why = units.and_then(|it| write(normal, &it)).err()?;
            Some(Skipped { source, why })
        })
        .collect()
}

/// Where services with a manager are known from.
#[derive(Clone, Debug)]
pub struct Lists {
    /// One file of [`crate::model::managed::Managed`] for each service, written when a revision is put.
    pub folder: PathBuf,
    /// service-manager's own list.
    pub seeds: PathBuf,
}

/// Returns the lists of this host: `/etc/wharf/managed`, or `$WHARF_MANAGED`, and service-manager's.
pub fn lists() -> Lists {
    let folder = std::env::var_os(MANAGED_VARIABLE);
    Lists {
        folder: folder.map_or_else(|| PathBuf::from(MANAGED), PathBuf::from),
        seeds: PathBuf::from(SEED_LIST),
    }
}

/// Writes the units of every service with a manager below `normal`, and returns what was left out.
pub fn generate_managed(
    normal: &Path,
    lists: &Lists,
    systemd_version: u32,
    binary: &Path,
) -> Vec<Skipped> {
    let (known, mut skipped) = known(lists);
    for it in known {
        let source = lists.folder.join(format!("{}.json", it.service));
        let why = match managed::units(&it, systemd_version, binary) {
            Some(units) => lay_out(normal, &units).err(),
            None => Some("no address: write `address: IP:PORT` into its definition".to_owned()),
        };
        skipped.extend(why.map(|why| Skipped { source, why }));
    }
    skipped
}

/// Returns the services with a manager on this host, and the files that could not be read.
pub fn known(lists: &Lists) -> (Vec<Known>, Vec<Skipped>) {
    let (mut put, mut skipped) = (Vec::new(), Vec::new());
    for name in files::names(&lists.folder) {
        let source = lists.folder.join(&name);
        let Some(service) = name.strip_suffix(".json").filter(|it| names_a_unit(it)) else {
            continue;
        };
        let text = files::read(&source).map_err(|why| why.to_string());
        let read = text.and_then(|it| serde_json::from_str(&it).map_err(|why| why.to_string()));
        match read {
            Ok(managed) => put.push(Known {
                service: service.to_owned(),
                managed,
                seed: false,
            }),
            Err(why) => skipped.push(Skipped { source, why }),
        }
    }
    let (seeds, wrong) =
        files::read(&lists.seeds).map_or_else(|_| Default::default(), |it| seeds(&it));
    skipped.extend(wrong.into_iter().map(|why| Skipped {
        source: lists.seeds.clone(),
        why,
    }));
    (merged(put, seeds), skipped)
}

fn lay_out(normal: &Path, units: &Units) -> Result<(), String> {
    write(normal, &units.files)?;
    let path = normal.join(&units.start.path);
    files::make_directory(path.parent().unwrap_or(normal))
        .and_then(|()| files::link(&path, Path::new(&units.start.target)))
        .map_err(|why| why.to_string())
}

fn units(instance: &str, source: &Path) -> Result<[UnitFile; 2], String> {
    let text = files::read(source).map_err(|why| why.to_string())?;
    let reading = definition::read(&text, &source.to_string_lossy());
    match reading.service {
        Some(service) => Ok(generated(instance, &service, source)),
        None => Err(all(&reading.mistakes)),
    }
}

fn all(mistakes: &[Mistake]) -> String {
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    mistakes.join("; ")
}

fn write(normal: &Path, units: &[UnitFile]) -> Result<(), String> {
    for unit in units {
        let path = normal.join(&unit.path);
        let directory = path.parent().unwrap_or(normal);
        files::make_directory(directory)
            .and_then(|()| files::put(&path, &unit.text))
            .map_err(|why| why.to_string())?;
    }
    Ok(())
}
