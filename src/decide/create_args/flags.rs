//! Every flag that is taken, with its letter.

use super::{
    draft::Draft, limits::Limit, network::Net, process::Process, rights::Right, storage::Storage,
    words::Wrong,
};

/// A flag by its name.
pub(super) struct Named {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
    pub(super) flag: Flag,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Value,
    /// A switch; `--init=false` all the same.
    Nothing,
}

#[derive(Clone, Copy)]
pub(super) enum Flag {
    Storage(Storage),
    Net(Net),
    Limit(Limit),
    Process(Process),
    Right(Right),
}

impl Flag {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        if value.contains('\0') {
            return Err(Wrong::new("a NUL character cannot stand here"));
        }
        match self {
            Flag::Storage(it) => it.apply(value, draft),
            Flag::Net(it) => it.apply(value, draft),
            Flag::Limit(it) => it.apply(value, draft),
            Flag::Process(it) => it.apply(value, draft),
            Flag::Right(it) => it.apply(value, draft),
        }
    }
}

/// Returns the long names of all flags that are taken.
pub fn known_flags() -> Vec<&'static str> {
    FLAGS.iter().map(|it| it.long).collect()
}

const fn value(long: &'static str, flag: Flag) -> Named {
    Named {
        long,
        short: None,
        takes: Takes::Value,
        flag,
    }
}

const fn lettered(long: &'static str, short: char, flag: Flag) -> Named {
    Named {
        long,
        short: Some(short),
        takes: Takes::Value,
        flag,
    }
}

const fn switch(long: &'static str, short: Option<char>, flag: Flag) -> Named {
    Named {
        long,
        short,
        takes: Takes::Nothing,
        flag,
    }
}

pub(super) const FLAGS: &[Named] = &[
    value("add-host", Flag::Net(Net::AddHost)),
    value("cap-add", Flag::Right(Right::CapAdd)),
    value("cap-drop", Flag::Right(Right::CapDrop)),
    lettered("cpu-shares", 'c', Flag::Limit(Limit::CpuShares)),
    value("cpus", Flag::Limit(Limit::Cpus)),
    value("cpuset-cpus", Flag::Limit(Limit::Cpuset)),
    value("device", Flag::Storage(Storage::Device)),
    value("dns", Flag::Net(Net::Dns)),
    value("dns-option", Flag::Net(Net::DnsOption)),
    value("dns-search", Flag::Net(Net::DnsSearch)),
    value("entrypoint", Flag::Process(Process::Entrypoint)),
    lettered("env", 'e', Flag::Process(Process::Env)),
    value("env-file", Flag::Process(Process::EnvFile)),
    value("expose", Flag::Net(Net::Expose)),
    value("group-add", Flag::Right(Right::GroupAdd)),
    lettered("hostname", 'h', Flag::Net(Net::Hostname)),
    switch("init", None, Flag::Process(Process::Init)),
    value("ip", Flag::Net(Net::Ip)),
    value("ip6", Flag::Net(Net::Ip6)),
    value("ipc", Flag::Right(Right::Ipc)),
    lettered("label", 'l', Flag::Process(Process::Label)),
    value("log-driver", Flag::Process(Process::LogDriver)),
    value("log-opt", Flag::Process(Process::LogOption)),
    value("mac-address", Flag::Net(Net::Mac)),
    lettered("memory", 'm', Flag::Limit(Limit::Memory)),
    value("memory-swap", Flag::Limit(Limit::MemorySwap)),
    value("mount", Flag::Storage(Storage::Mount)),
    value("net", Flag::Net(Net::Network)),
    value("net-alias", Flag::Net(Net::Alias)),
    value("network", Flag::Net(Net::Network)),
    value("network-alias", Flag::Net(Net::Alias)),
    value("pid", Flag::Right(Right::Pid)),
    value("pids-limit", Flag::Limit(Limit::Pids)),
    switch("privileged", None, Flag::Right(Right::Privileged)),
    lettered("publish", 'p', Flag::Net(Net::Publish)),
    value("pull", Flag::Process(Process::Pull)),
    switch("read-only", None, Flag::Storage(Storage::ReadOnly)),
    value("security-opt", Flag::Right(Right::SecurityOpt)),
    value("shm-size", Flag::Limit(Limit::ShmSize)),
    value("stop-signal", Flag::Process(Process::StopSignal)),
    value("stop-timeout", Flag::Process(Process::StopTimeout)),
    value("sysctl", Flag::Right(Right::Sysctl)),
    value("tmpfs", Flag::Storage(Storage::Tmpfs)),
    switch("tty", Some('t'), Flag::Process(Process::Tty)),
    value("ulimit", Flag::Limit(Limit::Ulimit)),
    lettered("user", 'u', Flag::Process(Process::User)),
    lettered("volume", 'v', Flag::Storage(Storage::Volume)),
    lettered("workdir", 'w', Flag::Process(Process::Workdir)),
];
