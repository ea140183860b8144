//! One step of putting wharf on a host or taking it off, with the one wording of it.

use std::{fmt, path::PathBuf};

/// Paths are whole, a `--root` included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallStep {
    MakeDirectory(PathBuf),
    Write {
        path: PathBuf,
        mode: u32,
        bytes: Vec<u8>,
    },
    Copy {
        from: PathBuf,
        path: PathBuf,
        mode: u32,
    },
    /// A symbolic link.
    Link {
        path: PathBuf,
        target: PathBuf,
    },
    Remove(PathBuf),
    RemoveIfEmpty(PathBuf),
    Run(Vec<String>),
}

impl fmt::Display for InstallStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstallStep::MakeDirectory(path) => write!(f, "make directory {}", path.display()),
            InstallStep::Write { path, mode, .. } => {
                write!(f, "write {} (mode {mode:o})", path.display())
            }
            InstallStep::Copy { from, path, mode } => {
                let (from, path) = (from.display(), path.display());
                write!(f, "copy {from} to {path} (mode {mode:o})")
            }
            InstallStep::Link { path, target } => {
                write!(f, "link {} to {}", path.display(), target.display())
            }
            InstallStep::Remove(path) => write!(f, "remove {}", path.display()),
            InstallStep::RemoveIfEmpty(path) => {
                write!(f, "remove directory {} if empty", path.display())
            }
            InstallStep::Run(argv) => write!(f, "run {}", argv.join(" ")),
        }
    }
}
