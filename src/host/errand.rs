//! This very program once more, as a child on an errand: its lines as they come, and a way to end it.

use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::model::log::Stream;
use crate::model::seen::Exit;

/// The program that runs, even when its file has been replaced by a newer one.
const SELF: &str = "/proc/self/exe";
/// Longest line handed on, in bytes; a longer one comes in pieces.
const LINE_LONGEST: usize = 256 * 1024;
/// Lines that wait for whoever reads them; then the child waits.
const WAITING_MOST: usize = 256;
/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// A child; dropped, it and all it started are killed.
pub struct Errand {
    child: Child,
    lines: Receiver<(Stream, Vec<u8>)>,
    group: Option<Pid>,
}

/// How a child can be ended by somebody else than whoever reads it.
#[derive(Clone, Copy, Debug)]
pub struct Handle(Pid);

/// Starts it with these words, in the name of `who`; nobody is there to be asked anything.
///
/// # Errors
/// As the system says.
pub fn start(words: &[String], who: &str) -> io::Result<Errand> {
    // The one place where this program starts itself.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new(SELF);
    command
        .args(words)
        .env("USER", who)
        .env_remove("SUDO_USER")
        .env_remove("WHARF_FILE")
        .env("WHARF_NOTES", "0")
        .env("NO_COLOR", "1")
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (to, lines) = mpsc::channel(WAITING_MOST);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    tokio::spawn(handed(out, Stream::Stdout, to.clone()));
    tokio::spawn(handed(err, Stream::Stderr, to));
    let group = child.id().and_then(|it| Pid::from_raw(it as i32));
    Ok(Errand {
        child,
        lines,
        group,
    })
}

impl Errand {
    /// Returns the next line without its newline; None: both streams have ended.
    pub async fn line(&mut self) -> Option<(Stream, Vec<u8>)> {
        self.lines.recv().await
    }

    /// Returns as many lines as are there, at least one; empty: both streams have ended.
    pub async fn lines(&mut self, most: usize) -> Vec<(Stream, Vec<u8>)> {
        let mut lines = Vec::new();
        self.lines.recv_many(&mut lines, most).await;
        lines
    }

    /// Returns how it ended, once it has.
    ///
    /// # Errors
    /// As the system says.
    pub async fn end(&mut self) -> io::Result<Exit> {
        let status = self.child.wait().await?;
        self.group = None;
        Ok(exit(status))
    }

    pub fn handle(&self) -> Option<Handle> {
        self.group.map(Handle)
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        // Not reaped yet, so that the number is nobody else's.
        if let Some(group) = self.group.filter(|_| self.child.id().is_some()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Handle {
    /// Asks it to stop, as somebody at its keyboard would; what it started goes on for as long as it needs it.
    pub fn interrupt(self) {
        // It may have ended in this very moment.
        let _ = kill_process(self.0, Signal::INT);
    }

    /// Ends it and all it started.
    pub fn kill(self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

async fn handed(
    from: Option<impl AsyncRead + Unpin>,
    stream: Stream,
    to: Sender<(Stream, Vec<u8>)>,
) {
    let Some(mut from) = from else { return };
    let (mut chunk, mut rest) = (vec![0; CHUNK], Vec::new());
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        let mut new = &chunk[..read];
        while let Some(at) = memchr::memchr(b'\n', new) {
            rest.extend_from_slice(&new[..at]);
            new = &new[at + 1..];
            if to.send((stream, std::mem::take(&mut rest))).await.is_err() {
                return;
            }
        }
        rest.extend_from_slice(new);
        let over = read == 0 && !rest.is_empty() || rest.len() > LINE_LONGEST;
        if over && to.send((stream, std::mem::take(&mut rest))).await.is_err() || read == 0 {
            return;
        }
    }
}

fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code.into()),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
