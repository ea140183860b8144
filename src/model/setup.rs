//! Bringing a node to where services can be deployed on it: what was found, what was done, how it stands.

use std::fmt;

use serde::Serialize;

use super::finding::{Finding, Severity};
use super::fleet::Unreached;

/// What there is of wharf and of its ground on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footing {
    /// `uname -s` and `uname -m`.
    pub kernel: String,
    pub machine: String,
    /// systemd is process 1 there.
    pub systemd: bool,
    /// Where the wharf is that a shell finds.
    pub path: Option<String>,
    pub version: Option<String>,
    /// SHA-256 of that file.
    pub binary: Option<String>,
    /// systemd knows the units.
    pub units: bool,
    /// It came as a package.
    pub package: bool,
}

/// One thing done on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum SetupStep {
    /// `from`: the version there before.
    Send { bytes: u64, from: Option<String> },
    /// Units, generator, manual.
    Install,
}

impl fmt::Display for SetupStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupStep::Send { bytes, from } => {
                // A tenth of a megabyte tells a debug build from a release.
                #[allow(clippy::cast_precision_loss)]
                let size = *bytes as f64 / 1e6;
                match from {
                    Some(from) => write!(f, "send wharf, {size:.1} MB, in place of {from}"),
                    None => write!(f, "send wharf, {size:.1} MB"),
                }
            }
            SetupStep::Install => write!(f, "install units and generator"),
        }
    }
}

/// How one node stands after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ready {
    pub node: String,
    /// Done, or what would be.
    pub steps: Vec<SetupStep>,
    #[serde(flatten)]
    pub end: SetupEnd,
    /// What the node's doctor found.
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "end")]
pub enum SetupEnd {
    Done,
    /// Nothing was done, for only the steps were asked for.
    Shown,
    /// It cannot be made ready like this.
    Refused {
        what: String,
        remedy: String,
    },
    Unreached(Unreached),
}

impl Ready {
    /// Whether services can be deployed there, or could be after the steps shown.
    pub fn is_good(&self) -> bool {
        let grave = self
            .findings
            .iter()
            .any(|it| it.severity == Severity::Error);
        match self.end {
            SetupEnd::Done | SetupEnd::Shown => !grave,
            SetupEnd::Refused { .. } | SetupEnd::Unreached(_) => false,
        }
    }
}
