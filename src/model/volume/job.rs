//! What is done to a volume again and again, and what came of it last.

use std::path::PathBuf;

/// All of a volume; one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Jobs {
    pub jobs: Vec<Job>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Job {
    /// `snapshot`, `replicate:HOST`, `synchronize:HOST,HOST` or `purge:PATTERN`; one job of each.
    pub action: String,
    pub minutes: u64,
    pub active: bool,
    /// The cluster files its hosts are nodes of; none: they are destinations of ssh.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Where volumes lie on the other node, when that is not where it says itself.
    #[serde(default)]
    pub peer_root: Option<String>,
    /// Seconds since the epoch when it was last begun and came to a good end.
    #[serde(default)]
    pub done: Option<u64>,
    /// The same of the last attempt, whatever its end.
    #[serde(default)]
    pub tried: Option<u64>,
    /// Attempts that failed since the last good one.
    #[serde(default)]
    pub failures: u32,
    #[serde(default)]
    pub error: Option<String>,
}

impl Job {
    /// Returns a job nothing has come of yet.
    pub fn new(action: String) -> Job {
        Job {
            action,
            minutes: 0,
            active: true,
            files: Vec::new(),
            peer_root: None,
            done: None,
            tried: None,
            failures: 0,
            error: None,
        }
    }
}
