//! The journal as it grows: one record after the other, from a cursor on.

use std::{io, process::Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::read::{Record, elsewhere};

/// A running journalctl; it ends when this is dropped.
pub struct Follower {
    lines: Lines<BufReader<ChildStdout>>,
    /// The record that was the last one before.
    before: String,
    _child: Child,
}

/// Follows the records with one of these fields from behind `cursor` on; an empty one is before the first.
///
/// # Errors
/// journalctl cannot be started.
pub fn follow(matches: &[(&str, &str)], cursor: &str) -> io::Result<Follower> {
    // clippy.toml keeps programs inside host/: this is host/.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new("journalctl");
    command
        .args(["--no-pager", "--quiet", "--all", "--output=json"])
        // Without the second one --follow shows only the last ten.
        .args(["--follow", "--no-tail"])
        .args(elsewhere())
        // Not --after-cursor: that one skips the first record found, also when the cursor's own is none of
        // those asked for (seen with systemd 252).
        .args((!cursor.is_empty()).then(|| format!("--cursor={cursor}")))
        .args(matches.iter().map(|(key, value)| format!("{key}={value}")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let named = |why: io::Error| io::Error::new(why.kind(), format!("journalctl: {why}"));
    let mut child = command.spawn().map_err(named)?;
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Follower {
        lines: BufReader::new(stdout).lines(),
        before: cursor.to_owned(),
        _child: child,
    })
}

impl Follower {
    /// Waits for the next record; None when journalctl has ended. May be given up and asked again.
    ///
    /// # Errors
    /// As the system says.
    pub async fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            match self.lines.next_line().await? {
                None => return Ok(None),
                Some(line) => {
                    let fresh = |it: &Record| {
                        it.get("__CURSOR")
                            .is_none_or(|it| *it != self.before.as_bytes())
                    };
                    if let Some(record) = record(&line).filter(fresh) {
                        return Ok(Some(record));
                    }
                }
            }
        }
    }
}

/// Fields are text, a list of bytes where they are no text, or a list of those when there are several.
fn record(line: &str) -> Option<Record> {
    let object: Value = serde_json::from_str(line).ok()?;
    let fields = object.as_object()?.iter();
    Some(
        fields
            .map(|(key, value)| (key.clone(), bytes(value)))
            .collect(),
    )
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(items) if items.iter().all(Value::is_number) => items
            .iter()
            .filter_map(|it| u8::try_from(it.as_u64()?).ok())
            .collect(),
        Value::Array(items) => items.last().map(bytes).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn a_field_is_text_bytes_or_the_last_of_several() {
        let line = r#"{"MESSAGE":"one","RAW":[104,27,105],"UNIT":["a","b"],"GONE":null}"#;
        let found = record(line).unwrap();
        assert_eq!(found["MESSAGE"], b"one");
        assert_eq!(found["RAW"], b"h\x1bi");
        assert_eq!(found["UNIT"], b"b");
        assert_eq!(found["GONE"], b"");
        assert_eq!(record("no json"), None);
    }
}
