//! One line on another host, run to its end or to its limit.

use std::{pin::pin, process::Stdio, time::Duration};

use futures_util::future::{Either, select};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use super::{Ssh, told};
use crate::model::fleet::{Unreached, UnreachedKind};
use crate::model::seen::{Output, span};

/// Bytes kept of what a line writes to stdout; the rest is read and dropped.
pub(super) const STDOUT_KEPT: usize = 8 * 1024 * 1024;
/// Bytes kept of stderr: the last ones, because ssh's own reason comes last.
pub(super) const STDERR_KEPT: usize = 64 * 1024;
/// Longest line: the kernel takes 128 KiB as one argument, and sshd writes a few words around it.
pub(super) const LINE_LONGEST: usize = 120 * 1024;
/// How long streams may stay open after ssh has ended: a connection it left for others may hold them.
const STRAGGLER_GRACE: Duration = Duration::from_secs(1);
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

impl Ssh {
    /// Runs a line in the user's shell there; `decide::shell` makes lines that are the same to every
    /// shell. `stdin` is what it reads, None an empty input. Nobody is ever asked for a password.
    ///
    /// At the limit, and when this is dropped, the local ssh is killed; what the line started may live on.
    ///
    /// # Errors
    /// The host was not reached, or not to the end of the line. A line that ends with 255 reads as if it
    /// was not, unless it was made with `decide::shell::elevated`.
    pub async fn run(
        &self,
        destination: &str,
        line: &str,
        stdin: Option<Vec<u8>>,
        limit: Duration,
    ) -> Result<Output, Unreached> {
        let child = self.start(destination, line, stdin.is_some())?;
        match timeout(limit, to_the_end(child, stdin)).await {
            Ok(output) => output,
            Err(_) => Err(late(limit)),
        }
    }

    pub(super) fn start(
        &self,
        destination: &str,
        line: &str,
        reads: bool,
    ) -> Result<Child, Unreached> {
        if line.len() > LINE_LONGEST {
            let long = format!("the line has {} bytes, {LINE_LONGEST} fit", line.len());
            return Err(told::other(long));
        }
        // The one place where other hosts are reached without a terminal.
        #[allow(clippy::disallowed_methods)]
        let mut command = Command::new("ssh");
        command
            .args(&self.options)
            .args(["-o", "BatchMode=yes", "-T", "--", destination, line])
            // ^C is for whoever started us, who then decides what becomes of what is under way.
            .process_group(0)
            .kill_on_drop(true)
            .stdin(if reads { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .spawn()
            .map_err(|why| told::other(format!("ssh: {why}; install openssh-client")))
    }
}

pub(super) fn late(limit: Duration) -> Unreached {
    Unreached {
        kind: UnreachedKind::Late,
        what: format!("no answer in {}", span(limit)),
    }
}

async fn to_the_end(mut child: Child, stdin: Option<Vec<u8>>) -> Result<Output, Unreached> {
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut output = Output::default();
    let status = {
        let streams = pin!(async {
            tokio::join!(
                feed(input, stdin),
                keep(stdout, &mut output.stdout, &mut output.cut),
                keep_last(stderr, &mut output.stderr)
            )
        });
        match select(streams, pin!(child.wait())).await {
            Either::Left((_, ending)) => ending.await,
            Either::Right((status, streams)) => {
                let _ = timeout(STRAGGLER_GRACE, streams).await;
                status
            }
        }
    };
    let status = status.map_err(|why| told::other(why.to_string()))?;
    output.exit = told::exit(status, &mut output.stderr)?;
    Ok(output)
}

/// A line that does not read its input to the end is its own business.
pub(super) async fn feed(input: Option<ChildStdin>, bytes: Option<Vec<u8>>) {
    if let (Some(mut input), Some(bytes)) = (input, bytes) {
        let _ = input.write_all(&bytes).await;
        let _ = input.shutdown().await;
    }
}

pub(super) async fn keep(
    stream: Option<impl AsyncRead + Unpin>,
    kept: &mut Vec<u8>,
    cut: &mut bool,
) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        let room = read.min(STDOUT_KEPT - kept.len());
        kept.extend_from_slice(&chunk[..room]);
        *cut |= room < read;
    }
}

pub(super) async fn keep_last(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read]);
        if kept.len() > STDERR_KEPT {
            kept.drain(..kept.len() - STDERR_KEPT);
        }
    }
}
