//! A program of this host on this process's own terminal.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;

/// Runs a program with our stdin, stdout and stderr. Returns its exit code, 128 and the signal where it
/// was killed.
///
/// # Errors
/// It cannot be started; the message names it.
pub async fn run(argv: &[String]) -> io::Result<u8> {
    let (program, words) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    #[allow(clippy::disallowed_methods)] // host/ is where programs are started
    let mut command = tokio::process::Command::new(program);
    let status = command
        .args(words)
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|why| io::Error::new(why.kind(), format!("{program}: {why}")))?;
    let signal = status.signal().map(|it| it + 128);
    let code = status.code().or(signal).unwrap_or(i32::from(u8::MAX));
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Becomes this program, in this folder; returns only why it cannot.
pub fn become_in(folder: &Path, argv: &[String]) -> io::Error {
    let Some((program, words)) = argv.split_first() else {
        return io::ErrorKind::InvalidInput.into();
    };
    #[allow(clippy::disallowed_methods)] // host/ is where programs are started
    let mut command = std::process::Command::new(program);
    let why = command.args(words).current_dir(folder).exec();
    io::Error::new(why.kind(), format!("{program}: {why}"))
}
