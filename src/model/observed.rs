//! What docker and systemd show of a service right now. All of it is read, none of it remembered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::revision::InstanceName;

/// One container as docker shows it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Container {
    /// 64 hex digits.
    pub id: String,
    /// Without docker's leading slash.
    pub name: String,
    pub image: String,
    pub image_id: String,
    pub labels: BTreeMap<String, String>,
    pub running: bool,
    pub paused: bool,
    /// Docker is taking it away; it is not coming back.
    pub removing: bool,
    pub exit_code: i64,
    /// By a health check of the image's own: `healthy`, `starting`, `unhealthy`; None: it has none.
    pub health: Option<String>,
    /// Docker's flag: some process in it was killed for memory, not necessarily the first one.
    pub oom_killed: bool,
    /// What docker says went wrong at start, empty otherwise.
    pub error: String,
    /// Of the first process on the host; 0 when not running.
    pub pid: i64,
    pub tty: bool,
    /// RFC 3339, as docker writes it.
    pub started_at: String,
    pub finished_at: String,
    /// Network name → address, IPv4 before IPv6; only networks that gave one.
    pub addresses: Vec<(String, String)>,
    pub host_network: bool,
    /// `bridge`, `host`, `none`, `container:ID` or the network it was created on.
    pub network_mode: String,
    pub log_driver: String,
}

impl Container {
    /// The first twelve digits, as docker shows it to people.
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

/// One unit as systemd shows it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Unit {
    /// `runner@web.service`.
    pub id: String,
    /// `active`, `activating`, `inactive`, `failed`, `deactivating`, `reloading`.
    pub active: String,
    /// `running`, `auto-restart`, `start`, `dead`, ….
    pub sub: String,
    /// Why it ended: `success`, `exit-code`, `signal`, `watchdog`, `timeout`, ….
    pub result: String,
    pub status_text: String,
    /// How its main process ended the last time: exit code or signal number; 0 when it never did.
    pub exit_status: i32,
    pub restarts: u64,
    /// How long it has been active; None when it is not.
    pub active_for: Option<Duration>,
    /// How long it has been in the state it is in.
    pub state_for: Option<Duration>,
    pub main_pid: u32,
    pub enabled: String,
    pub slice: String,
}

/// What the daemon says of itself.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Daemon {
    pub version: String,
    pub api_version: String,
    /// `systemd` or `cgroupfs`.
    pub cgroup_driver: String,
    pub cgroup_version: String,
    pub live_restore: bool,
    pub log_driver: String,
}

/// One service as `wharf status` shows it: its unit and its container side by side.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    pub name: String,
    /// Where its definition was found.
    pub file: Option<String>,
    pub unit: Unit,
    pub container: Option<Container>,
    /// Bytes of the service's slice, else of the container; None when nothing is accounted.
    pub memory: Option<u64>,
    /// Why unit and container disagree, in words; None when they agree.
    pub drift: Option<String>,
    /// None: the whole of a service without a manager.
    pub part: Option<Part>,
}

/// What a unit is to its service with a manager.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Part {
    Manager,
    Instance(Seat),
}

/// An instance and its place behind the service address.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Seat {
    pub instance: InstanceName,
    /// Where the balancer reaches it; None: nowhere yet.
    pub at: Option<SocketAddr>,
    /// Its health check holds.
    pub ready: bool,
    /// Why not, in words.
    pub why: Option<String>,
    /// None: it is not behind the service address, or the balancer cannot be asked.
    pub weight: Option<u32>,
    /// Connections open through the service's addresses, and over but not forgotten yet. None: as above.
    #[serde(default)]
    pub connections: Option<Open>,
}

/// Connections of one real server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Open {
    pub active: u64,
    /// 0 where a balancer does not count them.
    pub inactive: u64,
}
