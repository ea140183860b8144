//! Names of volumes and of their snapshots: checked here, and nowhere else.

use std::fmt;
use std::str::FromStr;

use crate::model::stamp;

/// Bytes of a volume's name. A folder's name has 255, and a snapshot's and a leftover's marks stand behind it.
pub(super) const LONGEST: usize = 128;
/// In front of the date of a snapshot that was taken of what a restore put aside.
const BEFORE: &str = "before-";
/// Microseconds are as fine as names get.
const NANOS: u64 = 1000;
/// Bytes of `2026-11-21T23:02:00.123456`.
const DATE: usize = 26;

/// A volume's name: letters, digits, `_`, `.` and `-`, a letter, digit or `_` first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(into = "String")]
pub struct VolumeName(String);

/// `VOLUME@2026-11-21T23:02:00.123456Z`, or `VOLUME@before-…` for what a restore put aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct SnapshotName {
    pub volume: VolumeName,
    pub before: bool,
    /// When it was taken, microseconds since the epoch.
    pub micros: u64,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a volume's name cannot be empty")]
    Empty,
    #[error("a volume's name has at most {LONGEST} bytes")]
    Long,
    #[error("a volume's name begins with a letter, a digit or `_`")]
    Start,
    #[error("a volume's name has letters, digits, `_`, `.` and `-`")]
    Letter,
    #[error(
        "a snapshot is called VOLUME@2026-11-21T23:02:00.123456Z; `wharf volume snapshots` lists them"
    )]
    Date,
}

impl FromStr for VolumeName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<VolumeName, Fault> {
        let first = text.bytes().next().ok_or(Fault::Empty)?;
        if text.len() > LONGEST {
            return Err(Fault::Long);
        }
        if !first.is_ascii_alphanumeric() && first != b'_' {
            return Err(Fault::Start);
        }
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
        match text.bytes().all(fits) {
            true => Ok(VolumeName(text.to_owned())),
            false => Err(Fault::Letter),
        }
    }
}

impl VolumeName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SnapshotName {
    /// Returns the stamp in the name.
    pub fn date(&self) -> String {
        let nanos = self.micros.saturating_mul(NANOS);
        format!("{}Z", &stamp::format(nanos)[..DATE])
    }
}

impl FromStr for SnapshotName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<SnapshotName, Fault> {
        let (volume, date) = text.split_once('@').ok_or(Fault::Date)?;
        let volume = volume.parse()?;
        let stripped = date.strip_prefix(BEFORE);
        let plain = stripped.unwrap_or(date).strip_suffix('Z');
        let plain = plain.filter(|it| it.len() == DATE).ok_or(Fault::Date)?;
        let nanos = stamp::parse(format!("{plain}000Z").as_bytes()).ok_or(Fault::Date)?;
        let name = SnapshotName {
            volume,
            before: stripped.is_some(),
            micros: nanos / NANOS,
        };
        // 31 February reads as a day in March; what is not written as we write it is not ours.
        match name.to_string() == text {
            true => Ok(name),
            false => Err(Fault::Date),
        }
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = if self.before { BEFORE } else { "" };
        write!(f, "{}@{before}{}", self.volume, self.date())
    }
}

impl From<VolumeName> for String {
    fn from(name: VolumeName) -> String {
        name.0
    }
}

impl From<SnapshotName> for String {
    fn from(name: SnapshotName) -> String {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_a_path_or_an_option_are_refused() {
        for good in ["db", "a.b-c_d", "9", "_x", &"v".repeat(LONGEST)] {
            assert_eq!(good.parse::<VolumeName>().unwrap().as_str(), good);
        }
        let long = "v".repeat(LONGEST + 1);
        for (bad, fault) in [
            ("", Fault::Empty),
            (".", Fault::Start),
            ("..", Fault::Start),
            ("-rf", Fault::Start),
            (".hidden", Fault::Start),
            ("a/b", Fault::Letter),
            ("../../volumes/db", Fault::Start),
            ("db\n", Fault::Letter),
            ("a b", Fault::Letter),
            ("a@b", Fault::Letter),
            ("a\0", Fault::Letter),
            ("ü", Fault::Start),
            ("a²", Fault::Letter),
            ("$(reboot)", Fault::Start),
            (long.as_str(), Fault::Long),
        ] {
            assert_eq!(bad.parse::<VolumeName>(), Err(fault), "{bad:?}");
        }
    }

    #[test]
    fn a_snapshots_name_reads_back_as_it_was_written() {
        for text in [
            "db@2026-11-21T23:02:00.123456Z",
            "db@before-1970-01-01T00:00:00.000000Z",
            "a.b@2100-02-28T23:59:59.999999Z",
        ] {
            let name: SnapshotName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
        }
        for bad in [
            "db",
            "db@",
            "db@2026-11-21T23:02:00.123456",
            "db@2026-11-21T23:02:00Z",
            "db@2026-02-31T23:02:00.123456Z",
            "db@2026-11-21T23:02:00.123456Z/../../volumes/db",
            "db@2026-11-21T23:02:00.123456Z@node2",
            "db@2026-11-21T23:02:00.123456Z\n",
            "../db@2026-11-21T23:02:00.123456Z",
            "-p@2026-11-21T23:02:00.123456Z",
            "db@before-before-2026-11-21T23:02:00.123456Z",
        ] {
            assert!(bad.parse::<SnapshotName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn later_ones_sort_behind_earlier_ones() {
        let name = |micros| SnapshotName {
            volume: "db".parse().unwrap(),
            before: false,
            micros,
        };
        let mut last = name(0).to_string();
        for step in 1..2000_u64 {
            let next = name(step * 1_000_003_000_007).to_string();
            assert!(last < next);
            last = next;
        }
    }
}
