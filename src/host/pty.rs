//! This very program once more, on a terminal of its own that somebody far away types into.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, ioctl_tiocsctty, kill_process_group, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::io::{Interest, unix::AsyncFd};
use tokio::process::{Child, Command};

use crate::model::seen::Exit;

/// The program that runs, even when its file has been replaced by a newer one.
const SELF: &str = "/proc/self/exe";
/// What whoever types has: xterm.js.
const TERM: &str = "xterm-256color";

/// A program on a terminal; dropped, it and all it started there are killed.
pub struct Pty {
    master: AsyncFd<OwnedFd>,
    child: Child,
}

/// Starts this program with these words on a terminal of so many columns and rows.
///
/// # Errors
/// As the system says.
pub fn start(words: &[String], who: &str, size: (u16, u16)) -> io::Result<Pty> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(&name, flags, Mode::empty())?;
    tcsetwinsize(&slave, winsize(size))?;
    rustix::io::ioctl_fionbio(&master, true)?;
    // The one place where this program is put on a terminal.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new(SELF);
    command
        .args(words)
        .env("TERM", TERM)
        .env("USER", who)
        .env_remove("SUDO_USER")
        .env_remove("WHARF_FILE")
        .env("WHARF_NOTES", "0")
        .kill_on_drop(true)
        .stdin(Stdio::from(slave.try_clone()?))
        .stdout(Stdio::from(slave.try_clone()?))
        .stderr(Stdio::from(slave));
    on_terminal(&mut command);
    let child = command.spawn()?;
    // SAFETY: an OwnedFd is open, names one file as long as it lives, and is moved in here.
    #[allow(unsafe_code)]
    let master =
        unsafe { AsyncFd::register_with_interest(master, Interest::READABLE | Interest::WRITABLE) };
    Ok(Pty {
        master: master?,
        child,
    })
}

/// Its own session, with what is its stdin as its terminal: then keys that stop a program do.
fn on_terminal(command: &mut Command) {
    let begin = || {
        setsid()?;
        ioctl_tiocsctty(io::stdin().as_fd())?;
        Ok(())
    };
    // SAFETY: between fork and exec only these two system calls are made; nothing is allocated or locked.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(begin);
    }
}

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize {
        ws_col: columns,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

impl Pty {
    /// Returns how many bytes were read; 0: nobody is left on the terminal.
    ///
    /// # Errors
    /// As the system says.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.readable().await?;
            match ready.try_io(|it| Ok(rustix::io::read(it, &mut *buffer)?)) {
                Ok(Err(why)) if why.raw_os_error() == Some(gone()) => return Ok(0),
                Ok(read) => return read,
                Err(_) => {}
            }
        }
    }

    /// Types these bytes.
    ///
    /// # Errors
    /// As the system says.
    pub async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.master.writable().await?;
            // Else it was not ready after all.
            if let Ok(written) = ready.try_io(|it| Ok(rustix::io::write(it, bytes)?)) {
                bytes = &bytes[written?..];
            }
        }
        Ok(())
    }

    /// Tells what is there how large the terminal is now.
    ///
    /// # Errors
    /// As the system says.
    pub fn resize(&self, size: (u16, u16)) -> io::Result<()> {
        Ok(tcsetwinsize(self.master.get_ref().as_fd(), winsize(size))?)
    }

    /// Returns how it ended, once it has.
    ///
    /// # Errors
    /// As the system says.
    pub async fn end(&mut self) -> io::Result<Exit> {
        use std::os::unix::process::ExitStatusExt;
        let status = self.child.wait().await?;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code.into()),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        })
    }
}

/// What reading says when the last one has closed the terminal.
fn gone() -> i32 {
    rustix::io::Errno::IO.raw_os_error()
}

impl Drop for Pty {
    fn drop(&mut self) {
        let leader = self.child.id().and_then(|it| Pid::from_raw(it as i32));
        // Not reaped yet, so that the number is nobody else's; what moved to another group hears of it as
        // the terminal closes.
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::HUP);
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
