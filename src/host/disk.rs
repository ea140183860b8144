//! Room on a file system.

use std::io;
use std::path::Path;

/// Returns the bytes a process without privilege may still write where `path` is.
///
/// # Errors
/// There is no such path.
pub fn free(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
