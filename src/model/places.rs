//! Where things of a service with a manager lie on the node.

use std::path::{Path, PathBuf};

use super::revision::{InstanceName, RevisionId};

/// The variable that moves what outlives a reboot away from [`STATE`].
pub const STATE_VARIABLE: &str = "WHARF_STATE";
pub const STATE: &str = "/var/lib/wharf";
/// The variable that moves what ends with a boot away from [`RUN`].
pub const RUN_VARIABLE: &str = "WHARF_RUN";
pub const RUN: &str = "/run/wharf";

/// The files of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    service: String,
    state: PathBuf,
    run: PathBuf,
}

impl Places {
    /// Returns the places of a service below these two folders.
    pub fn new(service: &str, state: &Path, run: &Path) -> Places {
        Places {
            service: service.to_owned(),
            state: state.to_owned(),
            run: run.to_owned(),
        }
    }

    /// The revisions kept on this node, and which of them is wanted.
    pub fn revisions(&self) -> PathBuf {
        self.state.join("revisions").join(&self.service)
    }

    pub fn revision(&self, revision: &RevisionId) -> PathBuf {
        self.revisions().join(format!("{revision}.json"))
    }

    /// What became of revisions, and what the operator asked for.
    pub fn rollout(&self) -> PathBuf {
        self.state.join("rollouts").join(&self.service)
    }

    pub fn verdicts(&self) -> PathBuf {
        self.rollout().join("verdicts")
    }

    pub fn verdict(&self, revision: &RevisionId) -> PathBuf {
        self.verdicts().join(format!("{revision}.json"))
    }

    pub fn wish(&self) -> PathBuf {
        self.rollout().join("wish.json")
    }

    /// The manager's own folder.
    pub fn manager(&self) -> PathBuf {
        self.run.join(format!("{}@manager", self.service))
    }

    /// What instances read: see [`super::rollout::FrontRecord`].
    pub fn front(&self) -> PathBuf {
        self.manager().join("front.json")
    }

    pub fn trace(&self) -> PathBuf {
        self.manager().join("trace.json")
    }

    /// The steps of late, one JSON object a line.
    pub fn steps(&self) -> PathBuf {
        self.manager().join("steps.jsonl")
    }

    /// Held by the manager that is at work.
    pub fn lease(&self) -> PathBuf {
        self.manager().join("lease.json")
    }

    /// What outlives a reboot, of all services.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// What ends with a boot, of all services.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// See [`super::rollout::InstanceRecord`].
    pub fn instance(&self, name: &InstanceName) -> PathBuf {
        let folder = format!("{}@{name}", self.service);
        self.run.join(folder).join("instance.json")
    }
}
