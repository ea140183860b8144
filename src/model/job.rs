//! What systemd is asked to do with a unit, and what became of it.

use std::fmt;

/// How a job ended, in systemd's own words (`JobRemoved`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    Done,
    /// The unit did not come up, or did not go down well.
    Failed,
    /// The job ran into its own time limit, `JobTimeoutSec=`. A unit's `TimeoutStartSec=` is `Failed`.
    Timeout,
    /// Another job took its place: somebody stopped what was being started.
    Canceled,
    /// A unit it needs failed.
    Dependency,
    /// There was nothing to do.
    Skipped,
    /// A word newer than this list.
    Other(String),
    /// It still runs; whoever asked does not wait any longer.
    Late,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    Start,
    /// The unit goes and does not come back.
    Stop,
    /// The unit goes and comes back: what it looks after may stay.
    Restart,
    /// Anything else, as systemd names it.
    Other(String),
}

impl From<&str> for JobOutcome {
    fn from(word: &str) -> JobOutcome {
        match word {
            "done" => JobOutcome::Done,
            "failed" => JobOutcome::Failed,
            "timeout" => JobOutcome::Timeout,
            "canceled" => JobOutcome::Canceled,
            "dependency" => JobOutcome::Dependency,
            "skipped" => JobOutcome::Skipped,
            other => JobOutcome::Other(other.to_owned()),
        }
    }
}

impl From<&str> for JobKind {
    fn from(word: &str) -> JobKind {
        match word {
            "start" => JobKind::Start,
            "stop" => JobKind::Stop,
            // `try-restart` is what a unit gets that is part of a restarted one.
            "restart" | "try-restart" => JobKind::Restart,
            other => JobKind::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for JobOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JobOutcome::Done => "done",
            JobOutcome::Failed => "failed",
            JobOutcome::Timeout => "timeout",
            JobOutcome::Canceled => "canceled",
            JobOutcome::Dependency => "dependency",
            JobOutcome::Skipped => "skipped",
            JobOutcome::Other(word) => word,
            JobOutcome::Late => "still running",
        })
    }
}
