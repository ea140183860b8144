//! The kernel: what it can do.

use std::{fs, path::Path};

/// Whether IPVS is there: built in, loaded, or a module that can be.
pub fn has_ip_vs() -> bool {
    if Path::new("/proc/net/ip_vs").exists() {
        return true;
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let modules = Path::new("/lib/modules").join(release.trim());
    ["modules.dep", "modules.builtin"].iter().any(|list| {
        let text = fs::read_to_string(modules.join(list)).unwrap_or_default();
        text.contains("/ip_vs.ko")
    })
}

/// Whether the unified cgroup hierarchy is mounted where systemd and docker look for it.
pub fn has_cgroup_v2() -> bool {
    Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
}

/// Returns the kernel's version, `(6, 1)`; `(0, 0)` when it does not say.
pub fn version() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let digits = |it: &str| {
        it.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
    };
    let mut numbers = release.split('.').map(|it| digits(it).parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Returns what this host calls itself.
pub fn host_name() -> String {
    let known = rustix::system::uname();
    known.nodename().to_string_lossy().into_owned()
}
