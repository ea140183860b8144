//! A file or link for systemd, not yet written.

/// Its path below the directory it goes to, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFile {
    pub path: String,
    pub text: String,
}

/// A link: its path below the directory it goes to, and where it leads from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLink {
    pub path: String,
    pub target: String,
}
