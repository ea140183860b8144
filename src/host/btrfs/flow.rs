//! A subvolume as a stream of bytes: out of `btrfs send`, and into `btrfs receive`, packed by zstd on the way.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::commands::{last_words, missing};

/// Bytes handed on at once.
const CHUNK: usize = 256 * 1024;
/// Bytes kept of what the programs say.
const WORDS: usize = 16 * 1024;
/// Programs that were killed have this long to disappear; one stuck in the kernel does not.
const REAP: Duration = Duration::from_secs(5);
/// zstd's quickest level but one: the network, not the processor, is what is short.
const LEVEL: &str = "-1";

/// A program, and what it says while it runs.
type Running = (Child, JoinHandle<Vec<u8>>);

/// What `btrfs send` writes. Its end is an end only when the programs ended well; else reading fails.
pub struct Outflow {
    from: ChildStdout,
    /// Until the stream has ended: the programs, to be asked how they did.
    running: Option<Vec<Running>>,
    ending: Option<Pin<Box<dyn Future<Output = io::Result<()>>>>>,
    pace: Pace,
}

/// No more than so many bytes a second.
struct Pace {
    rate: Option<u64>,
    begun: Instant,
    gone: u64,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Starts sending a read-only snapshot, only the difference to `parent` where there is one; `rate` is in bytes
/// a second.
///
/// # Errors
/// A program cannot be started.
pub fn send(
    snapshot: &Path,
    parent: Option<&Path>,
    packed: bool,
    rate: Option<u64>,
) -> io::Result<Outflow> {
    let mut words = vec!["send".as_ref(), "-q".as_ref()];
    if let Some(parent) = parent {
        words.extend(["-p".as_ref(), parent.as_os_str()]);
    }
    words.extend(["--".as_ref(), snapshot.as_os_str()]);
    let mut sender = start("btrfs", &words, Stdio::null(), Stdio::piped())?;
    let mut from = sender.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut running = vec![sender];
    if packed {
        let words = ["-q", "-c", LEVEL].map(str::as_ref);
        let mut packer = start("zstd", &words, from.try_into()?, Stdio::piped())?;
        from = packer.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        running.push(packer);
    }
    Ok(Outflow {
        from,
        running: Some(running),
        ending: None,
        pace: Pace {
            rate,
            begun: Instant::now(),
            gone: 0,
            pause: None,
        },
    })
}

impl AsyncRead for Outflow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.pace.poll(cx));
        if let Some(ending) = &mut self.ending {
            return ending.as_mut().poll(cx);
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.from).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        self.pace.gone += read as u64;
        if read > 0 {
            return Poll::Ready(Ok(()));
        }
        let running = self.running.take().unwrap_or_default();
        let ending = self.ending.insert(Box::pin(all_well(running)));
        ending.as_mut().poll(cx)
    }
}

