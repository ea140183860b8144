//! Services and destinations as the kernel writes and reads them: linux/ip_vs.h.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::message::{self, Attribute};
use crate::model::balance::{Address, Front, Protocol, RealServer, Scheduler, Traffic};

pub(super) const NEW_SERVICE: u8 = 1;
pub(super) const SET_SERVICE: u8 = 2;
pub(super) const DEL_SERVICE: u8 = 3;
pub(super) const GET_SERVICE: u8 = 4;
pub(super) const NEW_DEST: u8 = 5;
pub(super) const SET_DEST: u8 = 6;
pub(super) const DEL_DEST: u8 = 7;
pub(super) const GET_DEST: u8 = 8;
pub(super) const GET_INFO: u8 = 15;

const SERVICE: u16 = 1;
const DEST: u16 = 2;

const SERVICE_FAMILY: u16 = 1;
const SERVICE_PROTOCOL: u16 = 2;
const SERVICE_ADDRESS: u16 = 3;
const SERVICE_PORT: u16 = 4;
const SERVICE_SCHEDULER: u16 = 6;
const SERVICE_FLAGS: u16 = 7;
const SERVICE_TIMEOUT: u16 = 8;
const SERVICE_NETMASK: u16 = 9;

const DEST_ADDRESS: u16 = 1;
const DEST_PORT: u16 = 2;
const DEST_FORWARD: u16 = 3;
const DEST_WEIGHT: u16 = 4;
const DEST_UPPER: u16 = 5;
const DEST_LOWER: u16 = 6;
const DEST_ACTIVE: u16 = 7;
const DEST_INACTIVE: u16 = 8;
const DEST_FAMILY: u16 = 11;
const DEST_STATS64: u16 = 12;

const STATS_CONNECTIONS: u16 = 1;
const STATS_BYTES_IN: u16 = 4;
const STATS_BYTES_OUT: u16 = 5;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const TCP: u16 = 6;
const UDP: u16 = 17;
const MASQUERADE: u32 = 0;

/// One client stays with its real server.
pub(super) const PERSISTENT: u32 = 0x1;
/// `sh` gives a client of a real server at weight 0 another one; without it that client is refused.
pub(super) const FALLBACK: u32 = 0x8;
/// Those of a service that are ours to set; 0x2 is the kernel's own.
pub(super) const FLAGS: u32 = 0x3d;

/// Returns what names a service.
pub(super) fn key(address: &Address) -> Attribute {
    Attribute::Nest(SERVICE, key_parts(address))
}

/// Returns a whole service, as `NEW_SERVICE` and `SET_SERVICE` want it.
pub(super) fn service(front: &Front) -> Attribute {
    let mut parts = key_parts(&front.address);
    let flags = flags(front);
    let mut both = flags.to_ne_bytes().to_vec();
    both.extend(u32::MAX.to_ne_bytes());
    parts.extend([
        Attribute::text(SERVICE_SCHEDULER, &front.scheduler.to_string()),
        Attribute::Bytes(SERVICE_FLAGS, both),
        Attribute::u32(SERVICE_TIMEOUT, timeout(front)),
        // Persistence is by single client: every bit of its address counts.
        Attribute::u32(
            SERVICE_NETMASK,
            match front.address.at {
                SocketAddr::V4(_) => u32::MAX,
                SocketAddr::V6(_) => 128,
            },
        ),
    ]);
    Attribute::Nest(SERVICE, parts)
}

/// Returns what names a destination.
pub(super) fn dest_key(at: SocketAddr) -> Attribute {
    Attribute::Nest(DEST, dest_parts(at))
}

/// Returns a whole destination, reached by masquerading.
pub(super) fn dest(at: SocketAddr, weight: u32) -> Attribute {
    let mut parts = dest_parts(at);
    parts.extend([
        Attribute::u32(DEST_FORWARD, MASQUERADE),
        Attribute::u32(DEST_WEIGHT, weight),
        Attribute::u32(DEST_UPPER, 0),
        Attribute::u32(DEST_LOWER, 0),
    ]);
    Attribute::Nest(DEST, parts)
}

