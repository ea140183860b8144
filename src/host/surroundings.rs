//! What systemd and the kernel tell this process about itself.

use std::path::PathBuf;

use crate::model::places::{self, Places};

/// Where systemd started us, from the environment and /proc.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `runner@web.service`; empty outside a service.
    pub unit: String,
    pub invocation: String,
    /// $RUNTIME_DIRECTORY, or a folder of our own below the user's runtime folder or /run/wharf.
    pub runtime: PathBuf,
    /// $STATE_DIRECTORY, where there is one.
    pub state: Option<PathBuf>,
    pub credentials: Option<PathBuf>,
    /// How and how long it ran, for ExecStopPost=: `success`, `exit-code`, `signal`, ….
    pub service_result: Option<String>,
    /// Set by ourselves across a re-execution: the container stays whatever the definition says now.
    pub reexecuted: bool,
}

/// The variable a re-executed shim finds.
pub const REEXECUTED: &str = "WHARF_REEXECUTED";

/// Returns where things of a service with a manager lie on this host.
pub fn places(service: &str) -> Places {
    let folder = |variable: &str, usual: &str| {
        std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from)
    };
    Places::new(
        service,
        &folder(places::STATE_VARIABLE, places::STATE),
        &folder(places::RUN_VARIABLE, places::RUN),
    )
}

/// Returns the home of whoever runs this; None when the environment does not tell.
pub fn home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|it| !it.is_empty());
    home.map(PathBuf::from)
}

/// Returns who this process is: the account's name, or its number where it has none, and its number.
pub fn account() -> (String, u32) {
    let number = rustix::process::geteuid().as_raw();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut lines = known.lines().map(|it| it.split(':').collect::<Vec<_>>());
    let own = lines.find(|it| it.get(2) == Some(&number.to_string().as_str()));
    let name = own.and_then(|it| it.first().map(|it| (*it).to_owned()));
    (name.unwrap_or_else(|| number.to_string()), number)
}

/// Whether this process is in the group of this name.
pub fn in_group(name: &str) -> bool {
    let known = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let mut lines = known.lines().map(|it| it.split(':').collect::<Vec<_>>());
    let group = lines.find(|it| it.first() == Some(&name));
    let number = group.and_then(|it| it.get(2)?.parse::<u32>().ok());
    let own = rustix::process::getgroups().unwrap_or_default();
    number.is_some_and(|number| own.iter().any(|it| it.as_raw() == number))
}

/// Returns the name of this host; empty when the kernel does not tell.
pub fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Reads them for the folder of this name below /run/wharf.
pub fn look(name: &str) -> Surroundings {
    let text = |key: &str| std::env::var(key).unwrap_or_default();
    let path = |key: &str| std::env::var_os(key).map(PathBuf::from);
    let cgroup = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let invocation = text("INVOCATION_ID");
    Surroundings {
        unit: if invocation.is_empty() {
            String::new()
        } else {
            unit(&cgroup).unwrap_or_default()
        },
        invocation,
        runtime: path("RUNTIME_DIRECTORY").unwrap_or_else(|| own_runtime(name)),
        state: path("STATE_DIRECTORY"),
        credentials: path("CREDENTIALS_DIRECTORY"),
        service_result: std::env::var("SERVICE_RESULT").ok(),
        reexecuted: std::env::var_os(REEXECUTED).is_some(),
    }
}

fn own_runtime(name: &str) -> PathBuf {
    let base =
        std::env::var_os("XDG_RUNTIME_DIR").map_or_else(|| PathBuf::from("/run"), PathBuf::from);
    base.join("wharf").join(name)
}

/// The unit of a /proc/PID/cgroup: of the unified line, or of systemd's own where both exist.
fn unit(cgroup: &str) -> Option<String> {
    let lines = || cgroup.lines().filter_map(|it| it.split_once(':'));
    let unified = lines().find(|(number, _)| *number == "0");
    let named = lines().find(|(_, rest)| rest.starts_with("name=systemd:"));
    let path = named.or(unified)?.1.split_once(':')?.1;
    let service = path.split('/').rev().find(|it| it.ends_with(".service"))?;
    Some(service.to_owned())
}

/// Returns the path of the running program as it was started, and whether that file is a newer one by now.
pub fn program() -> (PathBuf, bool) {
    let shown = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    let text = shown.to_string_lossy().into_owned();
    // The kernel marks the path of a file that was replaced by a rename.
    match text.strip_suffix(" (deleted)") {
        Some(path) => (PathBuf::from(path), true),
        None => (shown, false),
    }
}

/// Returns who is at the keyboard, `anna@node1`: the one before sudo, where there was one.
pub fn who() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|it| std::env::var(it).ok());
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    format!("{}@{host}", name.unwrap_or_else(|| "root".to_owned()))
}

/// Whether a program is installed where systemd's units find it; people seldom have the sbin folders.
pub fn has_program(name: &str) -> bool {
    let folders = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    folders
        .iter()
        .any(|it| std::path::Path::new(it).join(name).is_file())
}

/// Replaces this process by the program at `path` with the same words; returns only when that fails.
pub fn reexecute(path: &std::path::Path) -> std::io::Error {
    use std::os::unix::process::CommandExt;
    let mut words = std::env::args_os();
    // By its name a program of ours may know what it was called to do.
    let name = words.next().unwrap_or_else(|| path.into());
    // clippy.toml keeps programs inside host/: this is host/.
    #[allow(clippy::disallowed_methods)]
    std::process::Command::new(path)
        .arg0(name)
        .args(words)
        .env(REEXECUTED, "1")
        .exec()
}

/// Returns where services of this user keep what outlives a restart of wharf: `$WHARF_STATE`, root's
/// `/var/lib/wharf`, a user's `~/.local/state/wharf`. None for a user without a home.
pub fn state_folder() -> Option<PathBuf> {
    if let Some(set) = std::env::var_os(places::STATE_VARIABLE) {
        return Some(PathBuf::from(set));
    }
    match rustix::process::geteuid().is_root() {
        true => Some(PathBuf::from(places::STATE)),
        false => Some(state_home()?.join("wharf")),
    }
}

/// Where this user's programs keep what outlives a reboot: `$XDG_STATE_HOME`, else `~/.local/state`.
pub fn state_home() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    let home = || Some(PathBuf::from(set("HOME")?).join(".local/state"));
    set("XDG_STATE_HOME").map(PathBuf::from).or_else(home)
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn the_unit_is_read_from_either_hierarchy() {
        let v2 = "0::/runner.slice/runner-a\\x2db.slice/runner@a-b.service\n";
        assert_eq!(unit(v2).as_deref(), Some("runner@a-b.service"));
        let control = "0::/runner.slice/runner@a.service/.control\n";
        assert_eq!(unit(control).as_deref(), Some("runner@a.service"));
        let hybrid = "9:memory:/x\n1:name=systemd:/system.slice/web@1-2.service\n0::/\n";
        assert_eq!(unit(hybrid).as_deref(), Some("web@1-2.service"));
        assert_eq!(unit("0::/user.slice/session-1.scope\n"), None);
        assert_eq!(unit(""), None);
    }
}
