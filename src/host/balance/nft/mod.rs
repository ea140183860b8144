//! nftables as a balancer: one table of ours, one chain per service address, one transaction per change.

mod elements;
mod listing;
mod rules;
mod slots;

use std::io;
use std::net::SocketAddr;

use crate::host::balance::flows::{self, Flow, Flows};
use crate::host::balance::nfnetlink::{Link, Request};
use crate::host::balance::{docker_user, hairpin, program, turns};
use crate::model::balance::{Change, Front, Protocol, RealServer, Scheduler};
use elements::Standing;

/// Clients of 127.0.0.0/8 can be sent on with `route_localnet`; IPv6 has no such switch.
const NO_LOOPBACK_6: &str =
    "nftables cannot balance an IPv6 loopback address; use an address of an interface";
const NO_LC: &str = "nftables does not count connections while it chooses, so it has no least-connection scheduler; use wrr, rr or sh, or the ipvs balancer";
const NOT_THERE: &str = "the service address is not in the table; create it first";

/// One service address in our table.
#[derive(Debug)]
pub struct Nftables {
    service: String,
    front: Front,
    link: Link,
    connections: Flows,
}

impl Nftables {
    /// Returns the balancer of this address; nothing is asked and nothing is changed yet.
    /// Persistence of any length is kept by hashing the client's address, as `sh` does: a client stays
    /// with its real server for as long as real servers and weights stay as they are.
    ///
    /// # Errors
    /// `Unsupported` for what nftables cannot do, with the reason.
    pub fn open(service: &str, front: &Front) -> io::Result<Nftables> {
        let at = front.address.at;
        if front.scheduler == Scheduler::Lc {
            return Err(io::Error::new(io::ErrorKind::Unsupported, NO_LC));
        }
        if at.is_ipv6() && at.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, NO_LOOPBACK_6));
        }
        Ok(Nftables {
            service: service.to_owned(),
            front: *front,
            link: Link::open()?,
            connections: Flows::open()?,
        })
    }

    /// Returns what is behind the address, None when the address is not in the table.
    ///
    /// `active` are connections conntrack follows: for TCP those that are not closed on both sides,
    /// for UDP all that are not forgotten yet. UDP flows whose next question would lead past the table
    /// are forgotten on the way: a writer that was killed between table and conntrack leaves them, and
    /// nobody else would ever move them. Those of an earlier zone get no question any more.
    ///
    /// # Errors
    /// Table or conntrack do not answer, in the kernel's words.
    pub fn read(&self) -> io::Result<Option<Vec<RealServer>>> {
        let address = &self.front.address;
        let standing = elements::read(&self.link, address)?;
        let Some(known) = standing.servers else {
            return Ok(None);
        };
        let flows = self.connections.of(address)?;
        if address.protocol == Protocol::Udp {
            let serves = |at| known.iter().any(|it| it.0 == at && it.1 > 0);
            let astray = |it: &&Flow| it.zone == standing.zone && !serves(it.server);
            self.connections
                .forget_all(address, flows.iter().filter(astray))?;
        }
        let server = |(at, weight): &(SocketAddr, u32)| {
            let (active, inactive) = flows::count(&flows, *at);
            RealServer {
                at: *at,
                weight: *weight,
                active,
                inactive,
            }
        };
        Ok(Some(known.iter().map(server).collect()))
    }

    /// Returns the same with no connection counted: looking through them all takes milliseconds, this takes
    /// none.
    ///
    /// # Errors
    /// The table does not answer, in the kernel's words.
    pub fn weights(&self) -> io::Result<Option<Vec<RealServer>>> {
        let standing = elements::read(&self.link, &self.front.address)?;
        let server = |(at, weight)| RealServer {
            at,
            weight,
            active: 0,
            inactive: 0,
        };
        let servers = standing.servers;
        Ok(servers.map(|it| it.into_iter().map(server).collect()))
    }

    /// Does these changes in one transaction: clients see none of them or all. When nobody who served a
    /// UDP address goes on, its flows move in the same moment, and an answer that is under way still
    /// arrives. Otherwise the flows of UDP real servers at weight 0 and of every one removed are forgotten
    /// next, so that they move with their next packet.
    ///
    /// # Errors
    /// The table's refusal, and then nothing has changed; `NotFound` for a real server or an
    /// address that is not there; conntrack refused to forget, and then the table has changed.
    pub fn change_all(&self, changes: &[Change]) -> io::Result<()> {
        Nftables::change_together(&[(self, changes)])
    }

    /// Does the changes of several addresses in one transaction.
    ///
    /// # Errors
    /// As [`Nftables::change_all`].
    pub fn change_together(all: &[(&Nftables, &[Change])]) -> io::Result<()> {
        let lock = program::lock()?;
        let moves = all.iter().map(|(it, changes)| it.planned(changes));
        let moves = moves.collect::<io::Result<Vec<_>>>()?;
        let moves: Vec<_> = moves.into_iter().flatten().collect();
        if !moves.is_empty() {
            write(&moves)?;
        }
        moves.iter().try_for_each(Move::settle)?;
        drop(lock);
        moves.iter().try_for_each(Move::forget)
    }

    /// None: there is nothing to do.
    fn planned(&self, changes: &[Change]) -> io::Result<Option<Move<'_>>> {
        let before = elements::read(&self.link, &self.front.address)?;
        let servers = applied(before.servers.clone(), changes)?;
        // Another scheduler is no other state; a rule written again is seen by no connection.
        let create = changes.contains(&Change::Create);
        if before.servers == servers && !create {
            return Ok(None);
        }
        let way = way(
            self.front.address.protocol,
            before.servers.as_deref(),
            servers.as_deref(),
        );
        let zone = match way {
            Way::OneByOne => before.zone,
            Way::Together => next(before.zone),
            Way::Gone => 0,
        };
        Ok(Some(Move {
            balancer: self,
            before,
            after: Standing { servers, zone },
            way,
            create,
        }))
    }
}

