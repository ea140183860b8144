//! Connections the kernel follows (conntrack): counted per real server, and forgotten, over netlink.
//!
//! Not `/proc/net/nf_conntrack`: kernels are built without it, and it cannot forget. Not the program
//! `conntrack`: hosts that have nft do not have it by themselves.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::nfnetlink::{Attributes, Link, Request, attribute, nested};
use crate::model::balance::{Address, Protocol};

/// How long a flow that is owed an answer is waited for, and how long after it is looked at again: one
/// that is never answered, or whose answers were lost, is not waited for any longer.
const REST: Duration = Duration::from_millis(100);
const ROUND: Duration = Duration::from_millis(4);
/// Connections forgotten in one go; the kernel's answers to them have to find room.
const AT_ONCE: usize = 64;
/// Counts packets of each connection, those made from then on.
const ACCOUNTING: &str = "/proc/sys/net/netfilter/nf_conntrack_acct";

const GET: u16 = 0x0101;
const DELETE: u16 = 0x0102;
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const PROTOCOL_STATE: u16 = 4;
/// Within a direction.
const TUPLE_ZONE: u16 = 3;
const ID: u16 = 12;
const COUNTED: u16 = 9;
const COUNTED_BACK: u16 = 10;
const ZONE: u16 = 18;
const FILTER: u16 = 25;
/// Of the tuple: its destination address.
const FILTER_ADDRESS: u32 = 1 << 1;
/// Its protocol and destination port.
const FILTER_PORT: u32 = 1 << 3 | 1 << 5;
/// TCP states from here on are closed on both sides: LAST_ACK, TIME_WAIT, CLOSE.
const CLOSING: u8 = 6;
/// The last of them; behind it lies a state of opening.
const CLOSED: u8 = 8;

/// The kernel's table of connections, this network namespace's.
#[derive(Debug)]
pub(super) struct Flows(Link);

/// One connection through a service address.
pub(super) struct Flow {
    pub(super) server: SocketAddr,
    /// Where what its client sends is followed; 0 is with everything else.
    pub(super) zone: u16,
    open: bool,
    /// Its client has asked more often than it was answered: an answer may be on its way.
    due: bool,
    /// What names it, as the kernel wrote it.
    key: Vec<u8>,
}

/// Has the kernel count what goes to and fro, so that flows can be forgotten at a quiet moment. Where it
/// cannot, they are forgotten at once.
pub(super) fn account() {
    // Not ours to insist on.
    let _ = std::fs::write(ACCOUNTING, "1");
}

#[allow(clippy::disallowed_methods, reason = "a wait here is bounded in time")]
fn now() -> Instant {
    Instant::now()
}

/// Returns how many connections of this real server are open, and how many are over.
pub(super) fn count(flows: &[Flow], server: SocketAddr) -> (u32, u32) {
    let of = flows.iter().filter(|it| it.server == server);
    of.fold((0, 0), |(open, over), it| match it.open {
        true => (open + 1, over),
        false => (open, over + 1),
    })
}

impl Flows {
    /// Returns the way to the table.
    ///
    /// # Errors
    /// The kernel has none, or we may not.
    pub(super) fn open() -> io::Result<Flows> {
        Link::open().map(Flows)
    }

    /// Asks for what cannot be there, to see whether asking works.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn probe(&self) -> io::Result<()> {
        let nobody = Address {
            at: ([192, 0, 2, 1], 9).into(),
            protocol: Protocol::Udp,
        };
        self.of(&nobody).map(drop)
    }

    /// Returns the connections whose clients asked for this address.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn of(&self, address: &Address) -> io::Result<Vec<Flow>> {
        match self.list(address, filter(address)) {
            // Linux before 5.8 knows no filter: everything comes and is looked through here.
            Err(why) if why.kind() != io::ErrorKind::PermissionDenied => {
                self.list(address, Vec::new())
            }
            other => other,
        }
    }

    /// Forgets the connections of this address with these real servers. A UDP flow is forgotten between
    /// an answer and the next question where it can be: an answer to a flow that is forgotten would reach
    /// its client from an address it has never heard of.
    ///
    /// # Errors
    /// In the kernel's words; a connection that is over by itself meanwhile is no error.
    pub(super) fn forget(&self, address: &Address, servers: &[SocketAddr]) -> io::Result<()> {
        let since = now();
        loop {
            let late = since.elapsed() >= REST;
            let flows = self.with(address, servers)?.into_iter();
            let (due, quiet): (Vec<_>, Vec<_>) = flows.partition(|it| it.due && !late);
            self.forget_all(address, &quiet)?;
            if due.is_empty() {
                return Ok(());
            }
            std::thread::sleep(ROUND);
        }
    }

    /// Returns the connections of this address with these real servers, at a moment when no client is owed
    /// an answer; where none such comes, as they are in the end.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn at_rest(
        &self,
        address: &Address,
        servers: &[SocketAddr],
    ) -> io::Result<Vec<Flow>> {
        let since = now();
        loop {
            let late = since.elapsed() >= REST;
            let flows = self.with(address, servers)?;
            if late || flows.iter().all(|it| !it.due) {
                return Ok(flows);
            }
            std::thread::sleep(ROUND);
        }
    }

    /// Forgets these, without another look.
    ///
    /// # Errors
    /// In the kernel's words; a connection that is over by itself meanwhile is no error.
    pub(super) fn forget_all<'a>(
        &self,
        address: &Address,
        flows: impl IntoIterator<Item = &'a Flow>,
    ) -> io::Result<()> {
        let flows: Vec<&Flow> = flows.into_iter().collect();
        let mut some = flows.chunks(AT_ONCE);
        some.try_for_each(|some| self.drop_flows(address, some))
    }

    fn with(&self, address: &Address, servers: &[SocketAddr]) -> io::Result<Vec<Flow>> {
        let mut flows = self.of(address)?;
        flows.retain(|it| servers.contains(&it.server));
        Ok(flows)
    }

    /// All in one go: there may be tens of thousands, and some may be waiting for it.
    fn drop_flows(&self, address: &Address, flows: &[&Flow]) -> io::Result<()> {
        let order = |it: &&Flow| Request::new(DELETE, family(address), it.key.clone());
        let orders: Vec<_> = flows.iter().map(order).collect();
        self.0.orders(&orders, io::ErrorKind::NotFound)
    }

    fn list(&self, address: &Address, filter: Vec<u8>) -> io::Result<Vec<Flow>> {
        let mut flows = Vec::new();
        let request = Request::new(GET, family(address), filter);
        self.0
            .list(&request, |body| flows.extend(flow(address, body)))?;
        Ok(flows)
    }
}

