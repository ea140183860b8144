//! systemd, asked through its own commands: what they print is the stable interface.

use std::{collections::BTreeMap, io, path::Path, process::Output};

/// A unit's properties as `systemctl show` prints them.
pub type Properties = BTreeMap<String, String>;

/// Returns the version of the systemd installed: 252, 255, …
///
/// # Errors
/// systemctl is missing, or prints something else.
pub fn version() -> io::Result<u32> {
    let text = answer(&["systemctl", "--version"])?;
    text.split_whitespace()
        .nth(1)
        .and_then(|it| it.split(['.', '~', '-']).next()?.parse().ok())
        .ok_or_else(|| io::Error::other(format!("systemctl --version printed `{text}`")))
}

/// Whether systemd is this host's process 1.
pub fn is_running() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Runs a command and waits for it.
///
/// # Errors
/// It cannot be started, or ends with another code than 0: its words are in the error.
pub fn run(argv: &[String]) -> io::Result<()> {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    answer(&words).map(drop)
}

/// Returns the properties named, for every loaded unit that matches the pattern.
///
/// # Errors
/// systemctl cannot be started or refuses.
pub fn show(pattern: &str, properties: &[&str]) -> io::Result<Vec<Properties>> {
    let properties = format!("--property={}", properties.join(","));
    let text = answer(&["systemctl", "show", "--all", &properties, pattern])?;
    Ok(text
        .split("\n\n")
        .map(parsed)
        .filter(|it| !it.is_empty())
        .collect())
}

/// Returns what `systemd-analyze verify` complains about in the unit files, one line each.
///
/// # Errors
/// systemd-analyze cannot be started.
pub fn complaints(files: &[&str]) -> io::Result<Vec<String>> {
    let mut argv = vec!["systemd-analyze", "verify", "--man=no"];
    argv.extend(files);
    let output = ask(&argv)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(text.lines().map(str::to_owned).collect())
}

/// Returns the text of a configuration file with all of its drop-ins, as systemd reads them.
///
/// # Errors
/// systemd-analyze cannot be started or finds nothing.
pub fn configuration(name: &str) -> io::Result<String> {
    answer(&["systemd-analyze", "cat-config", name])
}

/// Whether this user may read the system's journal.
pub fn journal_is_readable() -> bool {
    ask(&[
        "journalctl",
        "--system",
        "--lines=1",
        "--quiet",
        "--no-pager",
    ])
    .is_ok_and(|it| it.status.success() && !it.stdout.is_empty())
}

fn parsed(block: &str) -> Properties {
    let pairs = block.lines().filter_map(|it| it.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn answer(argv: &[&str]) -> io::Result<String> {
    let output = ask(argv)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!(
        "{}: {}: {}",
        argv.join(" "),
        output.status,
        words.trim()
    )))
}

#[allow(clippy::disallowed_methods, reason = "the hand that asks systemd")]
fn ask(argv: &[&str]) -> io::Result<Output> {
    let (program, words) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    std::process::Command::new(program)
        .args(words)
        .env("SYSTEMD_COLORS", "0")
        .env("LC_ALL", "C.UTF-8")
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|why| io::Error::new(why.kind(), format!("{program}: {why}")))
}
