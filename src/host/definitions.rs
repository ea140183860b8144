//! Definition files: where they are looked for, and which ones are there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Looked through in this order when `$WHARF_CONFIG_PATH` (colon-separated) is not set.
pub const SEARCH_PATH: [&str; 2] = ["/etc/wharf/services", "/srv/config"];

/// A file name's ending, the first one found wins.
pub const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Returns the directories definitions are looked for in.
pub fn search_path() -> Vec<PathBuf> {
    match std::env::var_os("WHARF_CONFIG_PATH") {
        Some(path) if !path.is_empty() => std::env::split_paths(&path).collect(),
        _ => SEARCH_PATH.map(PathBuf::from).to_vec(),
    }
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
