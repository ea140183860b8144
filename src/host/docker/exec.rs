//! A command inside a running container, ended with its limit.

use std::{fs, time::Duration};

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};
use tokio::{io::AsyncWriteExt, time::timeout};

use super::{CALL_LIMIT, Docker, Error};
use crate::model::{
    check::Order,
    seen::{Exit, NoAnswer, Output},
};

/// Bytes kept of each stream; the rest is read and dropped, so that the command never blocks on it.
const OUTPUT_KEPT: usize = 64 * 1024;
/// How long the daemon may take to notice that a command whose streams are closed has ended.
const END_LIMIT: Duration = Duration::from_secs(2);
/// Between two looks at whether it has.
const END_PAUSE: Duration = Duration::from_millis(10);

/// A command that outlived its limit, to be asked after with [`Docker::exec_runs`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover(String);

impl Docker {
    /// Runs a command in a running container and returns how it ended and what it wrote; the second
    /// value names it where it outlived its limit. What `order` expects is not looked at.
    ///
    /// Docker cannot end such a command, so at the limit its process group is killed from the host,
    /// which needs the host's process numbers and the right to signal them; where that fails it is
    /// left and [`NoAnswer::Hung`] says why.
    pub async fn exec(
        &self,
        container: &str,
        order: &Order,
        stdin: Option<Vec<u8>>,
        limit: Duration,
    ) -> (Result<Output, NoAnswer>, Option<Leftover>) {
        let created = timeout(limit, self.prepare(container, order, stdin.is_some())).await;
        let exec = match created {
            Ok(Ok(exec)) => exec,
            Ok(Err(why)) => return (Err(no_answer(&why)), None),
            Err(_) => return (Err(NoAnswer::Late(limit)), None),
        };
        let mut output = Output::default();
        match timeout(limit, self.attached(&exec, stdin, &mut output)).await {
            Ok(Ok(code)) => {
                output.exit = Exit::Code(code);
                (Ok(output), None)
            }
            Ok(Err(why)) => (Err(no_answer(&why)), None),
            Err(_) => self.end(exec, output, limit).await,
        }
    }

    /// Whether a command that outlived its limit still runs; one docker has forgotten does not.
    ///
    /// # Errors
    /// [`Error::Away`] when the daemon does not answer.
    pub async fn exec_runs(&self, leftover: &Leftover) -> Result<bool, Error> {
        match self.limited(self.api.inspect_exec(&leftover.0)).await {
            Ok(seen) => Ok(seen.running.unwrap_or_default()),
            Err(Error::NotFound(_)) => Ok(false),
            Err(why) => Err(why),
        }
    }

    async fn prepare(&self, container: &str, order: &Order, reads: bool) -> Result<String, Error> {
        let pairs = order.environment.iter();
        let options = CreateExecOptions {
            attach_stdin: Some(reads),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            env: Some(pairs.map(|(key, value)| format!("{key}={value}")).collect()),
            cmd: Some(order.argv.clone()),
            working_dir: order.workdir.clone(),
            ..CreateExecOptions::default()
        };
        let made = self
            .limited(self.api.create_exec(container, options))
            .await?;
        Ok(made.id)
    }

    /// Follows a command to its end and returns its exit code.
    async fn attached(
        &self,
        exec: &str,
        stdin: Option<Vec<u8>>,
        kept: &mut Output,
    ) -> Result<i64, Error> {
        let start = self.api.start_exec(exec, None::<StartExecOptions>);
        let started = start.await.map_err(|why| self.error(why))?;
        if let StartExecResults::Attached {
            mut output,
            mut input,
        } = started
        {
            let feed = async {
                if let Some(bytes) = stdin {
                    // A command that does not read its input to the end is its own business.
                    let _ = input.write_all(&bytes).await;
                    let _ = input.shutdown().await;
                }
            };
            let read = async {
                while let Some(piece) = output.next().await {
                    keep(kept, piece.map_err(|why| self.error(why))?);
                }
                Ok::<(), Error>(())
            };
            tokio::join!(feed, read).1?;
        }
        self.code(exec).await
    }

    /// The exit code follows the end of the streams, sometimes by a moment.
    async fn code(&self, exec: &str) -> Result<i64, Error> {
        let told = async {
            loop {
                let seen = self.limited(self.api.inspect_exec(exec)).await?;
                if let (Some(false), Some(code)) = (seen.running, seen.exit_code) {
                    return Ok(code);
                }
                tokio::time::sleep(END_PAUSE).await;
            }
        };
        let late = |_| Error::Other("docker does not say how the command ended".into());
        timeout(END_LIMIT, told).await.map_err(late)?
    }

    /// Kills what is over its limit.
    async fn end(
        &self,
        exec: String,
        mut output: Output,
        limit: Duration,
    ) -> (Result<Output, NoAnswer>, Option<Leftover>) {
        let hung =
            |why: String, exec: String| (Err(NoAnswer::Hung { limit, why }), Some(Leftover(exec)));
        let seen = match self.within(CALL_LIMIT, self.api.inspect_exec(&exec)).await {
            Ok(seen) => seen,
            Err(why) => return hung(why.to_string(), exec),
        };
        if let (Some(false), Some(code)) = (seen.running, seen.exit_code) {
            // It has ended; what it left behind holds its streams open.
            output.exit = Exit::Code(code);
            return (Ok(output), None);
        }
        let container = seen.container_id.unwrap_or_default();
        match kill(seen.pid.unwrap_or_default(), &container) {
            Ok(()) => (Err(NoAnswer::Killed(limit)), None),
            Err(why) => hung(why, exec),
        }
    }
}

/// Kills a process of this container together with its group.
fn kill(number: i64, container: &str) -> Result<(), String> {
    let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
    let Some(pid) = pid.filter(|_| number > 1) else {
        return Err("docker does not tell its process".into());
    };
    // The number may be another process's by now, or one of another machine's where dockerd is not here.
    let cgroup = fs::read_to_string(format!("/proc/{number}/cgroup")).unwrap_or_default();
    if container.is_empty() || !cgroup.contains(container) {
        return Err(format!("process {number} is not visible from here"));
    }
    // runc gives each command a session of its own, so its group is not the container's.
    let killed = match getpgid(Some(pid)) {
        Ok(group) if group == pid => kill_process_group(pid, Signal::KILL),
        Ok(_) | Err(_) => kill_process(pid, Signal::KILL),
    };
    killed.map_err(|why| format!("process {number} cannot be killed: {why}"))
}

fn keep(output: &mut Output, piece: LogOutput) {
    let (kept, bytes) = match piece {
        LogOutput::StdErr { message } => (&mut output.stderr, message),
        LogOutput::StdOut { message } | LogOutput::Console { message } => {
            (&mut output.stdout, message)
        }
        LogOutput::StdIn { .. } => return,
    };
    let room = bytes.len().min(OUTPUT_KEPT - kept.len());
    kept.extend_from_slice(&bytes[..room]);
    output.cut |= room < bytes.len();
}

fn no_answer(why: &Error) -> NoAnswer {
    match why {
        Error::Away { .. } => NoAnswer::DockerAway(why.to_string()),
        Error::NotFound(_) | Error::Conflict(_) | Error::Refused(_) | Error::Other(_) => {
            NoAnswer::NotStarted(why.to_string())
        }
    }
}
