//! Starting a program so that nothing of us sticks to it: its own session, no signal ignored, no descriptor.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::Mode;
use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::process::{setsid, umask};

use super::table;
use crate::model::process::Identity;

/// Of this process's environment: what would let a program speak to systemd as us.
const WITHHELD: [&str; 7] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "CREDENTIALS_DIRECTORY",
];
/// The variable everything a start brings about carries.
pub(super) const MARK: &str = "WHARF_MARK";
/// The last signal there is.
const SIGNALS: i32 = 64;
/// The default action, as the C library numbers it.
const DEFAULT: usize = 0;

// SAFETY: the C library every program here is linked with has it, with this shape on Linux.
#[allow(unsafe_code)]
unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

/// What is started.
pub struct Launch<'a> {
    pub argv: &'a [String],
    /// Beside the mark.
    pub environment: Vec<(String, String)>,
    /// Whether it sees our own variables as well.
    pub inherit: bool,
    pub mark: &'a str,
    pub workdir: Option<&'a Path>,
    pub umask: Option<u32>,
    pub stdout: File,
    pub stderr: File,
    /// `cgroup.procs` of the group it is to live in.
    pub group: Option<File>,
}

/// Starts it and returns who it is. It is a child of this process and runs on without it.
///
/// # Errors
/// It cannot be started, in words: no such program, no such directory, no memory.
pub fn launch(wish: Launch<'_>) -> io::Result<Identity> {
    let Some((program, words)) = wish.argv.split_first() else {
        return Err(io::Error::other("the command is empty"));
    };
    // The one place where the host starts what outlives it.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(wish.stdout)
        .stderr(wish.stderr);
    if !wish.inherit {
        command.env_clear();
    }
    for name in WITHHELD {
        command.env_remove(name);
    }
    command.envs(wish.environment).env(MARK, wish.mark);
    if let Some(workdir) = wish.workdir {
        command.current_dir(workdir);
    }
    let (mask, group) = (wish.umask, wish.group);
    // SAFETY: between fork and exec only system calls are made, by rustix and by `signal`; nothing is
    // allocated and no lock is taken.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || apart(mask, group.as_ref()));
    }
    let child = command
        .spawn()
        .map_err(|why| in_words(&why, program, wish.workdir))?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    // Not reaped yet, so it is there, be it as a zombie, and the number is its own.
    let start = table::look(pid).map(|it| it.identity.start);
    let start = start.ok_or_else(|| io::Error::other("/proc does not show it"))?;
    Ok(Identity { pid, start })
}

fn apart(mask: Option<u32>, group: Option<&File>) -> io::Result<()> {
    setsid()?;
    if let Some(group) = group {
        // Where it does not take it, the session and the mark tell its processes.
        let _ = rustix::io::write(group, b"0");
    }
    if let Some(mask) = mask {
        umask(Mode::from_raw_mode(mask));
    }
    for number in 1..=SIGNALS {
        // SAFETY: setting the default action runs no code of ours; numbers the kernel does not let
        // us have are refused and left as they are.
        #[allow(unsafe_code)]
        unsafe {
            signal(number, DEFAULT);
        }
    }
    Ok(())
}

fn in_words(why: &io::Error, program: &str, workdir: Option<&Path>) -> io::Error {
    let text = match workdir {
        Some(workdir) if !workdir.is_dir() => {
            format!("there is no directory {}", workdir.display())
        }
        Some(_) | None => format!("{program}: {why}"),
    };
    io::Error::new(why.kind(), text)
}

/// Marks every descriptor this process was started with to be closed when it starts a program; what
/// it opens itself is marked already. Its own stdin, stdout and stderr stay.
pub fn close_at_exec() {
    for name in super::table::names("/proc/self/fd") {
        let Ok(number) = name.parse::<i32>() else {
            continue;
        };
        if number <= std::io::stderr().as_raw_fd() {
            continue;
        }
        // SAFETY: a number that is closed meanwhile is refused by the kernel; nothing is read or
        // written through it.
        #[allow(unsafe_code)]
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if let Ok(flags) = fcntl_getfd(descriptor.as_fd()) {
            let _ = fcntl_setfd(descriptor, flags | FdFlags::CLOEXEC);
        }
    }
}
