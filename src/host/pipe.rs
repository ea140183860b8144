//! A program whose output is read line by line while it runs.

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// A running program; it is killed when this is dropped.
pub struct Pipe {
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Pipe {
    /// Starts `argv` with its errors on ours.
    ///
    /// # Errors
    /// It cannot be started; the message names it.
    pub fn open(argv: &[String]) -> io::Result<Pipe> {
        let (program, words) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        #[allow(clippy::disallowed_methods)] // host/ is where programs are started
        let mut command = tokio::process::Command::new(program);
        let command = command
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|why| io::Error::new(why.kind(), format!("{program}: {why}")))?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Pipe {
            lines: BufReader::new(stdout).lines(),
            child,
        })
    }

    /// Returns the next line, or None at the end.
    ///
    /// # Errors
    /// As the system says; `InvalidData` for a line that is not UTF-8.
    pub async fn line(&mut self) -> io::Result<Option<String>> {
        self.lines.next_line().await
    }

    /// Waits for its end and returns whether it succeeded.
    ///
    /// # Errors
    /// As the system says.
    pub async fn status(&mut self) -> io::Result<bool> {
        Ok(self.child.wait().await?.success())
    }
}
