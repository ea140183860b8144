//! The connections kept open between commands.

use std::{io, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use super::Ssh;

/// Nothing but a socket on this host is asked.
const LIMIT: Duration = Duration::from_secs(5);

impl Ssh {
    /// Whether a connection to this host is kept open.
    ///
    /// # Errors
    /// ssh cannot be started, or does not end.
    pub async fn is_connected(&self, destination: &str) -> io::Result<bool> {
        self.control("check", destination).await
    }

    /// Closes the connection kept open to this host and returns whether there was one. Commands under way
    /// over it are cut off.
    ///
    /// # Errors
    /// ssh cannot be started, or does not end.
    pub async fn disconnect(&self, destination: &str) -> io::Result<bool> {
        self.control("exit", destination).await
    }

    async fn control(&self, what: &str, destination: &str) -> io::Result<bool> {
        #[allow(clippy::disallowed_methods)]
        let mut command = Command::new("ssh");
        command
            .args(&self.options)
            .args(["-O", what, "--", destination])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let ended = timeout(LIMIT, command.status()).await;
        Ok(ended.map_err(|_| io::ErrorKind::TimedOut)??.success())
    }
}
