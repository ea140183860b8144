//! The service's addresses in the balancer: opened, read, changed, each change read back.

use std::io;
use std::net::SocketAddr;

use crate::decide::table::{self, Table};
use crate::host::balance::Balancer;
use crate::model::balance::{Address, BalancerKind, Change, Front, RealServer};
use crate::model::rollout::Rollout;

/// The balancers tried where the definition names none, the best first. The relay is only taken by name:
/// it needs units of its own.
const CHOICES: [BalancerKind; 2] = [BalancerKind::Ipvs, BalancerKind::Nftables];

/// All addresses of one service.
pub(super) struct Fronts {
    pub(super) kind: BalancerKind,
    open: Vec<(Front, Balancer)>,
}

/// What is behind one address.
type Servers = Option<Vec<RealServer>>;

/// One decision of [`crate::decide::table`].
pub(super) type Decision = fn(&Table, SocketAddr) -> Option<Change>;

impl Fronts {
    /// Opens the balancer for these addresses; nothing is changed in it yet.
    ///
    /// # Errors
    /// No balancer works here: why each does not, in words.
    pub(super) fn open(service: &str, rollout: &Rollout, given: &[Address]) -> io::Result<Fronts> {
        let kind = choose(rollout.balancer)?;
        let addresses = addresses(rollout, given);
        if addresses.is_empty() {
            let words = "the service has no address: write `address: IP:PORT` into its definition";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let open = addresses.into_iter().map(|address| {
            let front = Front {
                address,
                scheduler: rollout.scheduler,
                persistence: rollout.persistence,
            };
            Balancer::open(kind, service, &front).map(|it| (front, it))
        });
        Ok(Fronts {
            kind,
            open: open.collect::<io::Result<_>>()?,
        })
    }

    pub(super) fn addresses(&self) -> Vec<Address> {
        self.open.iter().map(|(front, _)| front.address).collect()
    }

    /// Whether these are the fronts such a rollout asks for.
    pub(super) fn fit(&self, rollout: &Rollout, given: &[Address]) -> bool {
        let same = |(front, _): &(Front, Balancer)| {
            (front.scheduler, front.persistence) == (rollout.scheduler, rollout.persistence)
        };
        self.addresses() == addresses(rollout, given)
            && self.open.iter().all(same)
            && rollout.balancer.is_none_or(|it| it == self.kind)
    }

    pub(super) fn read(&self) -> io::Result<Vec<Table>> {
        self.tables(Balancer::read)
    }

    fn tables(&self, read: fn(&Balancer) -> io::Result<Servers>) -> io::Result<Vec<Table>> {
        let tables = self.open.iter().map(|(front, balancer)| {
            Ok(Table {
                protocol: front.address.protocol,
                servers: read(balancer)?,
            })
        });
        tables.collect()
    }

    pub(super) fn create(&self) -> io::Result<()> {
        self.each(|balancer| balancer.change(&Change::Create))
    }

    pub(super) fn delete(&self) -> io::Result<()> {
        self.each(|balancer| balancer.change(&Change::Delete))
    }

    /// Makes what `decide` asks for at each address.
    pub(super) fn apply(&self, decide: Decision, servers: &[SocketAddr]) -> io::Result<()> {
        self.change(&self.tables(Balancer::weights)?, |table| {
            let changes = servers.iter().filter_map(|at| decide(table, *at));
            changes.collect()
        })
    }

    /// New ones to weight 1, then old ones to 0, then read back; where the balancer can, all at once.
    /// `tables` is the look this was decided by.
    ///
    /// # Errors
    /// The balancer's, or that it does not show what it was told.
    pub(super) fn swap(
        &self,
        tables: &[Table],
        raise: &[SocketAddr],
        lower: &[SocketAddr],
    ) -> io::Result<()> {
        self.change(tables, |table| {
            let up = raise.iter().filter_map(|at| table::raise(table, *at));
            let down = lower.iter().filter_map(|at| table::lower(table, *at));
            up.chain(down).collect()
        })?;
        let after = self.tables(Balancer::weights)?;
        let left = |decide: Decision, servers: &[SocketAddr]| {
            servers
                .iter()
                .any(|at| after.iter().any(|it| decide(it, *at).is_some()))
        };
        match left(table::raise, raise) || left(table::lower, lower) {
            true => Err(io::Error::other(
                "the balancer does not show the swap it was told",
            )),
            false => Ok(()),
        }
    }

    fn change(&self, tables: &[Table], decide: impl Fn(&Table) -> Vec<Change>) -> io::Result<()> {
        let all = self.open.iter().zip(tables);
        let all = all.map(|((_, balancer), table)| (balancer, decide(table)));
        let all: Vec<_> = all.filter(|(_, changes)| !changes.is_empty()).collect();
        match all.is_empty() {
            true => Ok(()),
            false => Balancer::change_together(&all),
        }
    }

    fn each(&self, change: impl Fn(&Balancer) -> io::Result<()>) -> io::Result<()> {
        self.open
            .iter()
            .try_for_each(|(_, balancer)| change(balancer))
    }
}

fn addresses(rollout: &Rollout, given: &[Address]) -> Vec<Address> {
    match rollout.addresses.is_empty() {
        true => given.to_vec(),
        false => rollout.addresses.clone(),
    }
}

fn choose(named: Option<BalancerKind>) -> io::Result<BalancerKind> {
    if let Some(kind) = named {
        let works = Balancer::works(kind);
        return works.map(|()| kind).map_err(|why| unusable(&[(kind, why)]));
    }
    let mut whys = Vec::new();
    for kind in CHOICES {
        match Balancer::works(kind) {
            Ok(()) => return Ok(kind),
            Err(why) => whys.push((kind, why)),
        }
    }
    Err(unusable(&whys))
}

fn unusable(whys: &[(BalancerKind, String)]) -> io::Error {
    let whys: Vec<_> = whys
        .iter()
        .map(|(kind, why)| format!("{kind}: {why}"))
        .collect();
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!(
            "no balancer works here: {}; `wharf doctor` has the remedies",
            whys.join("; ")
        ),
    )
}
