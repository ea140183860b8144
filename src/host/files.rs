//! Files: read up to a bound, written beside and renamed.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A definition is a page or two; a larger file is something else.
pub const LARGEST: u64 = 1 << 20;

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
