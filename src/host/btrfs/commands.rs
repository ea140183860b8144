//! The commands of btrfs-progs, each run to its end.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use tokio::process::Command;
use tokio::time::timeout;

/// A deletion commits, and on a busy disk that takes its time; none takes this long.
const LIMIT: Duration = Duration::from_secs(300);
/// Bytes of a program's words that are told.
const TOLD: usize = 500;

/// Makes a writable subvolume.
///
/// # Errors
/// As btrfs says.
pub async fn create(path: &Path) -> io::Result<()> {
    btrfs(&["subvolume", "create", "--"], &[path])
        .await
        .map(drop)
}

/// Makes a snapshot; it appears whole or not at all, with all that was written before.
///
/// # Errors
/// As btrfs says.
pub async fn snapshot(of: &Path, to: &Path, read_only: bool) -> io::Result<()> {
    let words: &[&str] = match read_only {
        true => &["subvolume", "snapshot", "-r", "--"],
        false => &["subvolume", "snapshot", "--"],
    };
    btrfs(words, &[of, to]).await.map(drop)
}

/// Deletes a subvolume, and returns when that is on the disk.
///
/// # Errors
/// As btrfs says: a snapshot that is being sent is not deleted.
pub async fn delete(path: &Path) -> io::Result<()> {
    btrfs(&["subvolume", "delete", "-c", "--"], &[path])
        .await
        .map(drop)
}

/// Returns when everything written to this file system is on the disk.
///
/// # Errors
/// As btrfs says.
pub async fn flush(path: &Path) -> io::Result<()> {
    btrfs(&["filesystem", "sync", "--"], &[path])
        .await
        .map(drop)
}

/// Returns the subvolumes inside this one, which no snapshot of it has.
///
/// # Errors
/// As btrfs says.
pub async fn nested(path: &Path) -> io::Result<Vec<String>> {
    let text = btrfs(&["subvolume", "list", "-o", "--"], &[path]).await?;
    let paths = text.lines().filter_map(|it| it.split_once(" path "));
    Ok(paths.map(|it| it.1.to_owned()).collect())
}

/// Has btrfs compress what is written there from now on.
///
/// # Errors
/// As btrfs says.
pub async fn compress(path: &Path, algorithm: &str) -> io::Result<()> {
    let path = path.as_os_str();
    let words = ["property", "set", "--"].map(OsStr::new);
    let all = [
        words[0],
        words[1],
        words[2],
        path,
        OsStr::new("compression"),
        OsStr::new(algorithm),
    ];
    run("btrfs", &all).await.map(drop)
}

/// Has files of this empty folder overwritten in place, as `chattr +C` does.
///
/// # Errors
/// As the kernel says.
pub fn rewrite_in_place(path: &Path) -> io::Result<()> {
    let folder = File::open(path)?;
    let flags = ioctl_getflags(&folder)?;
    Ok(ioctl_setflags(&folder, flags | IFlags::NOCOW)?)
}

/// Whether zstd can be called here.
pub async fn zstd() -> bool {
    run("zstd", &[OsStr::new("--version")]).await.is_ok()
}

async fn btrfs(words: &[&str], paths: &[&Path]) -> io::Result<String> {
    let mut all: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    all.extend(paths.iter().map(|it| it.as_os_str()));
    run("btrfs", &all).await
}

async fn run(program: &str, words: &[&OsStr]) -> io::Result<String> {
    #[allow(clippy::disallowed_methods)] // the hand that calls btrfs
    let mut command = Command::new(program);
    command
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ended = timeout(LIMIT, command.output()).await;
    let output = match ended {
        Ok(output) => output.map_err(|why| missing(program, &why))?,
        Err(_) => {
            let late = format!("{program}: no end in {} s", LIMIT.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, late));
        }
    };
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(io::Error::other(last_words(&output.stderr))),
    }
}

/// Returns the last line a program wrote, which is where btrfs says why.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rfind(|it| !it.trim().is_empty());
    let line = line.unwrap_or("it failed without a word");
    line.trim().chars().take(TOLD).collect()
}

pub(super) fn missing(program: &str, why: &io::Error) -> io::Error {
    let package = match program {
        "zstd" => "zstd",
        _ => "btrfs-progs",
    };
    let text = match why.kind() == io::ErrorKind::NotFound {
        true => format!("{program} is not installed; the package is called {package}"),
        false => format!("{program}: {why}"),
    };
    io::Error::new(why.kind(), text)
}
