//! rsync: files copied from another host, over the ssh it is told to use.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Longest copy; rsync itself ends when nothing moves.
const LIMIT: Duration = Duration::from_secs(24 * 3600);
/// Letters of its last words that are told.
const TOLD: usize = 300;
/// Files of all users, read and written as root on both sides.
const AS_ROOT: &str =
    r#"sh -c '[ "$(id -u)" = 0 ] && exec rsync "$@"; exec sudo -n rsync "$@"' rsync"#;

/// Copies what is in a folder of another host into one here: new and changed files; nothing is deleted. `shell`
/// is ssh with its options. `rate` is in bytes a second.
///
/// # Errors
/// rsync is missing on either side, the host is not reached, or nothing moves for `patience`.
pub async fn pull(
    shell: &[String],
    destination: &str,
    from: &str,
    to: &Path,
    rate: Option<u64>,
    patience: Duration,
) -> io::Result<()> {
    let shell: Vec<String> = shell.iter().map(|it| quoted(it)).collect();
    #[allow(clippy::disallowed_methods)] // the hand that calls rsync
    let mut command = Command::new("rsync");
    command
        .args(["-aHAXz", "--numeric-ids", "--partial", "--protect-args"])
        .arg(format!("--timeout={}", patience.as_secs()))
        .arg(format!("--rsync-path={AS_ROOT}"))
        .arg("-e")
        .arg(shell.join(" "))
        .args(rate.map(|it| format!("--bwlimit={}", it.div_ceil(1024))))
        .arg("--")
        .arg(format!("{destination}:{from}/"))
        .arg(to)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command.stderr(Stdio::piped());
    let child = command.spawn().map_err(|why| missing(&why))?;
    let ended = timeout(LIMIT, child.wait_with_output()).await;
    let output = ended.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find(|it| !it.trim().is_empty());
    let told = first.unwrap_or("it failed without a word");
    Err(io::Error::other(
        told.chars().take(TOLD).collect::<String>(),
    ))
}

/// rsync takes its shell apart at blanks, and knows quotes.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}

fn missing(why: &io::Error) -> io::Error {
    let text = match why.kind() == io::ErrorKind::NotFound {
        true => "rsync is not installed; the package is called rsync".to_owned(),
        false => format!("rsync: {why}"),
    };
    io::Error::new(why.kind(), text)
}
