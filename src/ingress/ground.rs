//! Where the ingress of a host has its files and sockets.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};

use crate::decide::routes::render;
use crate::host::files;
use crate::model::places::{RUN, RUN_VARIABLE, STATE, STATE_VARIABLE};

/// Bytes of a gate: ten thousand routes with pages.
const LARGEST: u64 = 64 << 20;

/// The places.
#[derive(Clone, Debug)]
pub struct Ground {
    state: PathBuf,
    run: PathBuf,
    /// Whether a unit of systemd's runs the proxy; else somebody else does.
    pub unit: bool,
}

impl Ground {
    /// Returns the places below these folders.
    pub fn new(state: &Path, run: &Path, unit: bool) -> Ground {
        Ground {
            state: state.join("ingress"),
            run: run.join("ingress"),
            unit,
        }
    }

    /// Returns those of this host.
    pub fn here() -> Ground {
        let folder = |name, usual: &str| {
            std::env::var_os(name).map_or_else(|| PathBuf::from(usual), PathBuf::from)
        };
        let (state, run) = (folder(STATE_VARIABLE, STATE), folder(RUN_VARIABLE, RUN));
        Ground::new(&state, &run, crate::host::systemd::is_running())
    }

    pub fn configuration(&self) -> PathBuf {
        self.state.join("haproxy.cfg")
    }

    /// Written and checked before it takes the place of the one that serves.
    pub(super) fn trial(&self) -> PathBuf {
        self.state.join("haproxy.cfg.trial")
    }

    pub(super) fn maintenance(&self) -> PathBuf {
        self.state.join("maintenance.map")
    }

    /// The gate asked for last, be it served or not.
    pub(super) fn wanted(&self) -> PathBuf {
        self.state.join("wanted.json")
    }

    /// The gate that is served.
    pub(super) fn served(&self) -> PathBuf {
        self.state.join("served.json")
    }

    pub(super) fn held(&self) -> PathBuf {
        self.state.join("held.json")
    }

    pub(super) fn lease(&self) -> PathBuf {
        self.state.join("lock")
    }

    pub fn master(&self) -> PathBuf {
        self.run.join("master.sock")
    }

    pub(super) fn admin(&self) -> PathBuf {
        self.run.join("admin.sock")
    }

    /// What a configuration is rendered with.
    pub fn names(&self) -> render::Ground {
        render::Ground {
            maintenance: self.maintenance().display().to_string(),
            admin: self.admin().display().to_string(),
        }
    }

    /// Makes what has to be there before a configuration is checked.
    pub(super) fn prepare(&self) -> io::Result<()> {
        files::private_folder(&self.state)?;
        match self.maintenance().exists() {
            true => Ok(()),
            false => files::write(&self.maintenance(), b"", 0o600),
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&files::read_within(path, LARGEST).ok()?).ok()
}

pub(super) fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let text = serde_json::to_vec(value).map_err(io::Error::other)?;
    files::write(path, &text, 0o600)
}