fn flow(address: &Address, body: &[u8]) -> Option<Flow> {
    let (asked, protocol) = end(Attributes(body).get(ORIGINAL)?, Side::Destination)?;
    if asked != address.at || protocol != number(address.protocol) {
        return None;
    }
    let (server, _) = end(Attributes(body).get(REPLY)?, Side::Source)?;
    let mut key = Vec::new();
    for kind in [ORIGINAL, ID, ZONE] {
        if let Some(raw) = Attributes(body).raw(kind) {
            key.extend_from_slice(raw);
        }
    }
    let state = || Attributes(Attributes(Attributes(body).get(PROTOCOL_STATE)?).get(1)?).get(1);
    let open = match (address.protocol, state()) {
        (Protocol::Tcp, Some([state])) => !(CLOSING..=CLOSED).contains(state),
        (Protocol::Tcp | Protocol::Udp, _) => true,
    };
    let due =
        address.protocol == Protocol::Udp && packets(body, COUNTED) > packets(body, COUNTED_BACK);
    let zone = Attributes(Attributes(body).get(ORIGINAL)?).get(TUPLE_ZONE);
    let zone = zone.and_then(|it| it.try_into().ok());
    Some(Flow {
        server,
        zone: zone.map_or(0, u16::from_be_bytes),
        open,
        due,
        key,
    })
}

/// Packets of one direction; 0 where nobody counts.
fn packets(body: &[u8], direction: u16) -> u64 {
    let counted = || Attributes(Attributes(body).get(direction)?).get(1);
    let counted = counted().and_then(|it| it.try_into().ok());
    counted.map_or(0, u64::from_be_bytes)
}

#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
}

/// One end of a tuple, with its protocol's number.
fn end(tuple: &[u8], side: Side) -> Option<(SocketAddr, u8)> {
    let (ip, protocol) = (Attributes(tuple).get(1)?, Attributes(tuple).get(2)?);
    let step = match side {
        Side::Source => 0,
        Side::Destination => 1,
    };
    let four = || <[u8; 4]>::try_from(Attributes(ip).get(1 + step)?).ok();
    let six = || <[u8; 16]>::try_from(Attributes(ip).get(3 + step)?).ok();
    let address = four()
        .map(IpAddr::from)
        .or_else(|| six().map(IpAddr::from))?;
    let port = <[u8; 2]>::try_from(Attributes(protocol).get(2 + step)?).ok()?;
    let [number] = Attributes(protocol).get(1)? else {
        return None;
    };
    Some((SocketAddr::new(address, u16::from_be_bytes(port)), *number))
}

/// Has the kernel send only what was meant for this address. Of an IPv6 one only its port: the kernel's
/// comparison of IPv6 addresses gave nothing when it was tried (6.18), and all is compared here again.
fn filter(address: &Address) -> Vec<u8> {
    let (ip, flags) = match address.at.ip() {
        IpAddr::V4(ip) => (attribute(2, &ip.octets()), FILTER_ADDRESS | FILTER_PORT),
        IpAddr::V6(ip) => (attribute(4, &ip.octets()), FILTER_PORT),
    };
    let mut protocol = attribute(1, &[number(address.protocol)]);
    protocol.extend(attribute(3, &address.at.port().to_be_bytes()));
    let mut all = nested(ORIGINAL, &[nested(1, &[ip]), nested(2, &[protocol])]);
    all.extend(nested(FILTER, &[attribute(1, &flags.to_ne_bytes())]));
    all
}

/// As the kernel numbers address families.
fn family(address: &Address) -> u8 {
    match address.at {
        SocketAddr::V4(_) => 2,
        SocketAddr::V6(_) => 10,
    }
}

/// As IANA numbers protocols.
fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
    }
}
