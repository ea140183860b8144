//! IPVS, the kernel's own balancer: spoken to over generic netlink, masquerading.

mod gate;
mod ground;
mod here;
mod link;
mod message;
mod way_back;
mod wire;
mod words;

use std::io;
use std::net::SocketAddr;

use crate::host::balance::docker_user;
use crate::host::balance::flows::{self, Flows};
use crate::model::balance::{Change, Front, Protocol, RealServer, Traffic};
use gate::Gate;
pub(super) use ground::settings;
use link::Manner;
use message::{Attribute, Message};
use words::{EEXIST, ENOENT, ESRCH};

/// One service address in IPVS.
#[derive(Debug)]
pub struct Ipvs {
    /// The number the kernel speaks of IPVS by.
    family: u16,
    front: Front,
}

/// Whether IPVS works here; if not, why, and what to type.
pub(super) fn works() -> Result<(), String> {
    let family = link::family().map_err(|why| absent(&why))?;
    let ask = Message {
        command: wire::GET_INFO,
        attributes: Vec::new(),
    };
    link::request(family, ask, Manner::Once).map_err(|why| {
        format!("IPVS does not answer: {why}; only root may ask it (CAP_NET_ADMIN)")
    })?;
    way_back::works()
}

/// Asking for the family makes the kernel load the module, so there is nothing left to try.
fn absent(why: &io::Error) -> String {
    format!("this kernel has no IPVS and loads none ({why}); modprobe ip_vs says what is missing")
}

impl Ipvs {
    pub(super) fn open(front: &Front) -> io::Result<Ipvs> {
        let family = link::family().map_err(|why| io::Error::new(why.kind(), absent(&why)))?;
        Ok(Ipvs {
            family,
            front: *front,
        })
    }

    pub(super) fn read(&self) -> io::Result<Option<Vec<RealServer>>> {
        self.servers()
            .map_err(|why| words::told(&self.front.address, None, why))
    }

    pub(super) fn traffic(&self) -> io::Result<Vec<Traffic>> {
        self.dests(wire::traffic)
            .map_err(|why| words::told(&self.front.address, None, why))
    }

    pub(super) fn change(&self, change: &Change) -> io::Result<()> {
        let done = match change {
            Change::Create => self.create(),
            Change::Add(at, weight) => self.add(*at, *weight),
            Change::Weigh(at, weight) => self.order(wire::SET_DEST, wire::dest(*at, *weight)),
            Change::Remove(at) => self.remove(*at),
            Change::Delete => self.delete(),
        };
        done.map_err(|why| words::told(&self.front.address, Some(change), why))
    }

    fn servers(&self) -> io::Result<Option<Vec<RealServer>>> {
        match self.service()? {
            Some(_) => self.dests(wire::real_server).map(Some),
            None => Ok(None),
        }
    }

    fn create(&self) -> io::Result<()> {
        here::check(self.front.address.at.ip())?;
        ground::prepare(&self.front)?;
        let there = match self.service()? {
            Some(shown) if wire::agrees(&shown.attributes, &self.front) => Ok(()),
            Some(_) => self.serve(wire::SET_SERVICE),
            None => self.serve(wire::NEW_SERVICE),
        };
        match there {
            // Somebody was quicker.
            Err(why) if why.raw_os_error() == Some(EEXIST) => self.serve(wire::SET_SERVICE),
            other => other,
        }?;
        self.open_way_back(None)?;
        flows::account();
        docker_user::open(&self.front.address)
    }

    /// The way back is open before the first connection comes.
    fn add(&self, at: SocketAddr, weight: u32) -> io::Result<()> {
        if at.is_ipv4() != self.front.address.at.is_ipv4() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "IPVS masquerades IPv4 to IPv4 and IPv6 to IPv6 alone",
            ));
        }
        self.open_way_back(Some(at))?;
        match self.order(wire::NEW_DEST, wire::dest(at, weight)) {
            Err(why) if why.raw_os_error() == Some(EEXIST) => {
                self.order(wire::SET_DEST, wire::dest(at, weight))
            }
            other => other,
        }
    }

    fn remove(&self, at: SocketAddr) -> io::Result<()> {
        let take_out = || self.order(wire::DEL_DEST, wire::dest_key(at)).or_else(gone);
        match self.front.address.protocol {
            Protocol::Tcp => take_out(),
            Protocol::Udp => self.move_flows(at, take_out),
        }
    }

    /// IPVS drops the next datagram of a flow of a real server that is out while conntrack still knows the
    /// flow (`ip_vs_conn_uses_old_conntrack`; seen on 6.1: 8 in 30 swaps), and an answer under way to a
    /// flow that is forgotten comes from a stranger. So none may come between: datagrams wait in the
    /// kernel until the last answer is out, the real server too, and its flows are forgotten. Where the
    /// kernel has no queue for them each flow may lose one.
    fn move_flows(
        &self,
        at: SocketAddr,
        take_out: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let address = &self.front.address;
        let Ok(flows) = Flows::open() else {
            return take_out();
        };
        let gate = Gate::close(address);
        let known = flows.at_rest(address, &[at]).unwrap_or_default();
        take_out()?;
        let _ = flows.forget_all(address, &known);
        if !gate.closed() {
            // Those that came in between.
            let _ = flows.forget(address, &[at]);
        }
        Ok(())
    }

    fn delete(&self) -> io::Result<()> {
        self.send(wire::DEL_SERVICE, vec![wire::key(&self.front.address)])
            .or_else(gone)?;
        way_back::close(&self.front.address)?;
        docker_user::close(&self.front.address)
    }

    fn open_way_back(&self, new: Option<SocketAddr>) -> io::Result<()> {
        let servers = self.servers()?.unwrap_or_default();
        let servers: Vec<_> = servers.iter().map(|it| it.at).chain(new).collect();
        way_back::open(&self.front.address, &servers)
    }

    /// Returns the service as the kernel shows it; None when it is not there.
    fn service(&self) -> io::Result<Option<Message>> {
        let ask = Message {
            command: wire::GET_SERVICE,
            attributes: vec![wire::key(&self.front.address)],
        };
        match link::request(self.family, ask, Manner::Once) {
            Ok(answers) => Ok(answers.into_iter().next()),
            Err(why) if why.raw_os_error() == Some(ESRCH) => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn dests<T>(&self, read: fn(&[Attribute]) -> Option<T>) -> io::Result<Vec<T>> {
        let ask = Message {
            command: wire::GET_DEST,
            attributes: vec![wire::key(&self.front.address)],
        };
        let shown = link::request(self.family, ask, Manner::Dump)?;
        let unreadable = || io::Error::other("a real server is shown that makes no sense");
        let read = |it: &Message| read(&it.attributes).ok_or_else(unreadable);
        shown.iter().map(read).collect()
    }

    fn serve(&self, command: u8) -> io::Result<()> {
        self.send(command, vec![wire::service(&self.front)])
    }

    fn order(&self, command: u8, dest: Attribute) -> io::Result<()> {
        self.send(command, vec![wire::key(&self.front.address), dest])
    }

    fn send(&self, command: u8, attributes: Vec<Attribute>) -> io::Result<()> {
        let ask = Message {
            command,
            attributes,
        };
        link::request(self.family, ask, Manner::Once).map(drop)
    }
}

fn gone(why: io::Error) -> io::Result<()> {
    match why.raw_os_error() {
        Some(ENOENT | ESRCH) => Ok(()),
        _ => Err(why),
    }
}

#[cfg(test)]
mod tests;
