//! What `wharf doctor` looked at, before anything is judged.

use std::{collections::BTreeMap, path::PathBuf};

use super::balance::BalancerKind;
use super::ingress::IngressStanding;
use super::observed::{Container, Daemon};

/// One look at a host. Where a thing could not be asked, the words of the refusal are kept.
#[derive(Clone, Debug)]
pub struct Facts {
    pub systemd: SystemdFacts,
    pub docker: Result<Daemon, String>,
    /// `/etc/docker/daemon.json`, when there is one.
    pub daemon_json: Option<String>,
    pub journal: JournalFacts,
    pub balance: BalanceFacts,
    pub units: Vec<UnitFacts>,
    /// Those with a label of ours.
    pub containers: Vec<Container>,
    pub definitions: Vec<DefinitionFacts>,
    pub ingress: IngressFacts,
}

/// What requests come in by.
#[derive(Clone, Debug, Default)]
pub struct IngressFacts {
    /// The program `haproxy` is there.
    pub haproxy: bool,
    /// None: no routes were ever given to this host.
    pub standing: Option<IngressStanding>,
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

/// One look at what a user's own services live on.
#[derive(Clone, Debug, Default)]
pub struct UserFacts {
    pub name: String,
    /// A systemd of this user runs.
    pub manager: bool,
    /// It runs from boot on, without a session.
    pub linger: bool,
    /// `$XDG_RUNTIME_DIR` is set, and there.
    pub runtime: bool,
    /// Control group controllers handed to it.
    pub controllers: Vec<String>,
    /// It knows `runner@.service`.
    pub unit: bool,
    /// Where records are kept.
    pub state: Option<PathBuf>,
    /// An account of a service, not of a person.
    pub system_account: bool,
    pub reads_journal: bool,
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

/// What balancers stand on.
#[derive(Clone, Debug, Default)]
pub struct BalanceFacts {
    /// IPVS is built in, loaded, or a module that can be.
    pub ip_vs: bool,
    /// The program `nft` is there.
    pub nft: bool,
    /// Kernel, `(6, 1)`.
    pub kernel: (u32, u32),
    /// What IPVS wants of the kernel.
    pub settings: Vec<Setting>,
    /// The balancers of the service addresses held on this host.
    pub held: Vec<BalancerKind>,
}

/// A switch of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Below `/proc/sys`: `net/ipv4/vs/conntrack`.
    pub path: String,
    pub wanted: String,
    /// None: the kernel has no such switch, or not yet.
    pub found: Option<String>,
}

impl Setting {
    pub fn right(&self) -> bool {
        self.found.as_ref() == Some(&self.wanted)
    }

    /// Returns what puts it right: `sysctl -w net.ipv4.vs.conntrack=1`.
    pub fn remedy(&self) -> String {
        format!("sysctl -w {}={}", self.path.replace('/', "."), self.wanted)
    }
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
    /// It runs a process of this host, and no container belongs to its unit.
    pub process: bool,
}
