//! A service as meant: every key of a definition resolved, nothing left to guess.

use std::{path::PathBuf, time::Duration};

use super::{
    channel::Wish, check::Check, compose::Compose, container::ContainerSpec, process::Process,
    rollout::Rollout,
};

/// One service, as its definition file means it.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Lower-case letters, digits, `-`, `_`, `.`; at most 63 bytes; the instance name of its unit.
    pub name: String,
    pub pull: Pull,
    /// Of a host process: empty.
    pub container: ContainerSpec,
    /// A host process instead of a container.
    pub process: Option<Process>,
    /// An application of several containers; `process` is what keeps it then.
    pub compose: Option<Compose>,
    pub secrets: Vec<Secret>,
    /// The container port requests go to, for checks that name none.
    pub port: Option<u16>,
    /// service_runner's `monitor.public_network_name`: whose address checks use. None: the first network.
    pub public_network: Option<String>,
    pub limits: Limits,
    pub stop: Stop,
    /// The gate before READY and, afterwards, what makes the service ready or unready.
    pub health: Option<Check>,
    /// The `monitor:` checks, run while the service is up; they never gate the start.
    pub monitors: Vec<Check>,
    /// How long a container must stay up to count as started when there is no health check.
    pub success: Duration,
    /// How long docker may be away before the unit fails.
    pub daemon_grace: Duration,
    pub logs: Logs,
    /// What the host's alerts do differently for it.
    pub alerts: Wish,
    /// For a service with a manager.
    pub rollout: Rollout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// Only when the image is not on this host. The default: a host restarts offline.
    Missing,
    Always,
    Never,
}

/// A value handed to the container as a file below /run/secrets, never in argv or inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The file's name below /run/secrets.
    pub name: String,
    pub source: SecretSource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file on the host.
    File(PathBuf),
    /// A systemd credential, looked up in $CREDENTIALS_DIRECTORY.
    Credential(String),
    /// What this command (argv) prints.
    Exec(Vec<String>),
}

/// Limits of the service's slice: shim and container together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes; systemd's MemoryMax=.
    pub memory: Option<u64>,
    /// Bytes; systemd's MemoryHigh=.
    pub memory_high: Option<u64>,
    /// Thousandths of one core; systemd's CPUQuota=.
    pub cpu_millis: Option<u64>,
    /// 1 to 10000; systemd's CPUWeight=.
    pub cpu_weight: Option<u64>,
    pub tasks: Option<u64>,
    /// 1 to 10000; systemd's IOWeight=.
    pub io_weight: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// `SIGTERM`-like name or number as docker takes it; None: the image's own STOPSIGNAL.
    pub signal: Option<String>,
    /// How long the container may take before it is killed.
    pub timeout: Duration,
}

/// How a service's lines become journal records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// Most lines per second and stream before the rest is counted instead of stored; None: no limit.
    pub rate: Option<u32>,
    /// Lines above the rate that may come at once.
    pub burst: u32,
    /// Syslog priority (0 to 7) of a stderr line that names no level itself.
    pub stderr_priority: u8,
    pub multiline: Option<Multiline>,
    /// Scalar keys of JSON lines promoted to journal fields `F_<KEY>`.
    pub fields: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Multiline {
    /// A line that starts with a blank continues the one before it.
    Indent { max_lines: usize, timeout: Duration },
    /// A line that does not start with this text continues the one before it.
    Start {
        prefix: String,
        max_lines: usize,
        timeout: Duration,
    },
}

impl Service {
    /// Returns a service of this name with every key at its default and no image yet.
    pub fn named(name: &str) -> Service {
        Service {
            name: name.to_owned(),
            pull: Pull::Missing,
            container: ContainerSpec::default(),
            process: None,
            compose: None,
            secrets: Vec::new(),
            port: None,
            public_network: None,
            limits: Limits::default(),
            stop: Stop {
                signal: None,
                timeout: DEFAULT_STOP_TIMEOUT,
            },
            health: None,
            monitors: Vec::new(),
            success: DEFAULT_SUCCESS,
            daemon_grace: DEFAULT_DAEMON_GRACE,
            logs: Logs::default(),
            alerts: Wish::default(),
            rollout: Rollout::default(),
        }
    }
}

/// Docker's own default grace.
pub const DEFAULT_STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// usrsvc's `success_seconds`.
pub const DEFAULT_SUCCESS: Duration = Duration::from_secs(2);
pub const DEFAULT_DAEMON_GRACE: Duration = Duration::from_secs(60);

impl Default for Logs {
    fn default() -> Logs {
        Logs {
            rate: None,
            burst: 10_000,
            stderr_priority: 4,
            multiline: None,
            fields: Vec::new(),
        }
    }
}
