//! A control group for one service's processes, where we may make one; and the end of whole trees.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use super::{held, table};
use crate::model::process::Identity;

const MOUNT: &str = "/sys/fs/cgroup";
/// Where systemd puts a supervisor itself (`DelegateSubgroup=`).
const LEAF: &str = "wharf";

/// The group below which services have theirs.
#[derive(Clone, Debug)]
pub struct Ground {
    path: PathBuf,
}

/// One service's group.
#[derive(Clone, Debug)]
pub struct Group {
    path: PathBuf,
}

impl Ground {
    /// Returns the place for groups below this process's own one; None where we may make none, as
    /// without a delegation by systemd, or with control groups of version 1.
    pub fn find() -> Option<Ground> {
        let text = fs::read_to_string("/proc/self/cgroup").ok()?;
        let own = text.lines().find_map(|it| it.strip_prefix("0::"))?;
        let own = Path::new(MOUNT).join(own.trim_start_matches('/'));
        let leaf = own.ends_with(LEAF);
        let path = if leaf { own.parent()?.to_owned() } else { own };
        // The root of all groups is nobody's to divide; a session's is shared with a terminal.
        let ours = path.extension().is_some_and(|it| it == "service");
        if !ours || !path.join("cgroup.procs").exists() {
            return None;
        }
        // A group that gives its members' groups figures may hold no process itself: it would not take
        // the next process systemd starts for this unit, unless that goes to a leaf.
        if leaf {
            let _ = fs::write(path.join("cgroup.subtree_control"), "+memory");
        }
        let probe = path.join("wharf-probe");
        fs::create_dir(&probe).ok()?;
        let _ = fs::remove_dir(probe);
        Some(Ground { path })
    }

    /// Makes a service's group, or finds it.
    pub fn group(&self, name: &str) -> Option<Group> {
        let path = self.path.join(format!("{name}.host"));
        if !path.is_dir() {
            fs::create_dir(&path).ok()?;
        }
        Some(Group { path })
    }
}

impl Group {
    /// Opens what a process writes itself into to enter.
    pub fn door(&self) -> Option<File> {
        let path = self.path.join("cgroup.procs");
        OpenOptions::new().write(true).open(path).ok()
    }

    /// Returns who is inside, sub-groups included.
    pub fn members(&self) -> Vec<Identity> {
        let mut found = Vec::new();
        collect(&self.path, &mut found);
        found
    }

    /// Kills all inside at once; before Linux 5.14 nobody.
    pub fn kill(&self) {
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }

    /// Returns the memory it cannot give back at once, in bytes; None without the figures.
    pub fn memory(&self) -> Option<u64> {
        let current = fs::read_to_string(self.path.join("memory.current")).ok()?;
        let stat = fs::read_to_string(self.path.join("memory.stat")).ok()?;
        let cache = stat
            .lines()
            .find_map(|it| it.strip_prefix("inactive_file "))?;
        let cache: u64 = cache.trim().parse().ok()?;
        Some(current.trim().parse::<u64>().ok()?.saturating_sub(cache))
    }

    /// Takes the group away; it stays while anybody is inside.
    pub fn remove(&self) {
        let _ = fs::remove_dir(&self.path);
    }
}

fn collect(path: &Path, found: &mut Vec<Identity>) {
    let text = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    let pids = text.lines().filter_map(|it| it.parse().ok());
    found.extend(pids.filter_map(|it| Some(table::look(it)?.identity)));
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    for entry in entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())) {
        collect(&entry.path(), found);
    }
}

/// Sends a signal to each of these processes, and to nobody else: one that is gone, or whose number
/// is another's by now, is left out.
pub fn signal(members: &[Identity], signal: Signal) {
    for it in members {
        held::signal(*it, signal);
    }
}

/// Returns the signal of this name or number, `SIGTERM` or `15`.
pub fn signal_of(number: u8) -> Signal {
    Signal::from_named_raw(i32::from(number)).unwrap_or(Signal::TERM)
}
