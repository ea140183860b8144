//! Files: definitions found and read, small files written whole.

use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A definition is a page or two; a larger file is something else.
pub const LARGEST: u64 = 1 << 20;

/// Where `wharf run NAME` looks, in this order.
const SYSTEM_PLACES: [&str; 2] = ["/etc/wharf/services", "/srv/config"];
const SUFFIXES: [&str; 3] = ["yaml", "yml", "json"];

/// Returns the folders that hold definitions: `$WHARF_CONFIG_PATH` (colons between) or the usual ones,
/// and for somebody who is not root `~/.config/wharf/services` before them.
pub fn places() -> Vec<PathBuf> {
    if let Some(paths) = std::env::var_os("WHARF_CONFIG_PATH") {
        return std::env::split_paths(&paths).collect();
    }
    let home = std::env::var_os("HOME").filter(|_| !rustix::process::getuid().is_root());
    home.map(|it| Path::new(&it).join(".config/wharf/services"))
        .into_iter()
        .chain(SYSTEM_PLACES.map(PathBuf::from))
        .collect()
}

/// Returns the file that defines `name`: itself when it is a path, else the first found in [`places`].
pub fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') || SUFFIXES.iter().any(|it| name.ends_with(&format!(".{it}"))) {
        return Some(PathBuf::from(name));
    }
    places().iter().find_map(|place| {
        let files = SUFFIXES
            .iter()
            .map(|suffix| place.join(format!("{name}.{suffix}")));
        files.into_iter().find(|it| it.is_file())
    })
}

/// Returns every definition file in [`places`]; of two with one stem the first place wins.
pub fn all() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for place in places() {
        let mut here: Vec<PathBuf> = std::fs::read_dir(place)
            .into_iter()
            .flatten()
            .filter_map(|it| it.ok().map(|it| it.path()))
            .filter(|it| {
                it.extension()
                    .is_some_and(|it| SUFFIXES.iter().any(|s| it == *s))
            })
            .collect();
        here.sort();
        here.retain(|it| {
            !found
                .iter()
                .any(|other| other.file_stem() == it.file_stem())
        });
        found.extend(here);
    }
    found
}

/// Returns the text of a file of at most [`LARGEST`] bytes.
///
/// # Errors
/// As the system says; `InvalidData` when it is larger, or not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(LARGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "larger than 1 MiB",
        ));
    }
    Ok(text)
}

/// Writes a file beside its place and renames it there, so that readers see the old or the new one.
///
/// # Errors
/// As the system says.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)?;
    file.write_all(bytes)?;
    // The umask may have taken bits away; a secret must be readable by the container's user.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    std::fs::rename(&beside, path)
}

/// Makes a folder only its owner can enter; fine when it is there.
///
/// # Errors
/// As the system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

/// Removes a folder and what is in it; fine when it is not there.
pub fn remove_folder(path: &Path) {
    let _ = std::fs::remove_dir_all(path);
}
