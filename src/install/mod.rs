//! The story of putting wharf on a host and taking it off again.

pub mod generate;

use std::{io, path::PathBuf};

use crate::decide::install::{self as decide, Found, Wish};
use crate::host::{files, systemd};
use crate::model::install_step::InstallStep;

/// Returns the steps that put wharf on this host; nothing is changed by asking.
pub fn plan_install(wish: &Wish) -> Vec<InstallStep> {
    decide::install(wish, &look(wish))
}

/// Returns the steps that take off what an install wrote; none when nothing is installed.
pub fn plan_uninstall(wish: &Wish) -> Vec<InstallStep> {
    decide::uninstall(wish, &look(wish))
}

/// Does the steps in order, telling each before it is done, and returns how many there were.
///
/// # Errors
/// The first step that fails; what was done stays and is on the list an uninstall reads.
pub fn carry_out(steps: &[InstallStep], mut tell: impl FnMut(&InstallStep)) -> io::Result<usize> {
    for step in steps {
        tell(step);
        act(step)?;
    }
    Ok(steps.len())
}

/// The oldest systemd the units are written for; assumed where none is found (an image being built).
const OLDEST_SYSTEMD: u32 = 247;

/// Returns the version to render units for.
pub fn systemd_version() -> u32 {
    systemd::version().unwrap_or(OLDEST_SYSTEMD)
}

/// Whether there is a running systemd to tell about new units.
pub fn systemd_is_running() -> bool {
    systemd::is_running()
}

fn look(wish: &Wish) -> Found {
    let directories = decide::directories(wish).into_iter();
    let earlier = files::read(&wish.list()).unwrap_or_default();
    Found {
        missing: directories.filter(|it: &PathBuf| !it.is_dir()).collect(),
        earlier: earlier.lines().map(str::to_owned).collect(),
    }
}

fn act(step: &InstallStep) -> io::Result<()> {
    match step {
        InstallStep::MakeDirectory(path) => files::make_directory(path),
        InstallStep::Write { path, mode, bytes } => files::write(path, bytes, *mode),
        InstallStep::Copy { from, path, mode } => files::copy(from, path, *mode),
        InstallStep::Link { path, target } => files::link(path, target),
        InstallStep::Remove(path) => files::remove(path),
        InstallStep::RemoveIfEmpty(path) => files::remove_if_empty(path),
        InstallStep::Run(argv) => systemd::run(argv),
    }
}
