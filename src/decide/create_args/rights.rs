//! What the container may do, and with whom it shares.

use crate::decide::quote::quoted;
use crate::decide::suggest::nearest;

use super::{
    draft::Draft,
    process::{pair, switch},
    words::Wrong,
};

#[derive(Clone, Copy)]
pub(super) enum Right {
    CapAdd,
    CapDrop,
    GroupAdd,
    Ipc,
    Pid,
    Privileged,
    SecurityOpt,
    Sysctl,
}

impl Right {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        let spec = &mut draft.asked.spec;
        match self {
            Right::CapAdd => spec.cap_add.push(capability(value)?),
            Right::CapDrop => spec.cap_drop.push(capability(value)?),
            Right::GroupAdd => spec.groups.push(group(value)?),
            Right::Ipc => spec.ipc = Some(ipc(value)?),
            Right::Pid => spec.pid = Some(pid(value)?),
            Right::Privileged => spec.privileged = switch(value)?,
            Right::SecurityOpt => spec.security_opts.push(security(value)?),
            Right::Sysctl => {
                let (key, value) = pair(value, "net.core.somaxconn=1024")?;
                spec.sysctls.insert(key, value);
            }
        }
        Ok(())
    }
}

/// capabilities(7), as of Linux 5.9; docker knows no later ones.
const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// Without the `CAP_` in front, in capitals, so that one right has one spelling.
fn capability(value: &str) -> Result<String, Wrong> {
    let upper = value.to_ascii_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    if CAPABILITIES.contains(&name) {
        return Ok(name.to_owned());
    }
    let wrong = Wrong::new(format!("unknown capability {}", quoted(value)));
    match nearest(name, CAPABILITIES.iter().copied()) {
        Some(near) => Err(wrong.hint(format!("did you mean `{near}`?"))),
        None => Err(wrong.hint("capabilities(7) lists them; `ALL` is all of them")),
    }
}

fn group(value: &str) -> Result<String, Wrong> {
    if value.is_empty() || value.contains([':', ' ', '\n']) {
        return Err(Wrong::new(format!("{} is no group", quoted(value))));
    }
    Ok(value.to_owned())
}

fn ipc(value: &str) -> Result<String, Wrong> {
    let known = ["none", "private", "shareable", "host"].contains(&value);
    if known || of_container(value) {
        return Ok(value.to_owned());
    }
    let wrong = Wrong::new(format!("{} is no IPC mode", quoted(value)));
    Err(wrong.hint("known: none, private, shareable, host, container:NAME"))
}

fn pid(value: &str) -> Result<String, Wrong> {
    if value == "host" || of_container(value) {
        return Ok(value.to_owned());
    }
    let wrong = Wrong::new(format!("{} is no PID mode", quoted(value)));
    Err(wrong.hint("known: host, container:NAME"))
}

fn of_container(value: &str) -> bool {
    value
        .strip_prefix("container:")
        .is_some_and(|it| !it.is_empty())
}

fn security(value: &str) -> Result<String, Wrong> {
    let (key, rest) = value.split_once(['=', ':']).unwrap_or((value, ""));
    match (key, rest) {
        ("no-new-privileges", "" | "true" | "false")
        | ("seccomp", "unconfined" | "builtin")
        | ("writable-cgroups", "" | "true" | "false") => Ok(value.to_owned()),
        ("apparmor" | "label", rest) if !rest.is_empty() => Ok(value.to_owned()),
        ("seccomp", _) => {
            let what = "a seccomp profile in a file is not read by this version";
            Err(Wrong::new(what)
                .hint("set it as the daemon's `seccomp-profile`, or use `seccomp=unconfined`"))
        }
        ("systempaths", _) => Err(Wrong::new("`systempaths` is not carried by this version")),
        _ => {
            let wrong = Wrong::new(format!("unknown security option {}", quoted(value)));
            Err(wrong.hint("known: no-new-privileges, apparmor=, label=, seccomp=unconfined"))
        }
    }
}