/// What one address is brought from and to.
struct Move<'a> {
    balancer: &'a Nftables,
    before: Standing,
    after: Standing,
    way: Way,
    /// The address's rules are to be written whatever they are.
    create: bool,
}

/// Over netlink where no rule changes, which takes less than a millisecond; else by the program nft.
fn write(moves: &[Move<'_>]) -> io::Result<()> {
    if moves.iter().all(Move::keeps_rules) {
        let requests = moves.iter().map(Move::requests);
        let requests: Vec<_> = requests.collect::<io::Result<Vec<_>>>()?;
        let requests: Vec<_> = requests.into_iter().flatten().collect();
        match moves[0].balancer.link.transaction(&requests) {
            // A table of an earlier version, or one somebody has taken something out of.
            Err(why) if why.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
    }
    let scripts = moves.iter().map(Move::script);
    let scripts: Vec<_> = scripts.collect::<io::Result<Vec<_>>>()?;
    program::apply(&scripts.concat())
}

impl Move<'_> {
    fn keeps_rules(&self) -> bool {
        let rule = |servers: &Option<Vec<_>>| {
            let servers = servers.as_deref()?;
            Some(rules::rule(&self.balancer.front, servers))
        };
        let before = rule(&self.before.servers);
        !self.create && before.is_some() && before == rule(&self.after.servers)
    }

    fn requests(&self) -> io::Result<Vec<Request>> {
        let address = &self.balancer.front.address;
        let mut requests = elements::change(address, &self.before, &self.after);
        let interfaces = turns::interfaces(self.servers())?;
        requests.extend(elements::turns(&interfaces, address.at.ip().is_loopback()));
        Ok(requests)
    }

    /// What brings the table from one state to the other; a new address gets its surroundings before.
    fn script(&self) -> io::Result<String> {
        let front = &self.balancer.front;
        let address = &front.address;
        let zone = rules::zone(address, self.before.zone, self.after.zone);
        if self.after.servers.is_none() {
            return Ok(zone + &rules::delete(address, &listing::handles(address)?));
        }
        let mut script = rules::table();
        if self.before.servers.is_none() {
            script += &rules::create(&self.balancer.service, address);
            docker_user::open(address)?;
            flows::account();
        }
        let interfaces = turns::interfaces(self.servers())?;
        script += &rules::interfaces(&interfaces, address.at.ip().is_loopback());
        Ok(script + &rules::servers(front, self.servers()) + &zone)
    }

    fn servers(&self) -> &[(SocketAddr, u32)] {
        self.after.servers.as_deref().unwrap_or_default()
    }

    /// What lies beside the table.
    fn settle(&self) -> io::Result<()> {
        let address = &self.balancer.front.address;
        let Some(servers) = &self.after.servers else {
            return docker_user::close(address);
        };
        hairpin::open(servers);
        match address.at.ip().is_loopback() {
            true => turns::open_loopback(&turns::interfaces(servers)?),
            false => Ok(()),
        }
    }

    fn forget(&self) -> io::Result<()> {
        let address = &self.balancer.front.address;
        let weight = |at: SocketAddr| {
            let found = self.servers().iter().find(|it| it.0 == at);
            found.map(|it| it.1)
        };
        let gone = |at: SocketAddr| match (weight(at), self.way) {
            (_, Way::Together) => false,
            (None, Way::OneByOne | Way::Gone) => true,
            (Some(weight), Way::OneByOne | Way::Gone) => {
                weight == 0 && address.protocol == Protocol::Udp
            }
        };
        let before = self.before.servers.iter().flatten().map(|it| it.0);
        let leaving: Vec<SocketAddr> = before.filter(|it| gone(*it)).collect();
        match leaving.is_empty() {
            true => Ok(()),
            false => self.balancer.connections.forget(address, &leaving),
        }
    }
}

/// Says whether nftables can balance here.
///
/// # Errors
/// Why not, in words.
pub(super) fn works() -> Result<(), String> {
    program::check(&rules::trial()).map_err(|why| format!("nftables: {why}"))?;
    Flows::open()
        .and_then(|it| it.probe())
        .map_err(|why| format!("nftables: conntrack does not answer: {why}"))
}

fn applied(
    before: Option<Vec<(SocketAddr, u32)>>,
    changes: &[Change],
) -> io::Result<Option<Vec<(SocketAddr, u32)>>> {
    let mut now = before;
    for change in changes {
        now = one(now, change)?;
    }
    Ok(now)
}

fn one(
    now: Option<Vec<(SocketAddr, u32)>>,
    change: &Change,
) -> io::Result<Option<Vec<(SocketAddr, u32)>>> {
    let there = |now: Option<Vec<_>>| now.ok_or_else(|| missing(NOT_THERE));
    Ok(match *change {
        Change::Create => Some(now.unwrap_or_default()),
        Change::Delete => None,
        Change::Remove(at) => now.map(|all| all.into_iter().filter(|it| it.0 != at).collect()),
        Change::Add(at, weight) => {
            let mut all = there(now)?;
            all.retain(|it| it.0 != at);
            all.push((at, weight));
            Some(all)
        }
        Change::Weigh(at, weight) => {
            let mut all = there(now)?;
            let found = all.iter_mut().find(|it| it.0 == at);
            found
                .ok_or_else(|| missing(&format!("{at} is no real server of this address")))?
                .1 = weight;
            Some(all)
        }
    })
}

/// How the flows of those who leave find their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All of the address at once, in another zone.
    Together,
    /// Those of each real server that leaves; the others stay where they are.
    OneByOne,
    /// With the address.
    Gone,
}

