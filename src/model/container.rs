//! The container a definition asks for, in docker's terms but free of docker's types.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// What makes the container: equal specs may share one, different ones may not.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ContainerSpec {
    pub image: String,
    pub args: Vec<String>,
    pub entrypoint: Option<Vec<String>>,
    pub environment: BTreeMap<String, String>,
    /// Read in this order before `environment`, which wins. `KEY=VALUE` lines as docker takes them.
    pub env_files: Vec<PathBuf>,
    pub mounts: Vec<Mount>,
    pub ports: Vec<Publish>,
    pub networks: Vec<Network>,
    pub labels: BTreeMap<String, String>,
    pub hostname: Option<String>,
    pub user: Option<String>,
    pub workdir: Option<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes, memory and swap together; -1 no limit.
    pub memory_swap: Option<i64>,
    /// Billionths of a core.
    pub nano_cpus: Option<i64>,
    pub cpu_shares: Option<i64>,
    pub cpuset: Option<String>,
    pub pids_limit: Option<i64>,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub devices: Vec<Device>,
    pub read_only: bool,
    /// `name:address` as docker takes it.
    pub add_hosts: Vec<String>,
    pub dns: Vec<String>,
    pub dns_search: Vec<String>,
    pub dns_options: Vec<String>,
    pub ulimits: Vec<Ulimit>,
    /// Bytes.
    pub shm_size: Option<u64>,
    pub init: bool,
    pub tty: bool,
    pub privileged: bool,
    pub security_opts: Vec<String>,
    pub sysctls: BTreeMap<String, String>,
    pub groups: Vec<String>,
    pub ipc: Option<String>,
    pub pid: Option<String>,
    /// The daemon's own log of this container; None: wharf's choice, a bounded spill buffer.
    pub log_driver: Option<String>,
    pub log_options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Mount {
    /// A path of the host. `-v` creates a missing source, `--mount` refuses it.
    Bind {
        source: PathBuf,
        target: String,
        read_only: bool,
        create: bool,
        propagation: Option<String>,
    },
    /// A named (or, without a name, anonymous) volume of docker.
    Volume {
        name: Option<String>,
        target: String,
        read_only: bool,
        copy: bool,
    },
    Tmpfs {
        target: String,
        options: Option<String>,
    },
}

impl Protocol {
    /// As docker writes it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// What a container gets from where it runs, beside what its definition asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    pub name: String,
    /// Ours, `io.wharf.…`.
    pub labels: BTreeMap<String, String>,
    /// The slice of the service, where docker's cgroup driver takes one.
    pub cgroup_parent: Option<String>,
    /// Beside the spec's own: where the application's notify socket is.
    pub environment: BTreeMap<String, String>,
    /// Secrets and the notify socket.
    pub mounts: Vec<Mount>,
    pub log_driver: String,
    pub log_options: BTreeMap<String, String>,
    /// For docker's own stops: somebody's `docker stop`, and the daemon's when it goes down.
    pub stop_signal: Option<String>,
    pub stop_timeout: Duration,
}

/// A published port: host side to container side.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Publish {
    pub host_ip: Option<String>,
    /// None: docker picks one.
    pub host_port: Option<u16>,
    pub container_port: u16,
    pub protocol: Protocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Network {
    /// `bridge`, `host`, `none`, `container:NAME` or a network of docker's.
    pub name: String,
    pub aliases: Vec<String>,
    pub ip: Option<String>,
    pub ip6: Option<String>,
    pub mac: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Device {
    pub host: PathBuf,
    pub container: String,
    /// Some of `rwm`.
    pub permissions: String,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Ulimit {
    pub name: String,
    pub soft: i64,
    pub hard: i64,
}
