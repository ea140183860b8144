//! The next thing a manager does, with one wording for terminal, journal and page.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::revision::{InstanceName, RevisionId};
use super::seen::span;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its image is brought here, and room for it is looked for.
    Prepare(RevisionId),
    Start(InstanceName),
    /// The service addresses are created, with nothing behind them.
    Open,
    /// Added to the balancer at weight 0 and read back.
    Admit(InstanceName),
    /// New ones to weight 1, then old ones to 0, read back. UDP real servers of old ones are removed.
    Swap {
        raise: Vec<InstanceName>,
        lower: Vec<InstanceName>,
    },
    /// One request through the service address.
    Probe(RevisionId),
    /// The window begins now: it serves, and nobody knows since when.
    Watch(RevisionId),
    /// The window is over; it is the revision to fall back to from now on.
    Prove(RevisionId),
    Fail(RevisionId, Fault),
    /// Told to send its clients away.
    Hint(InstanceName),
    Stop(InstanceName),
    /// Taken out of the balancer.
    Remove(InstanceName),
    /// A real server of ours that nobody answers for is taken out.
    Sweep(SocketAddr),
    /// systemd forgets the failed unit.
    Forget(InstanceName),
    /// The service addresses are taken out of the balancer.
    Close,
    Wait(Why),
    Done(End),
}

/// Why a revision is given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Its unit failed before it was ready.
    Start(InstanceName),
    /// It was not ready within its deadline.
    Deadline(InstanceName),
    /// It ended, or was ended, before it was proven.
    Ended(InstanceName),
    /// It turned unready inside the window.
    Unready(InstanceName),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// For its health check.
    Health(InstanceName),
    /// It has to stay ready this much longer before it is given requests.
    Settle(InstanceName, Duration),
    /// For the rest of the window.
    Window(RevisionId, Duration),
    /// For its last connections.
    Connections(InstanceName, u32),
    /// For its end.
    End(InstanceName),
    /// Before a unit that failed is started once more.
    Again(InstanceName),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The target serves and nothing else runs.
    Serving(RevisionId),
    Paused,
    /// Nothing is wanted; what runs was left alone.
    Kept,
    /// Nothing serves: it was withdrawn, or the only revision there is failed.
    Nothing,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Prepare(it) => write!(f, "prepare {}", it.short()),
            Step::Start(it) => write!(f, "start {}", it.short()),
            Step::Open => f.write_str("open the service address"),
            Step::Admit(it) => write!(f, "add {} at weight 0", it.short()),
            Step::Swap { raise, lower } => swap(f, raise, lower),
            Step::Probe(it) => write!(f, "probe {} through the service address", it.short()),
            Step::Watch(it) => write!(f, "watch {}", it.short()),
            Step::Prove(it) => write!(f, "{} is proven", it.short()),
            Step::Fail(it, fault) => write!(f, "give up {}: {fault}", it.short()),
            Step::Hint(it) => write!(f, "tell {} to send its clients away", it.short()),
            Step::Stop(it) => write!(f, "stop {}", it.short()),
            Step::Remove(it) => write!(f, "remove {} from the balancer", it.short()),
            Step::Sweep(at) => write!(f, "remove {at}, which nobody answers for"),
            Step::Forget(it) => write!(f, "forget the failed unit of {}", it.short()),
            Step::Close => f.write_str("close the service address"),
            Step::Wait(why) => write!(f, "wait: {why}"),
            Step::Done(end) => write!(f, "{end}"),
        }
    }
}

fn swap(f: &mut fmt::Formatter<'_>, raise: &[InstanceName], lower: &[InstanceName]) -> fmt::Result {
    match (raise.is_empty(), lower.is_empty()) {
        (true, _) => write!(f, "{} to weight 0", list(lower)),
        (false, true) => write!(f, "{} to weight 1", list(raise)),
        (false, false) => write!(f, "swap: {} to weight 1, {} to 0", list(raise), list(lower)),
    }
}

fn list(names: &[InstanceName]) -> String {
    let names: Vec<_> = names.iter().map(InstanceName::short).collect();
    names.join(", ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Start(it) => write!(f, "{} did not start", it.short()),
            Fault::Deadline(it) => write!(f, "{} was not ready in time", it.short()),
            Fault::Ended(it) => write!(f, "{} ended before it was proven", it.short()),
            Fault::Unready(it) => write!(f, "{} turned unready", it.short()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Health(it) => write!(f, "{} is not ready yet", it.short()),
            Why::Settle(it, rest) => {
                write!(f, "{} has to stay ready for {}", it.short(), span(*rest))
            }
            Why::Window(it, rest) => {
                write!(
                    f,
                    "{} serves, its window ends in {}",
                    it.short(),
                    span(*rest)
                )
            }
            Why::Connections(it, 0) => write!(f, "{} has no open connection", it.short()),
            Why::Connections(it, 1) => write!(f, "{} has 1 open connection", it.short()),
            Why::Connections(it, many) => write!(f, "{} has {many} open connections", it.short()),
            Why::End(it) => write!(f, "{} is stopping", it.short()),
            Why::Again(it) => write!(f, "{} failed and is started again soon", it.short()),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Serving(it) => write!(f, "serving {}", it.short()),
            End::Paused => f.write_str("paused"),
            End::Kept => f.write_str("nothing is wanted; what runs is left alone"),
            End::Nothing => f.write_str("nothing serves"),
        }
    }
}
