//! What keepers share: the folder, the recorder, who is ready, whose a process is.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::census::Census;
use super::recorder::Recorder;
use crate::host::clock;
use crate::host::workload::{group::Ground, table};
use crate::model::process::Standing;

/// One for all keepers of this process.
pub(super) struct Board {
    /// Below it each service has a folder.
    pub(super) folder: PathBuf,
    pub(super) boot: String,
    pub(super) ground: Option<Ground>,
    pub(super) recorder: Recorder,
    pub(super) census: RefCell<Census>,
    /// Each with the moment its state began.
    standings: RefCell<BTreeMap<String, (Standing, Instant)>>,
    /// The main processes, by service.
    mains: RefCell<HashMap<String, i32>>,
    ready: RefCell<HashSet<String>>,
    /// Somebody became ready.
    pub(super) news: Notify,
    /// Something moved.
    pub(super) stirred: Notify,
    chance: Cell<u64>,
}

impl Board {
    pub(super) fn new(folder: &Path, recorder: Recorder) -> Board {
        Board {
            folder: folder.to_owned(),
            boot: table::boot(),
            ground: Ground::find(),
            recorder,
            census: RefCell::default(),
            standings: RefCell::default(),
            mains: RefCell::default(),
            ready: RefCell::default(),
            news: Notify::new(),
            stirred: Notify::new(),
            chance: Cell::new(u64::try_from(clock::wall().as_nanos()).unwrap_or(1) | 1),
        }
    }

    pub(super) fn show(&self, standing: Standing, since: Instant) {
        let name = standing.name.clone();
        self.standings.borrow_mut().insert(name, (standing, since));
        self.stirred.notify_one();
    }

    pub(super) fn forget(&self, name: &str) {
        self.standings.borrow_mut().remove(name);
        self.set_ready(name, false);
    }

    /// Returns how a service stands now.
    pub(super) fn standing(&self, name: &str) -> Option<Standing> {
        let standings = self.standings.borrow();
        let (standing, since) = standings.get(name)?;
        let seconds = since.elapsed().as_secs();
        Some(Standing {
            seconds,
            ..standing.clone()
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.standings.borrow().keys().cloned().collect()
    }

    pub(super) fn set_ready(&self, name: &str, ready: bool) {
        let mut all = self.ready.borrow_mut();
        if ready && all.insert(name.to_owned()) {
            self.news.notify_waiters();
        } else if !ready {
            all.remove(name);
        }
    }

    pub(super) fn all_ready(&self, names: &[String]) -> bool {
        let ready = self.ready.borrow();
        names.iter().all(|it| ready.contains(it))
    }

    pub(super) fn set_main(&self, name: &str, pid: Option<i32>) {
        let mut mains = self.mains.borrow_mut();
        match pid {
            Some(pid) => mains.insert(name.to_owned(), pid),
            None => mains.remove(name),
        };
    }

    /// Processes nobody else may take: this one, and the mains of other services.
    pub(super) fn taken(&self, name: &str) -> HashSet<i32> {
        let mains = self.mains.borrow();
        let others = mains.iter().filter(|(it, _)| *it != name);
        let mut taken: HashSet<i32> = others.map(|(_, pid)| *pid).collect();
        taken.extend(i32::try_from(std::process::id()));
        taken
    }

    /// Returns a number nobody foresees (xorshift); it spreads restarts, nothing more.
    pub(super) fn chance(&self) -> u64 {
        let mut it = self.chance.get();
        it ^= it << 13;
        it ^= it >> 7;
        it ^= it << 17;
        self.chance.set(it);
        it
    }
}
