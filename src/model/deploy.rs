//! What happens during a deploy, told as it happens, and what became of each node.

use serde::{Deserialize, Serialize};

use super::rollout::Report;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Told {
    /// A wave of a service begins.
    Wave {
        service: String,
        number: usize,
        of: usize,
        nodes: Vec<String>,
    },
    /// A step, or a line of a script's output.
    Step {
        service: String,
        node: String,
        text: String,
    },
    /// A node is through with a service.
    Node {
        service: String,
        node: String,
        verdict: HostVerdict,
    },
    /// Between two waves; seconds.
    Pause { service: String, seconds: u64 },
    /// About the whole deploy.
    Note { text: String },
}

/// What became of one service on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum HostVerdict {
    /// As the file says.
    Done,
    /// It was so already.
    Unchanged,
    /// It did not take the change. What served before serves, unless `what` says otherwise.
    Failed {
        /// One sentence.
        what: String,
        /// The node's own failure report, where there is one.
        report: Option<Box<Report>>,
    },
    /// It took the change and was put back, because another node failed.
    PutBack { because: String },
    /// It should have been put back and was not.
    Stuck { what: String },
    /// It could not be reached, and the file says to go on without it.
    Skipped { what: String },
    /// Its turn did not come.
    Untouched,
}

/// Whose turn it is to change a service on a node: `/run/wharf/leases/SERVICE` there. Times are seconds
/// of that node's own clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub deploy: String,
    /// `anna@laptop`.
    pub owner: String,
    /// Where its process runs.
    pub host: String,
    pub pid: u32,
    pub message: String,
    pub since: u64,
    /// Renewed while the deploy runs.
    pub until: u64,
}

/// The end of a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Names the deploy in leases, histories and hooks: 12 hex digits.
    pub id: String,
    /// In the order of the plan: service, node, verdict.
    pub verdicts: Vec<(String, String, HostVerdict)>,
}

impl HostVerdict {
    /// Whether the node is as the file says.
    pub fn is_good(&self) -> bool {
        match self {
            HostVerdict::Done | HostVerdict::Unchanged => true,
            HostVerdict::Failed { .. }
            | HostVerdict::PutBack { .. }
            | HostVerdict::Stuck { .. }
            | HostVerdict::Skipped { .. }
            | HostVerdict::Untouched => false,
        }
    }
}

impl Outcome {
    /// Whether all of it is as the file says; nodes skipped on purpose count as good.
    pub fn is_good(&self) -> bool {
        let skipped = |it: &HostVerdict| matches!(it, HostVerdict::Skipped { .. });
        self.verdicts
            .iter()
            .all(|(_, _, it)| it.is_good() || skipped(it))
    }
}
