//! What `wharf doctor` looked at, before anything is judged.

use std::{collections::BTreeMap, path::PathBuf};

use super::observed::{Container, Daemon};

/// One look at a host. Where a thing could not be asked, the words of the refusal are kept.
#[derive(Clone, Debug)]
pub struct Facts {
    pub systemd: SystemdFacts,
    pub docker: Result<Daemon, String>,
    /// `/etc/docker/daemon.json`, when there is one.
    pub daemon_json: Option<String>,
    pub journal: JournalFacts,
    pub ip_vs: bool,
    pub units: Vec<UnitFacts>,
    /// Those with a label of ours.
    pub containers: Vec<Container>,
    pub definitions: Vec<DefinitionFacts>,
}

#[derive(Clone, Debug, Default)]
pub struct SystemdFacts {
    /// None: systemctl is missing.
    pub version: Option<u32>,
    /// It is this host's process 1.
    pub running: bool,
    /// `runner@.service` as it is on disk.
    pub template: Option<String>,
    /// What `systemd-analyze verify` says of it.
    pub complaints: Vec<String>,
    /// The unified cgroup hierarchy is mounted.
    pub cgroup_v2: bool,
}

#[derive(Clone, Debug, Default)]
pub struct JournalFacts {
    /// `/run/systemd/journal/socket` is there.
    pub socket: bool,
    pub readable: bool,
    /// `/var/log/journal` is there.
    pub directory: bool,
    /// `journald.conf` with its drop-ins, the last value of each key.
    pub settings: BTreeMap<String, String>,
}

/// A `runner@` unit as systemd shows it.
#[derive(Clone, Debug, Default)]
pub struct UnitFacts {
    pub id: String,
    /// `active`, `failed`, ….
    pub active: String,
    /// `running`, `auto-restart`, ….
    pub sub: String,
    /// `success`, `exit-code`, ….
    pub result: String,
    pub reload_needed: bool,
    /// The generator's drop-in is in force.
    pub drop_in: bool,
    /// journald's own limit is out of force for it.
    pub rate_limit_lifted: bool,
}

#[derive(Clone, Debug, Default)]
pub struct DefinitionFacts {
    pub name: String,
    pub path: PathBuf,
    /// Each in one line, place first.
    pub mistakes: Vec<String>,
}
