//! nftables as a balancer: one table of ours, one chain per service address, one transaction per change.

mod listing;
mod rules;
mod slots;

use std::io;
use std::net::SocketAddr;

use crate::host::balance::flows::{self, Flows};
use crate::host::balance::{docker_user, hairpin, program, turns};
use crate::model::balance::{Change, Front, Protocol, RealServer, Scheduler};
use listing::Listing;

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
        })
    }

    /// Returns what is behind the address, None when the address is not in the table.
    ///
    /// # Errors
    /// nft or conntrack refused, in their words.
    pub fn read(&self) -> io::Result<Option<Vec<RealServer>>> {
        self.seen(&listing::read()?)
    }

    /// Returns the same of several addresses, by one look at the table.
    ///
    /// # Errors
    /// As [`Nftables::read`].
    pub fn read_together(all: &[&Nftables]) -> io::Result<Vec<Option<Vec<RealServer>>>> {
        let listing = listing::read()?;
        all.iter().map(|it| it.seen(&listing)).collect()
    }

    /// `active` are connections conntrack follows: for TCP those that are not closed on both sides,
    /// for UDP all that are not forgotten yet. UDP flows whose next question would lead past the table
    /// are forgotten on the way: a writer that was killed between table and conntrack leaves them, and
    /// nobody else would ever move them. Those of an earlier zone get no question any more.
    fn seen(&self, listing: &Listing) -> io::Result<Option<Vec<RealServer>>> {
        let Some(known) = listing.known(&self.front.address) else {
            return Ok(None);
        };
        let connections = Flows::open()?;
        let flows = connections.of(&self.front.address)?;
        if self.front.address.protocol == Protocol::Udp {
            let zone = listing.zone(&self.front.address);
            let serves = |at| known.iter().any(|it| it.0 == at && it.1 > 0);
            connections.forget_all(
                &self.front.address,
                flows
                    .iter()
                    .filter(|it| it.zone == zone && !serves(it.server)),
            )?;
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

    /// Does these changes in one transaction: clients see none of them or all. When nobody who served a
    /// UDP address goes on, its flows move in the same moment, and an answer that is under way still
    /// arrives. Otherwise the flows of UDP real servers at weight 0 and of every one removed are forgotten
    /// next, so that they move with their next packet.
    ///
    /// # Errors
    /// nft refused, in its words, and then nothing has changed; `NotFound` for a real server or an
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
        let listing = listing::read()?;
        let (mut script, mut ends) = (String::new(), Vec::new());
        for (it, changes) in all {
            let before = listing.known(&it.front.address);
            let after = applied(before.clone(), changes)?;
            let way = way(
                it.front.address.protocol,
                before.as_deref(),
                after.as_deref(),
            );
            // Another scheduler is no other state; a rule written again is seen by no connection.
            if before != after || changes.contains(&Change::Create) {
                script += &it.script(&listing, before.as_deref(), after.as_deref())?;
                script += &it.zone(&listing, way);
            }
            ends.push((it, before, after, way));
        }
        if !script.is_empty() {
            program::apply(&script)?;
            for (it, before, after, _) in &ends {
                if before != after {
                    it.settle(after.as_deref())?;
                }
            }
        }
        drop(lock);
        let one_by_one = |it: &&(_, _, _, Way)| it.3 == Way::OneByOne;
        let mut ends = ends.iter().filter(one_by_one);
        ends.try_for_each(|(it, before, after, _)| it.forget(before.as_deref(), after.as_deref()))
    }

    /// What has flows followed anew, so that each moves with its next question.
    fn zone(&self, listing: &Listing, way: Way) -> String {
        let address = &self.front.address;
        let before = listing.zone(address);
        match way {
            Way::OneByOne => String::new(),
            Way::Gone => rules::zone(address, before, 0),
            Way::Together => rules::zone(address, before, next(before)),
        }
    }

    /// What brings the table from one state to the other; a new address gets its surroundings before.
    fn script(
        &self,
        listing: &Listing,
        before: Option<&[(SocketAddr, u32)]>,
        after: Option<&[(SocketAddr, u32)]>,
    ) -> io::Result<String> {
        let address = &self.front.address;
        let Some(after) = after else {
            return Ok(rules::delete(address, &listing.turn_handles(address)));
        };
        let mut script = String::new();
        if before.is_none() {
            script += &rules::table();
            script += &rules::create(&self.service, address);
            docker_user::open(address)?;
            flows::account();
        }
        let interfaces = turns::interfaces(after)?;
        script += &rules::interfaces(&interfaces, address.at.ip().is_loopback());
        script += &rules::servers(&self.front, after);
        Ok(script)
    }

    /// What lies beside the table.
    fn settle(&self, after: Option<&[(SocketAddr, u32)]>) -> io::Result<()> {
        let Some(after) = after else {
            return docker_user::close(&self.front.address);
        };
        hairpin::open(after);
        match self.front.address.at.ip().is_loopback() {
            true => turns::open_loopback(&turns::interfaces(after)?),
            false => Ok(()),
        }
    }

    fn forget(
        &self,
        before: Option<&[(SocketAddr, u32)]>,
        after: Option<&[(SocketAddr, u32)]>,
    ) -> io::Result<()> {
        let weight = |at: SocketAddr| {
            let mut all = after.unwrap_or_default().iter();
            all.find(|it| it.0 == at).map(|it| it.1)
        };
        let udp = self.front.address.protocol == Protocol::Udp;
        let gone = |at: SocketAddr| match weight(at) {
            None => true,
            Some(0) => udp,
            Some(_) => false,
        };
        let before = before.unwrap_or_default().iter().map(|it| it.0);
        let leaving: Vec<SocketAddr> = before.filter(|it| gone(*it)).collect();
        if leaving.is_empty() {
            return Ok(());
        }
        Flows::open()?.forget(&self.front.address, &leaving)
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
