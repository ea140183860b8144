//! From definitions to the services a supervisor runs, or to all that is wrong with any of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::decide::supervise::order::{Charges, charge, faults};
use crate::decide::{definition, quote};
use crate::host::{definitions, files, surroundings};
use crate::model::check::{Check, OnFailure, Probe};
use crate::model::mistake::Mistake;
use crate::model::process::{Finding, Process, Restart, Sink, Watches};
use crate::model::service::Service;

/// Where services come from.
#[derive(Clone, Debug)]
pub enum Given {
    /// Every definition in these folders.
    Folders(Vec<PathBuf>),
    /// usrsvc's own file, with its `config_dir`.
    Usrsvc(PathBuf),
}

/// Why there is nothing to run.
pub enum Unusable {
    /// One file's mistakes.
    Wrong {
        file: PathBuf,
        text: String,
        mistakes: Vec<Mistake>,
    },
    /// What no single place is at fault for.
    Told(String),
}

/// Beyond a container's own grace: its shim still has last lines to carry.
const SHIM_GRACE: std::time::Duration = std::time::Duration::from_secs(20);

/// Returns the services by name.
///
/// # Errors
/// All that is wrong, file by file; nothing is taken from a set with a mistake in it.
pub fn given(given: &Given) -> Result<Charges, Vec<Unusable>> {
    let services = match given {
        Given::Folders(folders) => of_folders(folders)?,
        Given::Usrsvc(file) => {
            let all = super::usrsvc::services(file)?.into_values();
            let all = all.filter_map(charge);
            all.map(|it| (it.name.clone(), Rc::new(it))).collect()
        }
    };
    let faults = faults(&services);
    match faults.is_empty() {
        true => Ok(services),
        false => Err(faults.into_iter().map(Unusable::Told).collect()),
    }
}

fn of_folders(folders: &[PathBuf]) -> Result<Charges, Vec<Unusable>> {
    let (mut services, mut wrong) = (Charges::new(), Vec::new());
    for (_, file) in definitions::all(folders) {
        match read(&file) {
            Ok(service) if services.contains_key(&service.name) => {
                wrong.push(Unusable::Told(format!(
                    "{}: another definition is named {} already",
                    file.display(),
                    quote::quoted(&service.name)
                )));
            }
            Ok(service) => {
                let charge = charge(service).map(Rc::new);
                services.extend(charge.map(|it| (it.name.clone(), it)));
            }
            Err(why) => wrong.push(why),
        }
    }
    match wrong.is_empty() {
        true => Ok(services),
        false => Err(wrong),
    }
}

fn read(file: &Path) -> Result<Service, Unusable> {
    let text =
        files::read(file).map_err(|why| Unusable::Told(format!("{}: {why}", file.display())))?;
    let reading = definition::read(&text, &file.to_string_lossy());
    match reading.service {
        Some(service) if service.process.is_some() => Ok(service),
        Some(service) => Ok(carried(service, file)),
        None => Err(Unusable::Wrong {
            file: file.to_owned(),
            text,
            mistakes: reading.mistakes,
        }),
    }
}

/// A container's shim is a process like any other, that says by itself when its container is healthy.
fn carried(service: Service, file: &Path) -> Service {
    let wharf = surroundings::program().0;
    let argv = [wharf.as_path(), Path::new("run"), file];
    let process = Process {
        argv: argv.map(|it| it.to_string_lossy().into_owned()).to_vec(),
        environment: BTreeMap::new(),
        env_files: Vec::new(),
        inherit_env: true,
        workdir: None,
        umask: None,
        stdout: Sink::Journal,
        stderr: Sink::Journal,
        user: None,
        finding: Finding::default(),
        restart: Restart::default(),
        watches: Watches::default(),
    };
    let mut shim = Service::named(&service.name);
    shim.container = service.container;
    shim.process = Some(process);
    shim.alerts = service.alerts;
    shim.stop.timeout = service.stop.timeout + SHIM_GRACE;
    shim.health = Some(Check {
        name: "health".to_owned(),
        probe: Probe::Notify,
        interval: std::time::Duration::from_secs(10),
        timeout: std::time::Duration::from_secs(3),
        rise: 1,
        fall: 1,
        start_period: std::time::Duration::ZERO,
        on_failure: OnFailure::Unready,
    });
    shim
}

/// Returns the service of this name as its definition has it now; None when there is none to read.
pub(super) fn named(name: &str) -> Option<Service> {
    let file = definitions::find(name, &definitions::search_path())?;
    read(&file).ok().filter(|it| it.process.is_some())
}
