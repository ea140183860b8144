//! What `wharf doctor` found, and what to do about it.

/// One finding; a healthy host has none.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// `systemd`, `docker`, `journal`, `kernel`, `nft`, `haproxy`, or the name of a unit, container or file.
    pub subject: String,
    /// One sentence: what is the case, and what it costs.
    pub what: String,
    /// What to type or write.
    pub remedy: String,
}

/// The gravest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A promise is broken now.
    Error,
    /// A promise will be broken by something foreseeable: a docker upgrade, a reboot, a full disk.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}
