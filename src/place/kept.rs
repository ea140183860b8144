//! What was there before a definition was placed: kept until the next one, for the way back.

use std::io;
use std::path::{Path, PathBuf};

use super::application;
use crate::decide::units::escape;
use crate::host::{files, fronts};

/// Below what outlives a reboot.
const FOLDER: &str = "placed";

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    /// None: there was no such file.
    pub(super) text: Option<String>,
    /// Its unit ran.
    pub(super) active: bool,
    /// Of an application from a repository: the commit that ran.
    #[serde(default)]
    pub(super) commit: Option<String>,
}

impl Kept {
    pub(super) fn of(path: &Path, text: Option<String>, name: &str) -> Kept {
        Kept {
            path: path.to_owned(),
            text,
            active: super::is_up(&escape::unit(name)),
            commit: application::current(name),
        }
    }

    pub(super) fn write(&self, name: &str) -> io::Result<()> {
        let file = file(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        // Definitions may hold secrets.
        files::write(&file, text.as_bytes(), 0o600)
    }

    pub(super) fn read(name: &str) -> Option<Kept> {
        serde_json::from_str(&files::read(&file(name)).ok()?).ok()
    }

    pub(super) fn forget(name: &str) -> io::Result<()> {
        files::remove(&file(name))
    }
}

fn file(name: &str) -> PathBuf {
    let state = fronts::places("").state().join(FOLDER);
    state.join(format!("{name}.json"))
}