/// Returns whether a service the kernel showed is balanced as wanted.
pub(super) fn agrees(attributes: &[Attribute], front: &Front) -> bool {
    let shown = message::find(attributes, SERVICE)
        .map(Attribute::inside)
        .unwrap_or_default();
    let scheduler = match message::find(&shown, SERVICE_SCHEDULER) {
        Some(Attribute::Bytes(_, bytes)) => bytes.split(|it| *it == 0).next(),
        Some(Attribute::Nest(..)) | None => None,
    };
    let flags_shown = message::bytes(&shown, SERVICE_FLAGS).map(u32::from_ne_bytes);
    let timeout_shown = message::bytes(&shown, SERVICE_TIMEOUT).map(u32::from_ne_bytes);
    let persistent = front.persistence.is_some();
    scheduler == Some(front.scheduler.to_string().as_bytes())
        && flags_shown.map(|it| it & FLAGS) == Some(flags(front))
        && (!persistent || timeout_shown == Some(timeout(front)))
}

/// Returns a destination the kernel showed with its counts; None when it is no whole one.
pub(super) fn real_server(attributes: &[Attribute]) -> Option<RealServer> {
    let shown = message::find(attributes, DEST)?.inside();
    let count = |kind| message::bytes(&shown, kind).map(u32::from_ne_bytes);
    Some(RealServer {
        at: at(&shown)?,
        weight: count(DEST_WEIGHT)?,
        active: count(DEST_ACTIVE)?,
        inactive: count(DEST_INACTIVE)?,
    })
}

/// Returns what a destination the kernel showed has carried.
pub(super) fn traffic(attributes: &[Attribute]) -> Option<Traffic> {
    let shown = message::find(attributes, DEST)?.inside();
    let stats = message::find(&shown, DEST_STATS64)?.inside();
    let count = |kind| message::bytes(&stats, kind).map(u64::from_ne_bytes);
    Some(Traffic {
        at: at(&shown)?,
        connections: count(STATS_CONNECTIONS)?,
        bytes_in: count(STATS_BYTES_IN)?,
        bytes_out: count(STATS_BYTES_OUT)?,
    })
}

fn flags(front: &Front) -> u32 {
    let persistent = if front.persistence.is_some() {
        PERSISTENT
    } else {
        0
    };
    match front.scheduler {
        Scheduler::Sh => persistent | FALLBACK,
        Scheduler::Rr | Scheduler::Wrr | Scheduler::Lc => persistent,
    }
}

/// Whole seconds, at least one: the kernel takes 0 for "never ends".
fn timeout(front: &Front) -> u32 {
    let seconds = front.persistence.map_or(0, |it| it.as_secs().max(1));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

fn key_parts(address: &Address) -> Vec<Attribute> {
    let protocol = match address.protocol {
        Protocol::Tcp => TCP,
        Protocol::Udp => UDP,
    };
    vec![
        Attribute::u16(SERVICE_FAMILY, family(address.at.ip())),
        Attribute::u16(SERVICE_PROTOCOL, protocol),
        Attribute::Bytes(SERVICE_ADDRESS, sixteen(address.at.ip())),
        Attribute::Bytes(SERVICE_PORT, address.at.port().to_be_bytes().to_vec()),
    ]
}

fn dest_parts(at: SocketAddr) -> Vec<Attribute> {
    vec![
        Attribute::Bytes(DEST_ADDRESS, sixteen(at.ip())),
        Attribute::Bytes(DEST_PORT, at.port().to_be_bytes().to_vec()),
        Attribute::u16(DEST_FAMILY, family(at.ip())),
    ]
}

fn family(ip: IpAddr) -> u16 {
    match ip {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    }
}

/// The kernel's union of both kinds of address: an IPv4 one lies at its start.
fn sixteen(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(it) => [it.octets().as_slice(), &[0; 12]].concat(),
        IpAddr::V6(it) => it.octets().to_vec(),
    }
}

fn at(shown: &[Attribute]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(message::bytes(shown, DEST_PORT)?);
    let ip = match u16::from_ne_bytes(message::bytes(shown, DEST_FAMILY)?) {
        AF_INET => Ipv4Addr::from(message::bytes::<4>(shown, DEST_ADDRESS)?).into(),
        AF_INET6 => Ipv6Addr::from(message::bytes::<16>(shown, DEST_ADDRESS)?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
