//! From a definition to what only systemd can hold: the slice with its limits, the stop timeout.

use std::{path::Path, time::Duration};

use super::escape::{slice, unit};
use crate::model::{
    service::{Limits, SecretSource, Service},
    unit_file::UnitFile,
};

/// Added to a service's own stop timeout: the shim still has to read the last lines, remove the
/// container and tell the journal.
pub const STOP_MARGIN: Duration = Duration::from_secs(15);

/// What a host process needs that a container's shim must not have.
const OF_A_PROCESS: &str = "\
# Whoever kills the shim must not end the process; `wharf reap` ends it after a stop.
KillMode=process
# A group of its own for the process, to count and to end all of it.
Delegate=yes
# Limits are on the slice, and the sandbox of a container's shim would be the program's.
MemoryMax=infinity
TasksMax=infinity
OOMScoreAdjust=0
UMask=0022
NoNewPrivileges=no
CapabilityBoundingSet=~
ProtectSystem=no
ReadWritePaths=
ProtectHome=no
PrivateMounts=no
PrivateDevices=no
ProtectKernelTunables=no
ProtectKernelModules=no
ProtectKernelLogs=no
ProtectControlGroups=no
ProtectClock=no
ProtectHostname=no
RestrictNamespaces=no
RestrictRealtime=no
RestrictSUIDSGID=no
LockPersonality=no
RestrictAddressFamilies=
SystemCallArchitectures=
SystemCallFilter=
";

/// Returns the drop-in and the slice of one service, paths relative to the generator's directory.
///
/// `instance` is the name the unit is started by, `source` the definition it was read from.
pub fn generated(instance: &str, service: &Service, source: &Path) -> [UnitFile; 2] {
    [
        drop_in(instance, service, source),
        slice_unit(instance, &service.limits, source),
    ]
}

fn drop_in(instance: &str, service: &Service, source: &Path) -> UnitFile {
    let stop = (service.stop.timeout + STOP_MARGIN).as_secs();
    let mut text = heading(source);
    let what = match &service.process {
        Some(process) => process.argv.first().map_or("", String::as_str),
        None => &service.container.image,
    };
    text += &format!(
        "[Unit]\nDescription={} ({})\n{}\n[Service]\nSlice={}\nTimeoutStopSec={stop}\n",
        literal(instance),
        literal(what),
        documentation(source),
        slice(instance),
    );
    for secret in &service.secrets {
        match &secret.source {
            SecretSource::Credential(name) => {
                text += &format!("LoadCredential={}\n", literal(name));
            }
            SecretSource::File(_) | SecretSource::Exec(_) => {}
        }
    }
    if let Some(process) = &service.process {
        text += OF_A_PROCESS;
        if let Some(user) = &process.user {
            text += &format!("User={}\n", literal(user));
        }
    }
    UnitFile {
        path: format!("{}.d/50-wharf.conf", unit(instance)),
        text,
    }
}

fn slice_unit(instance: &str, limits: &Limits, source: &Path) -> UnitFile {
    let mut text = heading(source);
    text += &format!(
        "[Unit]\nDescription={} (shim and container)\nSourcePath={}\n\n[Slice]\n",
        literal(instance),
        literal(&source.to_string_lossy()),
    );
    let lines = [
        ("MemoryMax", limits.memory.map(|it| it.to_string())),
        ("MemoryHigh", limits.memory_high.map(|it| it.to_string())),
        ("CPUQuota", limits.cpu_millis.map(percent)),
        ("CPUWeight", limits.cpu_weight.map(|it| it.to_string())),
        ("TasksMax", limits.tasks.map(|it| it.to_string())),
        ("IOWeight", limits.io_weight.map(|it| it.to_string())),
    ];
    for (key, value) in lines {
        if let Some(value) = value {
            text += &format!("{key}={value}\n");
        }
    }
    UnitFile {
        path: slice(instance),
        text,
    }
}

/// Where `systemctl status` points. Not SourcePath=, with which every `systemctl reload` after a
/// change would warn that a daemon-reload is missing; only the slice depends on one.
fn documentation(source: &Path) -> String {
    let source = literal(&source.to_string_lossy());
    match source.contains(char::is_whitespace) {
        true => String::new(),
        false => format!("Documentation=file:{source}\n"),
    }
}

fn heading(source: &Path) -> String {
    let source = source.to_string_lossy().replace(char::is_control, " ");
    format!("# Made by wharf's generator from {source}; every daemon-reload makes it anew.\n")
}

/// Thousandths of a core as systemd's percentage, to a tenth.
fn percent(millis: u64) -> String {
    match millis % 10 {
        0 => format!("{}%", millis / 10),
        tenth => format!("{}.{tenth}%", millis / 10),
    }
}

/// A value that is taken as it is: no specifier, no second line.
fn literal(value: &str) -> String {
    value.replace('%', "%%").replace(char::is_control, " ")
}
