//! The `nft` program: a script in, a listing out, never longer than its limit.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, MemfdFlags, flock, memfd_create};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The longest one run may take; 16 to 35 ms is usual.
const RUN_LIMIT: Duration = Duration::from_secs(10);
/// How long another writer of the table is waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(15);
/// Between two looks at the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(2);
/// A change is read, computed and written; two writers must not do that at once.
const LOCK: &str = "/run/wharf/nftables.lock";

/// Returns the right to write the table, held until it is dropped.
///
/// # Errors
/// The lock's file cannot be made, or another writer has held it too long.
pub(super) fn lock() -> io::Result<File> {
    fs::create_dir_all("/run/wharf")?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(LOCK)?;
    for _ in 0..LOCK_LIMIT.as_millis() / LOCK_PAUSE.as_millis() {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
            Err(why) => return Err(why.into()),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("{LOCK} has been held by another process for {LOCK_LIMIT:?}"),
    ))
}

/// Puts the script into the kernel: all of it or nothing.
///
/// # Errors
/// nft's own words.
pub(super) fn apply(script: &str) -> io::Result<()> {
    run("nft", &["-f", "-"], script).map(drop)
}

/// Asks the kernel whether it would take the script, and changes nothing.
///
/// # Errors
/// nft's own words.
pub(super) fn check(script: &str) -> io::Result<()> {
    run("nft", &["-c", "-f", "-"], script).map(drop)
}

/// Runs a program to its end and returns what it printed. Files in memory instead of pipes, so that
/// neither side can wait for the other.
///
/// # Errors
/// It cannot be started, took longer than its limit, or failed: then its own words.
pub(super) fn run(program: &str, arguments: &[&str], input: &str) -> io::Result<String> {
    let (mut given, mut out, mut err) = (memory()?, memory()?, memory()?);
    given.write_all(input.as_bytes())?;
    given.rewind()?;
    // The one place where the balancer starts a program.
    #[allow(clippy::disallowed_methods)]
    let child = Command::new(program)
        .args(arguments)
        .stdin(given)
        .stdout(out.try_clone()?)
        .stderr(err.try_clone()?)
        .spawn()
        .map_err(|why| io::Error::new(why.kind(), format!("cannot start {program}: {why}")))?;
    let done = ended(child, program)?;
    match done {
        true => whole(&mut out),
        false => Err(io::Error::other(first_words(program, &whole(&mut err)?))),
    }
}

fn ended(mut child: Child, program: &str) -> io::Result<bool> {
    let pid = Pid::from_child(&child);
    let limit = Timespec {
        tv_sec: RUN_LIMIT.as_secs() as i64,
        tv_nsec: 0,
    };
    let waited = pidfd_open(pid, PidfdFlags::empty())
        .and_then(|pidfd| poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit)));
    if waited != Ok(1) {
        // It may have ended just now; then there is nothing to kill.
        let _ = child.kill();
        child.wait()?;
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("{program} did not end within {RUN_LIMIT:?} and was killed"),
        ));
    }
    child.wait().map(|it| it.success())
}

fn memory() -> io::Result<File> {
    Ok(memfd_create("wharf-nft", MemfdFlags::CLOEXEC)?.into())
}

fn whole(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// nft repeats the line it stumbled over; its first line says what is wrong.
fn first_words(program: &str, text: &str) -> String {
    let first = text.lines().find(|it| !it.trim().is_empty());
    format!("{program}: {}", first.unwrap_or("it failed without a word"))
}
