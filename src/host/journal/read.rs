//! Reading the journal by journalctl, bounded in time.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use super::Error;

/// The longest one question may take.
const LIMIT: Duration = Duration::from_secs(10);

/// One record: its fields as bytes, the last of a repeated one.
pub type Record = BTreeMap<String, Vec<u8>>;

/// Returns the last `count` records with all these fields, the oldest first; fields of the same
/// name are alternatives. `$WHARF_JOURNAL_DIR` names another journal's directory.
///
/// # Errors
/// [`Error::Unreadable`] when journalctl is missing, has no permission, or takes longer than 10 s.
pub async fn tail(matches: &[(&str, &str)], count: usize) -> Result<Vec<Record>, Error> {
    // clippy.toml keeps programs inside host/: this is host/.
    #[allow(clippy::disallowed_methods)]
    let mut command = Command::new("journalctl");
    command
        .args(["--no-pager", "--quiet", "--all", "--output=export"])
        .arg(format!("--lines={count}"))
        .args(matches.iter().map(|(key, value)| format!("{key}={value}")))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command.args(elsewhere());
    let unreadable = |why: &dyn std::fmt::Display| Error::Unreadable(why.to_string());
    let done = timeout(LIMIT, command.output())
        .await
        .map_err(|_| unreadable(&"journalctl took longer than 10 s"))?
        .map_err(|why| unreadable(&why))?;
    // It also warns on stderr, and succeeds, when it may see only a part of the journal.
    let said = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() || said.contains("insufficient permissions") {
        return Err(unreadable(&said.trim()));
    }
    Ok(records(&done.stdout))
}

/// Where another journal is to be read: `$WHARF_JOURNAL_DIR`.
pub(super) fn elsewhere() -> Vec<std::ffi::OsString> {
    match std::env::var_os("WHARF_JOURNAL_DIR") {
        Some(directory) => vec!["--directory".into(), directory],
        None => Vec::new(),
    }
}

/// Takes journalctl's export format apart: `KEY=value` lines, or a key alone, the length as eight
/// bytes and the value; an empty line ends a record.
fn records(export: &[u8]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut record = Record::new();
    let mut rest = export;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        if line.is_empty() {
            found.extend((!record.is_empty()).then(|| std::mem::take(&mut record)));
            continue;
        }
        let (key, value) = match memchr::memchr(b'=', line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => match counted(rest) {
                Some((value, behind)) => {
                    rest = behind;
                    (line, value)
                }
                None => break,
            },
        };
        record.insert(String::from_utf8_lossy(key).into_owned(), value.to_vec());
    }
    found.extend((!record.is_empty()).then_some(record));
    found
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<8>()?;
    let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
    let value = rest.get(..size)?;
    Some((value, rest.get(size + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn the_export_format_is_taken_apart() {
        let mut export = b"__CURSOR=s=1;i=2\nMESSAGE=one\n\nMESSAGE\n".to_vec();
        export.extend(5u64.to_le_bytes());
        export.extend(b"a\n\n=b\nPRIORITY=6\n\n");
        let found = records(&export);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["__CURSOR"], b"s=1;i=2");
        assert_eq!(found[1]["MESSAGE"], b"a\n\n=b");
        assert_eq!(found[1]["PRIORITY"], b"6");
        assert!(records(b"").is_empty());
        assert!(records(b"MESSAGE\n\xff\0\0").is_empty());
    }
}
