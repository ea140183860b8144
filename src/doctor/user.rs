//! The look at what a user's own services live on.

use std::path::{Path, PathBuf};

use crate::decide::doctor::user::judge;
use crate::host::{files, surroundings};
use crate::model::facts::UserFacts;
use crate::model::finding::Finding;

/// Where a user's manager finds units, besides the user's own folder.
const UNIT_DIRECTORIES: [&str; 4] = [
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
];
const UNIT: &str = "runner@.service";
const LINGER: &str = "/var/lib/systemd/linger";
/// Debian's and Fedora's border between accounts of services and of people.
const FIRST_PERSON: u32 = 1000;

/// Returns what is wrong for the services of whoever asks, the gravest first.
pub fn user() -> Vec<Finding> {
    judge(&look())
}

fn look() -> UserFacts {
    let (name, number) = surroundings::account();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let usual = PathBuf::from(format!("/run/user/{number}"));
    let manager = runtime.as_ref().unwrap_or(&usual).join("systemd/private");
    let group = format!(
        "/sys/fs/cgroup/user.slice/user-{number}.slice/user@{number}.service/cgroup.controllers"
    );
    let controllers = files::read(Path::new(&group)).unwrap_or_default();
    let own = surroundings::home().map(|it| it.join(".config/systemd/user"));
    let mut folders = own.into_iter().chain(UNIT_DIRECTORIES.map(PathBuf::from));
    UserFacts {
        linger: Path::new(LINGER).join(&name).exists(),
        manager: manager.exists(),
        runtime: runtime.is_some_and(|it| it.is_dir()),
        controllers: controllers.split_whitespace().map(str::to_owned).collect(),
        unit: folders.any(|it| it.join(UNIT).is_file()),
        state: surroundings::state_folder(),
        system_account: number != 0 && number < FIRST_PERSON,
        reads_journal: number == 0 || surroundings::in_group("systemd-journal"),
        name,
    }
}
