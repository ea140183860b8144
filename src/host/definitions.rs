//! Definition files: where they are looked for, and which ones are there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Looked through in this order when `$WHARF_CONFIG_PATH` (colon-separated) is not set.
pub const SEARCH_PATH: [&str; 2] = ["/etc/wharf/services", "/srv/config"];

/// A file name's ending, the first one found wins.
pub const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Where a user's own definitions lie, below `$XDG_CONFIG_HOME` or `~/.config`.
const OF_USERS: &str = "wharf/services";

/// Returns the directories definitions are looked for in; a user's own come before the host's.
pub fn search_path() -> Vec<PathBuf> {
    let host = SEARCH_PATH.map(PathBuf::from);
    match std::env::var_os("WHARF_CONFIG_PATH") {
        Some(path) if !path.is_empty() => std::env::split_paths(&path).collect(),
        _ => own_folder().into_iter().chain(host).collect(),
    }
}

/// Returns the directories whose services are this user's to run: root's are the host's.
pub fn own() -> Vec<PathBuf> {
    match own_folder() {
        Some(folder) if std::env::var_os("WHARF_CONFIG_PATH").is_none() => vec![folder],
        Some(_) | None => search_path(),
    }
}

/// None for root.
fn own_folder() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return None;
    }
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    let home = || Some(PathBuf::from(set("HOME")?).join(".config"));
    let base = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    Some(base?.join(OF_USERS))
}

/// Returns the file that defines the service `name`; None when no directory holds one.
///
/// What has a `/` or a definition's ending is a path itself.
pub fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    let path = Path::new(name);
    let ending = path.extension().and_then(|it| it.to_str());
    if name.contains('/') || ending.is_some_and(|it| ENDINGS.contains(&it)) {
        return path.is_file().then(|| path.to_owned());
    }
    let mut candidates = directories
        .iter()
        .flat_map(|it| ENDINGS.map(|ending| it.join(format!("{name}.{ending}"))));
    candidates.find(|it| it.is_file())
}

/// Returns every definition by the name it is started by; the first directory wins, as in [`find`].
pub fn all(directories: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for directory in directories {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let names: std::collections::BTreeSet<_> =
            entries.filter_map(|it| name(&it.path())).collect();
        for name in names {
            if let Some(path) = find(&name, std::slice::from_ref(directory)) {
                found.entry(name).or_insert(path);
            }
        }
    }
    found
}

fn name(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?;
    let name = path.file_stem()?.to_str()?;
    (ENDINGS.contains(&ending) && !name.starts_with('.')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{all, find};

    #[test]
    fn a_name_is_looked_up_and_a_path_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.v2.yml");
        std::fs::write(&file, "").unwrap();
        let places = [folder.path().to_owned()];
        assert_eq!(find("web.v2", &places), Some(file.clone()));
        assert_eq!(find(file.to_str().unwrap(), &[]), Some(file));
        assert_eq!(find("web", &places), None);
        assert_eq!(find("/nonexistent/web.yml", &places), None);
    }

    #[test]
    fn hidden_and_foreign_files_are_no_definitions() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".web.yaml", "web.yaml~", "web.txt", "web"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(all(&[folder.path().to_owned()]).is_empty());
    }
}
