//! Files: written beside and renamed, so that a reader sees the old or the new one, never a half.

use std::{
    fs,
    io::{self, Read},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

/// A definition is a page or two; a larger file is something else.
pub const LARGEST: u64 = 1 << 20;

/// Returns the text of a file of at most [`LARGEST`] bytes.
///
/// # Errors
/// As the system says; `InvalidData` when it is larger, or not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    read_within(path, LARGEST)
}

/// Returns the text of a file of at most so many bytes.
///
/// # Errors
/// As the system says; `InvalidData` when it is larger, or not UTF-8.
pub fn read_within(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(bytes_within(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// Returns the bytes of a file of at most [`LARGEST`] bytes, whatever they are.
///
/// # Errors
/// As the system says; `InvalidData` when it is larger.
pub fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    bytes_within(path, LARGEST)
}

fn bytes_within(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("larger than {} MiB", most >> 20),
        ));
    }
    Ok(bytes)
}

/// Returns the last bytes of a file as text, from the first whole line on.
///
/// # Errors
/// As the system says.
pub fn end_of(path: &Path, most: u64) -> io::Result<String> {
    use io::{Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let cut = length > most;
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(match cut {
        true => text.split_once('\n').map_or("", |it| it.1).to_owned(),
        false => text.into_owned(),
    })
}

/// Returns when a file or directory changed last, since the epoch; None when it is not there.
pub fn changed(path: &Path) -> Option<std::time::Duration> {
    let time = fs::metadata(path).ok()?.modified().ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok()
}

/// Returns all of this process's input, at most [`LARGEST`] bytes.
///
/// # Errors
/// As the system says; `InvalidData` when it is larger, or not UTF-8.
pub fn stdin() -> io::Result<String> {
    stdin_within(LARGEST)
}

/// The same, of at most so many bytes.
///
/// # Errors
/// As [`stdin`].
pub fn stdin_within(most: u64) -> io::Result<String> {
    let mut text = String::new();
    io::stdin().take(most + 1).read_to_string(&mut text)?;
    match text.len() as u64 > most {
        true => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("larger than {} MiB", most >> 20),
        )),
        false => Ok(text),
    }
}

/// Returns the names of what is in a folder; none where there is no such folder.
pub fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter_map(|it| it.file_name().into_string().ok())
        .collect()
}

/// Makes a folder only its owner can enter; fine when it is there.
///
/// # Errors
/// As the system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Removes a folder and what is in it; fine when it is not there.
pub fn remove_folder(path: &Path) {
    let _ = fs::remove_dir_all(path);
}

/// Writes the file with this mode, whatever the umask.
///
/// # Errors
/// The file system's, with the path in words.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let beside = beside(path);
    fs::write(&beside, bytes)
        .and_then(|()| finish(&beside, path, mode))
        .map_err(|why| undo(&beside, path, &why))
}

/// Writes the file anew with the mode it has, where it is: behind a link, too.
///
/// # Errors
/// The file system's, with the path in words.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let there = fs::canonicalize(path).map_err(|why| named(path, &why))?;
    let known = fs::metadata(&there).map_err(|why| named(path, &why))?;
    write(&there, text.as_bytes(), known.permissions().mode() & 0o7777)
}

/// Writes a file where there is none.
///
/// # Errors
/// `AlreadyExists` when there is one; otherwise the file system's, with the path in words.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let file = fs::File::options().write(true).create_new(true).open(path);
    file.and_then(|mut it| io::Write::write_all(&mut it, text.as_bytes()))
        .map_err(|why| named(path, &why))
}

/// Writes a file that nobody reads yet and a reboot makes anew: in place, and without waiting for the disk.
///
/// # Errors
/// The file system's, with the path in words.
pub fn put(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text).map_err(|why| named(path, &why))
}

/// Copies a file's content.
///
/// # Errors
/// The file system's, with the path in words.
pub fn copy(from: &Path, path: &Path, mode: u32) -> io::Result<()> {
    let beside = beside(path);
    fs::copy(from, &beside)
        .and_then(|_| finish(&beside, path, mode))
        .map_err(|why| undo(&beside, path, &why))
}

/// Makes or replaces a symbolic link.
///
/// # Errors
/// The file system's, with the path in words.
pub fn link(path: &Path, target: &Path) -> io::Result<()> {
    let beside = beside(path);
    remove(&beside)?;
    symlink(target, &beside)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|why| undo(&beside, path, &why))
}

/// Makes one directory, mode 755; one that is there already is fine.
///
/// # Errors
/// The file system's, with the path in words.
pub fn make_directory(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(named(path, &why)),
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o755)),
    }
}

/// Gives a file or folder another name on the same file system.
///
/// # Errors
/// The file system's, with the path in words.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).map_err(|why| named(to, &why))
}

/// Removes a file or link; one that is gone already is fine.
///
/// # Errors
/// The file system's, with the path in words.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(|why| named(path, &why)),
    }
}

/// Removes a directory; one that is gone or holds something is left as it is.
///
/// # Errors
/// The file system's, with the path in words.
pub fn remove_if_empty(path: &Path) -> io::Result<()> {
    match fs::remove_dir(path) {
        Err(why)
            if matches!(
                why.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Ok(())
        }
        other => other.map_err(|why| named(path, &why)),
    }
}

fn finish(beside: &Path, path: &Path, mode: u32) -> io::Result<()> {
    let file = fs::File::open(beside)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()?;
    fs::rename(beside, path)
}

fn undo(beside: &Path, path: &Path, why: &io::Error) -> io::Error {
    // The first error is the one to tell.
    drop(fs::remove_file(beside));
    named(path, why)
}

/// Same directory, so that the rename stays within one file system; hidden, so that systemd and
/// man-db do not read it.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

fn named(path: &Path, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{}: {why}", path.display()))
}
