//! An application of several containers, as a compose file describes it.

use std::path::PathBuf;

/// Where the application comes from, and which of its files count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compose {
    pub source: Source,
    /// Relative to the application's folder; empty: what compose looks for by itself.
    pub files: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Somebody else keeps it.
    Folder(PathBuf),
    /// A branch of a git repository; each commit has a folder of its own.
    Repository { url: String, branch: String },
}

/// One container of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The service's name in the compose file.
    pub service: String,
    pub running: bool,
    pub exit_code: i64,
    /// `healthy`, `starting`, `unhealthy`; None: it has no health check of its own.
    pub health: Option<String>,
}