fn way(
    protocol: Protocol,
    before: Option<&[(SocketAddr, u32)]>,
    after: Option<&[(SocketAddr, u32)]>,
) -> Way {
    let serving = |all: Option<&[(SocketAddr, u32)]>| {
        let all = all.unwrap_or_default().iter().filter(|it| it.1 > 0);
        all.map(|it| it.0).collect::<Vec<_>>()
    };
    let (old, new) = (serving(before), serving(after));
    let replaced = !old.is_empty() && !new.is_empty() && !old.iter().any(|it| new.contains(it));
    match (protocol, after) {
        (Protocol::Udp, Some(_)) if replaced => Way::Together,
        (Protocol::Udp | Protocol::Tcp, Some(_)) => Way::OneByOne,
        (Protocol::Udp | Protocol::Tcp, None) => Way::Gone,
    }
}

/// Comes round after so long that the flows of the one before have been forgotten for hours.
fn next(zone: u16) -> u16 {
    zone.checked_add(1).unwrap_or(1)
}

fn missing(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_move_together_when_nobody_who_served_goes_on() {
        let at = |last: u8| SocketAddr::from(([10, 0, 0, last], 80));
        let (a, b) = (vec![(at(1), 1), (at(2), 0)], vec![(at(2), 1)]);
        let udp = |before: &[_], after: &[_]| way(Protocol::Udp, Some(before), Some(after));
        assert_eq!(udp(&a, &b), Way::Together);
        assert_eq!(udp(&a, &[(at(1), 1), (at(2), 1)]), Way::OneByOne);
        assert_eq!(udp(&a, &[(at(1), 0)]), Way::OneByOne);
        assert_eq!(udp(&[(at(1), 0)], &b), Way::OneByOne);
        assert_eq!(way(Protocol::Tcp, Some(&a), Some(&b)), Way::OneByOne);
        assert_eq!(way(Protocol::Udp, Some(&a), None), Way::Gone);
        assert_eq!(way(Protocol::Udp, None, Some(&b)), Way::OneByOne);
        assert_eq!([0, 7, u16::MAX].map(next), [1, 8, 1]);
    }

    #[test]
    fn doing_a_change_twice_is_doing_it_once() {
        let at = "10.0.0.1:80".parse().unwrap();
        let twice = [
            Change::Create,
            Change::Add(at, 1),
            Change::Add(at, 5),
            Change::Create,
        ];
        assert_eq!(applied(None, &twice).unwrap(), Some(vec![(at, 5)]));
        let gone = [Change::Remove(at), Change::Remove(at)];
        assert_eq!(applied(Some(vec![(at, 1)]), &gone).unwrap(), Some(vec![]));
        assert_eq!(applied(None, &[Change::Delete]).unwrap(), None);
        assert!(applied(None, &[Change::Add(at, 1)]).is_err());
        assert!(applied(Some(vec![]), &[Change::Weigh(at, 1)]).is_err());
    }
}
