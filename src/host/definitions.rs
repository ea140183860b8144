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
pub fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
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
