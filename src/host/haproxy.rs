//! HAProxy: whether it takes a configuration, and the sockets of one that runs.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

const PROGRAM: &str = "haproxy";
/// How long it may take over a configuration: names in it are looked up.
const CHECK_LIMIT: Duration = Duration::from_secs(60);
/// How long a socket may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of an answer: `show map` of every service there could be.
const LONGEST_ANSWER: u64 = 4 << 20;

/// Returns nothing where it takes the file, else its own words on why not.
///
/// # Errors
/// It is not installed, or takes more than a minute.
pub async fn check(path: &Path) -> io::Result<Result<(), String>> {
    // The hand that asks the proxy.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new(PROGRAM);
    command.arg("-c").arg("-f").arg(path);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(CHECK_LIMIT, command.output()).await {
        Ok(output) => {
            output.map_err(|why| io::Error::new(why.kind(), format!("{PROGRAM}: {why}")))?
        }
        Err(_) => {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "haproxy -c does not end",
            ));
        }
    };
    match output.status.success() {
        true => Ok(Ok(())),
        false => Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// Returns what the proxy that listens there answers to one line; of its master or of its worker, as the
/// socket is.
///
/// # Errors
/// Nobody listens there, or gives no whole answer within ten seconds.
pub async fn ask(socket: &Path, line: &str) -> io::Result<String> {
    let asked = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        // Only then does it close its side after the answer.
        stream.shutdown().await?;
        let mut answer = String::new();
        stream
            .take(LONGEST_ANSWER)
            .read_to_string(&mut answer)
            .await?;
        Ok(answer)
    };
    match timeout(ANSWER_LIMIT, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the proxy does not answer",
        )),
    }
}
