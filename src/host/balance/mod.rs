//! A balancer: the service address clients use, and the real servers behind it.

mod docker_user;
mod flows;
mod hairpin;
mod ipvs;
mod nfnetlink;
mod nft;
mod program;
mod queue;
pub mod relay;
mod turns;

use std::io;

use crate::model::balance::{BalancerKind, Change, Front, RealServer, Traffic};
use crate::model::facts::Setting;
use ipvs::Ipvs;
use nft::Nftables;
use relay::Relay;

/// The hold on one service address. Nothing is remembered: each call asks the kernel or changes it,
/// blocks for milliseconds, and may come from any process. One thread at a time is enough for all.
#[derive(Debug)]
pub enum Balancer {
    Ipvs(Ipvs),
    Nftables(Nftables),
    Relay(Relay),
}

impl Balancer {
    /// Returns the hold on a service address; changes nothing.
    ///
    /// # Errors
    /// This way of balancing does not work here; why, and what to type, in words.
    pub fn open(kind: BalancerKind, service: &str, front: &Front) -> io::Result<Balancer> {
        match kind {
            BalancerKind::Ipvs => Ipvs::open(front).map(Balancer::Ipvs),
            BalancerKind::Nftables => Nftables::open(service, front).map(Balancer::Nftables),
            BalancerKind::Relay => Ok(Balancer::Relay(Relay::open(service, front))),
        }
    }

    /// Returns the real servers as they are this moment, in no order; None when the service address is
    /// not there.
    ///
    /// # Errors
    /// The balancer does not answer.
    pub fn read(&self) -> io::Result<Option<Vec<RealServer>>> {
        match self {
            Balancer::Ipvs(it) => it.read(),
            Balancer::Nftables(it) => it.read(),
            Balancer::Relay(it) => it.read(),
        }
    }

    /// Returns the real servers with their weights; their connections are only counted where that takes no
    /// time.
    ///
    /// # Errors
    /// As [`Balancer::read`].
    pub fn weights(&self) -> io::Result<Option<Vec<RealServer>>> {
        match self {
            Balancer::Nftables(it) => it.weights(),
            Balancer::Ipvs(_) | Balancer::Relay(_) => self.read(),
        }
    }

    /// Returns what each real server has carried since it was added; empty where nobody counts. IPVS
    /// brings these up to date every two seconds.
    ///
    /// # Errors
    /// The balancer does not answer.
    pub fn traffic(&self) -> io::Result<Vec<Traffic>> {
        match self {
            Balancer::Ipvs(it) => it.traffic(),
            Balancer::Nftables(_) | Balancer::Relay(_) => Ok(Vec::new()),
        }
    }

    /// Makes one change. Done already is done: `Create` of an address that is there puts its scheduler and
    /// persistence right and touches no connection, `Add` of a real server that is there sets its weight,
    /// `Remove` and `Delete` of what is gone are fine.
    ///
    /// # Errors
    /// In words, with the address; `Weigh` of a real server that is not there is one.
    pub fn change(&self, change: &Change) -> io::Result<()> {
        match self {
            Balancer::Ipvs(it) => it.change(change),
            Balancer::Nftables(it) => it.change_all(std::slice::from_ref(change)),
            Balancer::Relay(it) => it.change_all(std::slice::from_ref(change)),
        }
    }

    /// Makes these changes in order: with nftables and the relay clients see none of them or all, with
    /// IPVS each as soon as it is made.
    ///
    /// # Errors
    /// As [`Balancer::change`]; with IPVS those before the one that failed are made.
    pub fn change_all(&self, changes: &[Change]) -> io::Result<()> {
        match self {
            Balancer::Ipvs(it) => changes.iter().try_for_each(|change| it.change(change)),
            Balancer::Nftables(it) => it.change_all(changes),
            Balancer::Relay(it) => it.change_all(changes),
        }
    }

    /// Makes the changes of several addresses of one service: with nftables clients see none of them or
    /// all, with the others those of one address after those of the one before.
    ///
    /// # Errors
    /// As [`Balancer::change_all`].
    pub fn change_together(all: &[(&Balancer, Vec<Change>)]) -> io::Result<()> {
        let tables = all.iter();
        let tables = tables.map(|(it, changes)| it.nftables().map(|it| (it, changes.as_slice())));
        match tables.collect::<Option<Vec<_>>>() {
            Some(all) => Nftables::change_together(&all),
            None => all
                .iter()
                .try_for_each(|(it, changes)| it.change_all(changes)),
        }
    }

    fn nftables(&self) -> Option<&Nftables> {
        match self {
            Balancer::Nftables(it) => Some(it),
            Balancer::Ipvs(_) | Balancer::Relay(_) => None,
        }
    }

    /// How the settings of the kernel stand that IPVS wants; `Create` puts them right.
    pub fn settings() -> Vec<Setting> {
        ipvs::settings()
    }

    /// Whether this way of balancing works here; if not, why, and what to type.
    pub fn works(kind: BalancerKind) -> Result<(), String> {
        match kind {
            BalancerKind::Ipvs => ipvs::works(),
            BalancerKind::Nftables => nft::works(),
            // A process and a file: that works everywhere.
            BalancerKind::Relay => Ok(()),
        }
    }
}
