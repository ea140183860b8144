//! What the manager tells a relay, and what the relay says back.

use std::net::SocketAddr;

use super::balance::{Address, RealServer, Scheduler};

/// The relay's table, `/run/wharf/SERVICE@manager/relay.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RelayTable {
    /// Counts up with every change.
    pub generation: u64,
    pub fronts: Vec<RelayFront>,
}

/// One service address and what is behind it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RelayFront {
    pub address: Address,
    pub scheduler: Scheduler,
    /// Clients stay with their real server for as long as real servers and weights stay.
    pub persistent: bool,
    pub servers: Vec<(SocketAddr, u32)>,
}

/// What one relay process says when it is asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RelayAnswer {
    pub pid: u32,
    /// Of the table it goes by.
    pub generation: u64,
    /// It takes new connections; one that was relieved only finishes those it has.
    pub accepting: bool,
    /// Why the table as it lies there was not taken; the last good one is gone by.
    pub wrong: Option<String>,
    pub fronts: Vec<(Address, Vec<RealServer>)>,
}
