//! How a service is rolled from one revision to the next, and what is kept of it on the node.

use std::net::SocketAddr;
use std::time::Duration;

use super::balance::{Address, BalancerKind, Scheduler};
use super::revision::{InstanceName, RevisionId};

/// The keys of a definition that only matter to a service with a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Service addresses; the first is the one that is probed. Empty: given by the unit (`launch … ADDRESS`).
    pub addresses: Vec<Address>,
    /// None: the first that works on the host.
    pub balancer: Option<BalancerKind>,
    pub scheduler: Scheduler,
    pub persistence: Option<Duration>,
    /// Instances of each revision, 1 to 99.
    pub replicas: u16,
    pub order: Order,
    /// How long a new instance stays ready before it is given requests: what crashes at once never gets one.
    pub settle: Duration,
    /// How long both revisions are kept after the swap, the old one warm.
    pub min_healthy: Duration,
    /// How long the old revision may keep its open connections.
    pub drain_timeout: Duration,
    pub drain: Drain,
    /// The longest a start may take; a start that makes progress is given until then.
    pub deadline: Duration,
    /// Revisions kept beside those in use.
    pub keep: usize,
    /// Services this one starts after: `Wants=NAME@manager.service`.
    pub wants: Vec<String>,
}

/// Whether two revisions may run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The new one serves before the old one goes. The default.
    StartFirst,
    /// The old one has ended before the new one begins: they would share data, a port or a fixed address.
    StopFirst,
}

/// In what order the old revision is told to go and left by its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drain {
    /// It finishes what it does when it is told to stop. The default.
    TermFirst,
    /// It is stopped when its last connection is gone.
    WaitFirst,
    /// It is told to send its clients away, then waited for.
    Lame(Hint),
}

/// How an application is told to send its clients away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A signal to its first process, `SIGUSR1`.
    Signal(String),
    /// A POST to this path of each instance.
    Http(String),
    /// A command inside each container.
    Exec(Vec<String>),
}

impl Rollout {
    /// Whether no two instances of the service ever run at once.
    pub fn one_at_a_time(&self) -> bool {
        self.order == Order::StopFirst && self.replicas == 1
    }
}

impl Default for Rollout {
    fn default() -> Rollout {
        Rollout {
            addresses: Vec::new(),
            balancer: None,
            scheduler: Scheduler::Wrr,
            persistence: None,
            replicas: 1,
            order: Order::StartFirst,
            settle: Duration::from_secs(5),
            min_healthy: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(60),
            drain: Drain::TermFirst,
            deadline: Duration::from_secs(600),
            keep: 5,
            wants: Vec::new(),
        }
    }
}

/// What an instance's shim writes about it, `/run/wharf/SERVICE@INSTANCE/instance.json`: gone with the unit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InstanceRecord {
    pub instance: InstanceName,
    /// Where the balancer reaches it: the address its health check asked. None: no container yet.
    pub at: Option<SocketAddr>,
    pub container: String,
    /// Of the container's first process on the host; 0 when unknown.
    pub pid: i64,
    /// Its health check holds right now.
    pub ready: bool,
    /// Why not, in words.
    pub why: Option<String>,
}

/// What the manager keeps for instances to read, `/run/wharf/SERVICE@manager/front.json`.
///
/// An instance whose revision is among `serving` may take itself out of the balancer and back in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FrontRecord {
    pub balancer: BalancerKind,
    pub addresses: Vec<Address>,
    pub serving: Vec<RevisionId>,
    /// Its instances are not restarted by themselves: they are still to show what they are worth.
    pub probation: Option<RevisionId>,
}

/// What became of a revision on this node, `/var/lib/wharf/rollouts/SERVICE/verdicts/REV.json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It served through its whole window.
    Proven { when: String },
    /// It is not tried again until somebody asks for it.
    Failed { when: String, report: Box<Report> },
}

/// Why a revision was not taken: the same words on the terminal, in JSON, on the page and in mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// One sentence: what failed.
    pub what: String,
    /// `preflight`, `start`, `swap`, `window`, `aborted`.
    pub stage: String,
    /// Unit that failed, and systemd's `Result=` of it.
    pub unit: Option<String>,
    pub result: Option<String>,
    /// What the health check saw last.
    pub answer: Option<super::check::Detail>,
    /// How the container ended, in words.
    pub exit: Option<String>,
    /// The container's last lines, at most 20.
    pub last_lines: Vec<String>,
    /// The likely cause, where there is one.
    pub cause: Option<String>,
    /// The command to go on with.
    pub next: String,
}
