//! What is shown of a service's revisions.

use std::fmt;

use super::revision::RevisionId;
use super::rollout::Verdict;

/// One revision, as a row of a table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    pub revision: RevisionId,
    pub when: String,
    pub who: String,
    pub note: String,
    pub image: String,
    pub image_digest: Option<String>,
    pub wanted: bool,
    /// What became of it on this host.
    pub verdict: Option<Verdict>,
}

/// One thing in which two revisions differ. Secrets are fingerprints.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Contrast {
    /// `image`, `environment.TZ`, `limits.memory`.
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl fmt::Display for Contrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{what} changes from {before} to {after}"),
            (None, Some(after)) => write!(f, "{what} gains {after}"),
            (Some(before), None) => write!(f, "{what} loses {before}"),
            (None, None) => write!(f, "{what} changes its order"),
        }
    }
}

/// What came of putting a definition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    pub revision: RevisionId,
    /// False: it was wanted already, and nothing was written.
    pub new: bool,
    pub image_digest: Option<String>,
    /// What the operator should know though it is done.
    pub notices: Vec<String>,
    /// Old revisions that were removed.
    pub pruned: Vec<RevisionId>,
}
