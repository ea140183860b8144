//! Programs on this host: run to their end, or to their limit and then killed with all they started.

use std::{io, os::fd::OwnedFd, pin::pin, process::Stdio, time::Duration};

use futures_util::future::{Either, select};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, test_kill_process};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Interest, unix::AsyncFd},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use crate::model::{
    check::Order,
    seen::{Exit, NoAnswer, Output},
};

/// Bytes kept of each stream; the rest is read and dropped, so that the program never blocks on it.
pub const OUTPUT_KEPT: usize = 64 * 1024;
/// How long streams stay open after the program ended: what it left behind may hold them.
const STRAGGLER_GRACE: Duration = Duration::from_millis(200);
/// How long a killed program may take to disappear; one stuck in the kernel does not.
const REAP_LIMIT: Duration = Duration::from_secs(2);
/// Bytes read at once.
const CHUNK: usize = 8 * 1024;
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

/// Whether a process of this number is there.
pub fn exists(pid: i64) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|it| match test_kill_process(it) {
        Ok(()) | Err(rustix::io::Errno::PERM) => true,
        Err(_) => false,
    })
}

/// Runs a program in a process group of its own and returns how it ended and what it wrote.
/// `stdin` is what it reads, None an empty input. At the limit, and when the program has ended but
/// something it started has not, the whole group is killed; what moved to another group or session
/// is not found that way. What `order` expects is not looked at.
///
/// # Errors
/// [`NoAnswer::NotStarted`], [`NoAnswer::Killed`] at the limit, [`NoAnswer::Hung`] when even that
/// did not end it, [`NoAnswer::Other`] when the kernel does not let us wait.
pub async fn run(
    order: &Order,
    stdin: Option<Vec<u8>>,
    limit: Duration,
) -> Result<Output, NoAnswer> {
    let mut child = start(order, stdin.is_some())?;
    // Dropped before the child is, so that an abandoned run leaves nothing behind either.
    let mut group = Group(child.id().and_then(|it| Pid::from_raw(it as i32)));
    let mut output = Output::default();
    let ended = timeout(limit, to_the_end(&mut child, stdin, &mut output)).await;
    if child.id().is_none() {
        group.0 = None;
    }
    group.kill();
    let status = timeout(REAP_LIMIT, child.wait()).await;
    match (ended, status) {
        (Ok(Ok(())), Ok(Ok(status))) => {
            output.exit = exit(status);
            Ok(output)
        }
        (Err(_), Ok(_)) => Err(NoAnswer::Killed(limit)),
        (Err(_), Err(_)) => Err(NoAnswer::Hung {
            limit,
            why: "SIGKILL does not end it".into(),
        }),
        (Ok(Err(why)), _) | (Ok(Ok(())), Ok(Err(why))) => Err(NoAnswer::Other(why.to_string())),
        (Ok(Ok(())), Err(_)) => Err(NoAnswer::Other("it ended but cannot be reaped".into())),
    }
}

/// A process group; its leader must not have been reaped, so that the number is nobody else's.
struct Group(Option<Pid>);

impl Group {
    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // None left to kill is the usual case.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(order: &Order, reads: bool) -> Result<Child, NoAnswer> {
    let Some((program, arguments)) = order.argv.split_first() else {
        return Err(NoAnswer::NotStarted("the command is empty".into()));
    };
    // The one place where the host starts a program for others.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new(program);
    command
        .args(arguments)
        .process_group(0)
        .kill_on_drop(true)
        .stdin(if reads { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in WITHHELD {
        command.env_remove(name);
    }
    command.envs(&order.environment);
    if let Some(workdir) = &order.workdir {
        command.current_dir(workdir);
    }
    command
        .spawn()
        .map_err(|why| NoAnswer::NotStarted(not_started(&why, program, order.workdir.as_deref())))
}

fn not_started(why: &io::Error, program: &str, workdir: Option<&str>) -> String {
    match workdir {
        Some(workdir) if !std::path::Path::new(workdir).is_dir() => {
            format!("there is no directory {workdir}")
        }
        Some(_) | None => format!("{program}: {why}"),
    }
}

/// Returns when the program has ended, unreaped, and its streams are read.
async fn to_the_end(
    child: &mut Child,
    stdin: Option<Vec<u8>>,
    output: &mut Output,
) -> io::Result<()> {
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let Output {
        stdout: out,
        stderr: err,
        cut,
        ..
    } = output;
    let (mut cut_out, mut cut_err) = (false, false);
    let result = {
        let streams = pin!(async {
            tokio::join!(
                feed(input, stdin),
                keep(stdout, out, &mut cut_out),
                keep(stderr, err, &mut cut_err)
            )
        });
        match select(streams, pin!(ended(child))).await {
            Either::Left((_, ending)) => ending.await,
            Either::Right((result, streams)) => {
                let _ = timeout(STRAGGLER_GRACE, streams).await;
                result
            }
        }
    };
    *cut = cut_out || cut_err;
    result
}

/// Waits until the process of this number, which need not be a child, is there no more.
///
/// # Errors
/// The kernel does not let us wait (before Linux 5.3); one that is gone already is no error.
pub async fn gone(pid: i64) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    match pidfd_open(pid, PidfdFlags::NONBLOCK) {
        Ok(pidfd) => readable(pidfd).await,
        Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

/// Waits without reaping where the kernel can (Linux 5.3); before that the number is free again
/// when this returns.
async fn ended(child: &mut Child) -> io::Result<()> {
    let pid = child.id().and_then(|it| Pid::from_raw(it as i32));
    let Some(pidfd) = pid.and_then(|it| pidfd_open(it, PidfdFlags::NONBLOCK).ok()) else {
        return child.wait().await.map(drop);
    };
    readable(pidfd).await
}

async fn readable(pidfd: OwnedFd) -> io::Result<()> {
    // SAFETY: an OwnedFd is open, names one file as long as it lives, and is moved in here.
    #[allow(unsafe_code)]
    let pidfd = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }?;
    pidfd.readable().await.map(drop)
}

/// A program that does not read its input to the end is its own business.
async fn feed(input: Option<ChildStdin>, bytes: Option<Vec<u8>>) {
    if let (Some(mut input), Some(bytes)) = (input, bytes) {
        let _ = input.write_all(&bytes).await;
        let _ = input.shutdown().await;
    }
}

async fn keep(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, cut: &mut bool) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; CHUNK];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        let room = read.min(OUTPUT_KEPT - kept.len());
        kept.extend_from_slice(&chunk[..room]);
        *cut |= room < read;
    }
}

fn exit(status: std::process::ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code.into()),
        (None, signal) => Exit::Signal(signal.unwrap_or_default()),
    }
}
