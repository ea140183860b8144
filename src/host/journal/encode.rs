//! Records in the journal's native form: `KEY=value` lines, an empty line between two records.

use crate::model::log::{Origin, Priority, Stream};

/// The longest field name journald takes, in bytes.
const LONGEST_NAME: usize = 64;

/// Bytes of a container's identity shown as CONTAINER_ID.
const SHORT_ID: usize = 12;

/// Facility `daemon`.
const FACILITY: &str = "3";

/// The fields every record of one stream (or of none) of a service carries, encoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    bytes: Vec<u8>,
}

impl Prefix {
    /// Returns the fields of lines from this stream, or of wharf's own events.
    pub fn new(origin: &Origin, stream: Option<Stream>) -> Prefix {
        let short = origin.container_id.get(..SHORT_ID).unwrap_or_default();
        let fields = [
            ("SYSLOG_IDENTIFIER", origin.service.as_str()),
            ("SYSLOG_FACILITY", FACILITY),
            ("WHARF_SERVICE", &origin.service),
            ("WHARF_REVISION", &origin.revision),
            ("CONTAINER_NAME", &origin.container_name),
            ("CONTAINER_ID", short),
            ("CONTAINER_ID_FULL", &origin.container_id),
            ("IMAGE_NAME", &origin.image),
            ("STREAM", stream.map_or("", Stream::name)),
        ];
        let mut bytes = Vec::new();
        for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            put(&mut bytes, key, value.as_bytes());
        }
        Prefix { bytes }
    }
}

/// Records on their way, one behind the other.
#[derive(Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
    count: usize,
}

impl Records {
    /// Begins a record.
    pub fn begin(&mut self, prefix: &Prefix, priority: Priority) {
        if self.count > 0 {
            self.bytes.push(b'\n');
        }
        self.count += 1;
        self.bytes.extend_from_slice(&prefix.bytes);
        self.bytes.extend_from_slice(b"PRIORITY=");
        self.bytes.push(b'0' + priority.0.min(7));
        self.bytes.push(b'\n');
    }

    /// Adds a field to the record begun last.
    pub fn field(&mut self, key: &str, value: &[u8]) {
        put(&mut self.bytes, key, value);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Forgets the records; memory beyond `keep` bytes is given back.
    pub fn clear(&mut self, keep: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(keep);
        self.count = 0;
    }
}

/// Returns a name journald takes: `[A-Z0-9_]`, at most 64 bytes, opened by a letter.
pub fn field_name(key: &str) -> String {
    let upper = key.chars().map(|it| match it {
        'a'..='z' => it.to_ascii_uppercase(),
        'A'..='Z' | '0'..='9' => it,
        _ => '_',
    });
    let name: String = upper.take(LONGEST_NAME).collect();
    let bare = name.trim_start_matches(|it: char| !it.is_ascii_alphabetic());
    if bare.is_empty() {
        return "FIELD".to_owned();
    }
    bare.to_owned()
}

fn put(bytes: &mut Vec<u8>, key: &str, value: &[u8]) {
    bytes.extend_from_slice(key.as_bytes());
    if memchr::memchr(b'\n', value).is_none() {
        bytes.push(b'=');
    } else {
        // A value with a newline in it is told by its length.
        bytes.push(b'\n');
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
    }
    bytes.extend_from_slice(value);
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::{Prefix, Records, field_name};
    use crate::model::log::{Origin, Priority, Stream};

    #[test]
    fn records_are_parted_by_an_empty_line() {
        let origin = Origin {
            service: "web".into(),
            container_id: "0123456789abcdef".into(),
            ..Origin::default()
        };
        let mut records = Records::default();
        for text in ["one", "two\nlines"] {
            records.begin(
                &Prefix::new(&origin, Some(Stream::Stderr)),
                Priority::WARNING,
            );
            records.field("MESSAGE", text.as_bytes());
        }
        let head = "SYSLOG_IDENTIFIER=web\nSYSLOG_FACILITY=3\nWHARF_SERVICE=web\nCONTAINER_ID=0123456789ab\n\
                    CONTAINER_ID_FULL=0123456789abcdef\nSTREAM=stderr\nPRIORITY=4\n";
        let expected =
            format!("{head}MESSAGE=one\n\n{head}MESSAGE\n\u{9}\0\0\0\0\0\0\0two\nlines\n");
        assert_eq!(String::from_utf8_lossy(records.bytes()), expected);
        assert_eq!(records.count(), 2);
        records.clear(0);
        assert!(records.is_empty() && records.bytes().is_empty());
    }

    #[test]
    fn names_are_made_fit_for_the_journal() {
        assert_eq!(field_name("exit_code"), "EXIT_CODE");
        assert_eq!(field_name("log.level-x"), "LOG_LEVEL_X");
        assert_eq!(field_name("_9secret"), "SECRET");
        assert_eq!(field_name("é"), "FIELD");
        assert_eq!(field_name(&"k".repeat(99)).len(), 64);
    }
}
