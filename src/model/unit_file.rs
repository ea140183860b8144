//! A file for systemd, not yet written.

/// Its path below the directory it goes to, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFile {
    pub path: String,
    pub text: String,
}
