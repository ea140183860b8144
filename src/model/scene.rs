//! What a manager sees in one look: what is wanted, what runs, what the balancer holds.

use std::time::Duration;

use super::revision::{InstanceName, RevisionId};
use super::rollout::Rollout;

/// One look at one service on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    pub goal: Goal,
    /// The operator holds the rollout: nothing new is begun, what serves is cared for.
    pub paused: bool,
    /// Every service address is in the balancer.
    pub open: bool,
    /// Since when the target serves, and whether a request through the service address was answered.
    pub trial: Option<Trial>,
    pub instances: Vec<Instance>,
    /// Real servers of ours, by our own record, that belong to no instance any more.
    pub strays: Vec<std::net::SocketAddr>,
}

/// What the node is to come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    Serve(Box<Target>),
    /// Nothing is wanted, or the store has lost it: what runs stays as it is.
    Keep,
    /// The operator took the service away, or its only revision failed.
    Withdraw(Box<Rollout>),
}

/// The revision to serve: the wanted one, or the last proven one where the wanted one failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub revision: RevisionId,
    pub rollout: Rollout,
    /// It served through a whole window on this node before.
    pub proven: bool,
    /// Its image is here and there is room for it.
    pub prepared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    pub since: Duration,
    pub probed: bool,
}

/// One instance as systemd, its shim and the balancer show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub name: InstanceName,
    pub unit: UnitState,
    /// How long it has been in that state.
    pub unit_for: Duration,
    /// Its container's process is there, whatever became of its shim.
    pub alive: bool,
    pub slot: Slot,
    /// It was told to send its clients away.
    pub hinted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitState {
    Inactive,
    Starting,
    /// Active, and its health check holds.
    Ready,
    /// Active, and its health check does not hold.
    Unready,
    Stopping,
    Failed,
}

/// An instance's place behind all of the service's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    Absent,
    /// Listed, takes no new connections.
    Idle(Idle),
    /// Takes connections at some addresses and not at others: a change was cut short.
    Mixed,
    Serving,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Idle {
    /// Open connections.
    pub active: u32,
    pub since: Duration,
    /// Looks in a row that found no open connection.
    pub zeros: u32,
}

impl Slot {
    /// Whether any new connection may reach it.
    pub fn takes(self) -> bool {
        match self {
            Slot::Serving | Slot::Mixed => true,
            Slot::Absent | Slot::Idle(_) => false,
        }
    }

    pub fn listed(self) -> bool {
        self != Slot::Absent
    }
}
