//! A person at another host: ssh on this process's own terminal.

use std::io;

use tokio::process::Command;

use super::Ssh;

impl Ssh {
    /// Runs a line, or the user's shell there where there is none, with our stdin, stdout and stderr;
    /// `tty`: on a terminal of its own there. ssh may ask for passwords. Returns its exit code, 255 where
    /// ssh itself failed, 128 and the signal where it was killed.
    ///
    /// # Errors
    /// ssh cannot be started.
    pub async fn terminal(
        &self,
        destination: &str,
        line: Option<&str>,
        tty: bool,
    ) -> io::Result<u8> {
        // The one place where a person is put through.
        #[allow(clippy::disallowed_methods)]
        let mut command = Command::new("ssh");
        command
            .args(&self.options)
            .args([if tty { "-t" } else { "-T" }, "--", destination])
            .args(line)
            .kill_on_drop(true);
        let status = command
            .status()
            .await
            .map_err(|why| io::Error::new(why.kind(), format!("ssh: {why}")))?;
        Ok(code(status))
    }
}

fn code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(|it| it + 128);
    let code = status.code().or(signal).unwrap_or(i32::from(u8::MAX));
    u8::try_from(code).unwrap_or(u8::MAX)
}
