//! The story of systemd's generator: at boot and at every daemon-reload, definitions become slices.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::decide::definition;
use crate::decide::units::generate::generated;
use crate::host::{definitions, files};
use crate::model::{mistake::Mistake, unit_file::UnitFile};

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
