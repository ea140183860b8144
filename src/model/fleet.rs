//! What was found on the nodes of a cluster: each node by itself, or why it could not be asked.

use std::time::Duration;

use super::observed::Standing;
use super::revision::RevisionId;
use super::rollout::Verdict;

/// Last on stderr where a remote line itself ended with 255, which is also how ssh ends by itself.
pub const ENDED_255: &str = "wharf: the line itself ended with 255";
/// Last on stderr where sudo would not run a remote line.
pub const SUDO_REFUSED: &str = "wharf: sudo refuses";

/// One node, asked once.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Sight {
    pub node: String,
    /// How long the answer took.
    pub took: Duration,
    pub found: Result<Facts, Unreached>,
}

/// Why a node did not answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unreached {
    pub kind: UnreachedKind,
    /// ssh's own words, on one line.
    pub what: String,
}

/// The kinds that have a remedy of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreachedKind {
    /// Its name leads nowhere.
    Name,
    /// Nothing listens there, or nothing leads there.
    Refused,
    /// Nothing came within the limit.
    Late,
    /// It is not the host it was: known_hosts says otherwise.
    HostKey,
    /// known_hosts says nothing of it, and nobody is there to be asked.
    NewHost,
    /// It does not let this user in.
    Login,
    /// sudo wants a password, or refuses.
    Sudo,
    /// The connection broke off in the middle.
    Cut,
    Other,
}

/// What one node says of itself.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Facts {
    pub host: Host,
    /// Of the services asked for, whoever installed them.
    pub units: Vec<UnitFact>,
    /// What was last done here by scripts, service by service.
    pub scripted: Vec<ScriptedFact>,
    /// None: wharf is not installed there.
    pub wharf: Option<Present>,
}

/// The machine. Bytes and seconds.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Host {
    /// Its own clock when it was asked, seconds since 1970.
    pub clock: f64,
    pub uptime: f64,
    /// Averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    pub cpus: u32,
    pub memory_total: u64,
    /// What is there for new programs without swapping.
    pub memory_available: u64,
    pub disks: Vec<Disk>,
    /// None: the kernel does not tell.
    pub pressure: Option<Pressure>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Disk {
    pub device: String,
    pub mount: String,
    pub size: u64,
    pub used: u64,
    pub available: u64,
}

/// Share of the last minute, in percent, in which some task had to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Pressure {
    pub cpu: f64,
    pub memory: f64,
    pub io: f64,
}

/// A unit as systemctl shows it, by the service's name.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct UnitFact {
    pub service: String,
    pub unit: super::observed::Unit,
    /// SHA-256 of its file; None: there is none.
    pub file: Option<String>,
}

/// What a scripted deploy left on the node: `/var/lib/wharf/scripts/NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ScriptedFact {
    pub service: String,
    /// SHA-256 of the script that ran last.
    pub script: String,
    /// None: it has not ended yet.
    pub exit: Option<i32>,
    pub when: String,
    pub who: String,
}

/// What the node's own wharf says: `wharf node look`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Present {
    pub version: String,
    /// SHA-256 of the binary that answered; empty where it was not asked for.
    #[serde(default)]
    pub binary: String,
    pub services: Vec<Held>,
    pub standings: Vec<Standing>,
    /// Sentences for a person: what could not be asked.
    pub notices: Vec<String>,
    /// How its ingress stands; None: it was never given routes.
    #[serde(default)]
    pub ingress: Option<super::ingress::IngressStanding>,
}

/// One service of which the node's wharf keeps something.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Held {
    pub service: String,
    /// The definition in force, in its canonical form: the wanted revision's, or the file's.
    pub document: Option<String>,
    pub wanted: Option<RevisionId>,
    /// Serving right now, the manager says.
    pub serving: Option<RevisionId>,
    /// What became of the wanted one here.
    pub verdict: Option<Verdict>,
    /// The last one proven before the wanted one.
    pub before: Option<RevisionId>,
    pub paused: bool,
}