impl Pace {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(rate) = self.rate else {
            return Poll::Ready(());
        };
        let due = Duration::from_secs_f64(self.gone as f64 / rate.max(1) as f64);
        let early = due.saturating_sub(self.begun.elapsed());
        if self.pause.is_none() && !early.is_zero() {
            self.pause = Some(Box::pin(sleep(early)));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

/// Hands all of a stream on. When nobody takes a piece for `patience`, that is an error.
///
/// # Errors
/// The stream broke, or nobody takes it.
pub async fn hand_on(
    mut from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    patience: Duration,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        match timeout(patience, to.write_all(&chunk[..read])).await {
            Ok(written) => written?,
            Err(_) => return Err(stalled("nobody took anything", patience)),
        }
    }
    to.flush().await
}

async fn all_well(running: Vec<Running>) -> io::Result<()> {
    let mut wrong = None;
    for (mut child, words) in running {
        let status = child.wait().await?;
        let words = words.await.unwrap_or_default();
        // The first program's failure is the cause, the other one's the consequence.
        if !status.success() && wrong.is_none() {
            wrong = Some(said(status, &words));
        }
    }
    wrong.map_or(Ok(()), |why| Err(io::Error::other(why)))
}

/// `btrfs receive`, waiting for bytes. Dropped, its programs are killed.
pub struct Inflow {
    input: ChildStdin,
    running: Vec<Running>,
}

/// Starts receiving into a folder. A stream that is cut short is no end: `-e` has it say so itself.
///
/// # Errors
/// A program cannot be started.
pub fn receive(folder: &Path, packed: bool) -> io::Result<Inflow> {
    let words = [
        "receive".as_ref(),
        "-q".as_ref(),
        "-e".as_ref(),
        "--".as_ref(),
        folder.as_os_str(),
    ];
    if !packed {
        let mut receiver = start("btrfs", &words, Stdio::piped(), Stdio::null())?;
        let input = receiver.0.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let running = vec![receiver];
        return Ok(Inflow { input, running });
    }
    let mut unpacker = start(
        "zstd",
        &["-q".as_ref(), "-d".as_ref(), "-c".as_ref()],
        Stdio::piped(),
        Stdio::piped(),
    )?;
    let plain = unpacker.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let receiver = start("btrfs", &words, plain.try_into()?, Stdio::null())?;
    let input = unpacker.0.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    // The receiver first: its reason is the one to tell.
    let running = vec![receiver, unpacker];
    Ok(Inflow { input, running })
}

impl Inflow {
    /// Hands on everything and waits for the end. When nothing moves for `patience`, on either side, the
    /// programs are killed.
    ///
    /// # Errors
    /// A program failed, the source broke, or nothing moved.
    pub async fn take(
        mut self,
        mut source: impl AsyncRead + Unpin,
        patience: Duration,
    ) -> io::Result<u64> {
        let mut chunk = vec![0; CHUNK];
        let mut total = 0;
        let broken = loop {
            let read = match timeout(patience, source.read(&mut chunk)).await {
                Ok(Ok(0)) => break None,
                Ok(Ok(read)) => read,
                Ok(Err(why)) => break Some(why),
                Err(_) => break Some(stalled("nothing came", patience)),
            };
            match timeout(patience, self.input.write_all(&chunk[..read])).await {
                Ok(Ok(())) => total += read as u64,
                // It reads no further; why, it says itself.
                Ok(Err(_)) => break None,
                Err(_) => break Some(stalled("btrfs receive took nothing", patience)),
            }
        };
        if let Some(why) = broken {
            kill(self.running).await;
            return Err(why);
        }
        drop(self.input);
        match timeout(patience, all_well(self.running)).await {
            Ok(ended) => ended.map(|()| total),
            Err(_) => Err(stalled("btrfs receive did not end", patience)),
        }
    }
}

fn stalled(what: &str, patience: Duration) -> io::Error {
    let why = format!("{what} for {} s", patience.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, why)
}

/// Kills them and waits until they are gone, so that what they left can be removed.
async fn kill(running: Vec<Running>) {
    for (mut child, _) in running {
        let _ = timeout(REAP, child.kill()).await;
    }
}

fn start(
    program: &str,
    words: &[&std::ffi::OsStr],
    input: Stdio,
    output: Stdio,
) -> io::Result<Running> {
    #[allow(clippy::disallowed_methods)] // the hand that calls btrfs
    let mut command = Command::new(program);
    command
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|why| missing(program, &why))?;
    let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
    // Read at once, so that no program ever blocks on what nobody reads.
    Ok((child, tokio::spawn(kept(stderr))))
}

/// Reads all of it and keeps the end.
async fn kept(mut stderr: tokio::process::ChildStderr) -> Vec<u8> {
    let (mut end, mut chunk) = (Vec::new(), vec![0; 4096]);
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        end.extend_from_slice(&chunk[..read]);
        let over = end.len().saturating_sub(WORDS);
        end.drain(..over);
    }
    end
}

fn said(status: ExitStatus, words: &[u8]) -> String {
    match words.is_empty() {
        true => format!("{status}"),
        false => last_words(words),
    }
}
