//! IPVS, the kernel's own balancer: spoken to over generic netlink, masquerading.

mod link;
mod message;
mod wire;

use std::io;
use std::net::SocketAddr;

use crate::model::balance::{Change, Front, RealServer, Traffic};
use link::Manner;
use message::{Attribute, Message};

/// EEXIST, ENOENT and ESRCH: what IPVS says of a thing that is there, of a destination and of a service
/// that is not.
const THERE: i32 = 17;
const NO_DEST: i32 = 2;
const NO_SERVICE: i32 = 3;

/// One service address in IPVS.
#[derive(Debug)]
pub struct Ipvs {
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
    link::request(family, ask, Manner::Once)
        .map(drop)
        .map_err(|why| format!("IPVS does not answer: {why}"))
}

fn absent(why: &io::Error) -> String {
    format!("this kernel has no IPVS ({why}): modprobe ip_vs")
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
        match self.service()? {
            Some(_) => Ok(Some(self.dests(wire::real_server)?)),
            None => Ok(None),
        }
    }

    pub(super) fn traffic(&self) -> io::Result<Vec<Traffic>> {
        self.dests(wire::traffic)
    }

    pub(super) fn change(&self, change: &Change) -> io::Result<()> {
        let done = match change {
            Change::Create => self.create(),
            Change::Add(at, weight) => self.add(*at, *weight),
            Change::Weigh(at, weight) => self.order(wire::SET_DEST, wire::dest(*at, *weight)),
            Change::Remove(at) => self
                .order(wire::DEL_DEST, wire::dest_key(*at))
                .or_else(gone),
            Change::Delete => self
                .send(wire::DEL_SERVICE, vec![wire::key(&self.front.address)])
                .or_else(gone),
        };
        done.map_err(|why| self.told(change, &why))
    }

    fn create(&self) -> io::Result<()> {
        let whole = || vec![wire::service(&self.front)];
        match self.service()? {
            Some(shown) if wire::agrees(&shown.attributes, &self.front) => Ok(()),
            Some(_) => self.send(wire::SET_SERVICE, whole()),
            None => match self.send(wire::NEW_SERVICE, whole()) {
                // Somebody was quicker.
                Err(why) if why.raw_os_error() == Some(THERE) => {
                    self.send(wire::SET_SERVICE, whole())
                }
                other => other,
            },
        }
    }

    fn add(&self, at: SocketAddr, weight: u32) -> io::Result<()> {
        match self.order(wire::NEW_DEST, wire::dest(at, weight)) {
            Err(why) if why.raw_os_error() == Some(THERE) => {
                self.order(wire::SET_DEST, wire::dest(at, weight))
            }
            other => other,
        }
    }

    /// Returns the service as the kernel shows it; None when it is not there.
    fn service(&self) -> io::Result<Option<Message>> {
        let ask = Message {
            command: wire::GET_SERVICE,
            attributes: vec![wire::key(&self.front.address)],
        };
        match link::request(self.family, ask, Manner::Once) {
            Ok(answers) => Ok(answers.into_iter().next()),
            Err(why) if why.raw_os_error() == Some(NO_SERVICE) => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn dests<T>(&self, read: fn(&[Attribute]) -> Option<T>) -> io::Result<Vec<T>> {
        let ask = Message {
            command: wire::GET_DEST,
            attributes: vec![wire::key(&self.front.address)],
        };
        let shown = link::request(self.family, ask, Manner::Dump)?;
        let unreadable = || io::Error::other("IPVS shows a real server that makes no sense");
        shown
            .iter()
            .map(|it| read(&it.attributes).ok_or_else(unreadable))
            .collect()
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

    fn told(&self, change: &Change, why: &io::Error) -> io::Error {
        let address = self.front.address;
        io::Error::new(why.kind(), format!("IPVS, {address}: {change}: {why}"))
    }
}

fn gone(why: io::Error) -> io::Result<()> {
    match why.raw_os_error() {
        Some(NO_DEST | NO_SERVICE) => Ok(()),
        _ => Err(why),
    }
}
