//! The sets of our table over netlink: what is read at every look, and written where no rule changes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::rules::{self, TABLE};
use super::slots::slots;
use crate::host::balance::nfnetlink::{Attributes, Link, Request, attribute, nested, text};
use crate::model::balance::{Address, Protocol};

const NEW: u16 = 0x0a0c;
const GET: u16 = 0x0a0d;
const DELETE: u16 = 0x0a0e;
/// Tables for IPv4 and IPv6 at once.
const INET: u8 = 1;

const LIST_TABLE: u16 = 1;
const LIST_SET: u16 = 2;
const LIST_ELEMENTS: u16 = 3;
const ELEMENT: u16 = 1;
const KEY: u16 = 1;
const DATA: u16 = 2;
const VALUE: u16 = 1;
/// How often real servers and zone are read until they are of one moment.
const READS_MOST: u32 = 8;
/// Bytes of an interface's name.
const NAME: usize = 16;

/// One address as the table has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The real servers with their weights, in their order; None: the address is not there.
    pub(super) servers: Option<Vec<(SocketAddr, u32)>>,
    /// The zone its flows are followed in; 0 is none.
    pub(super) zone: u16,
}

/// Returns how the address stands: real servers and zone of one moment.
///
/// # Errors
/// In the kernel's words; `Interrupted` when they change faster than they can be read.
pub(super) fn read(link: &Link, address: &Address) -> io::Result<Standing> {
    let mut zone = zone_of(link, address)?;
    for _ in 0..READS_MOST {
        let servers = servers(link, address)?;
        let after = zone_of(link, address)?;
        if zone == after {
            return Ok(Standing { servers, zone });
        }
        zone = after;
    }
    let words = "the table changes faster than it can be read";
    Err(io::Error::new(io::ErrorKind::Interrupted, words))
}

fn servers(link: &Link, address: &Address) -> io::Result<Option<Vec<(SocketAddr, u32)>>> {
    let mut servers = Vec::new();
    let there = list(link, &rules::known(address), |key, _| {
        servers.extend(server(address, key));
    })?;
    servers.sort();
    Ok(there.then_some(servers))
}

fn zone_of(link: &Link, address: &Address) -> io::Result<u16> {
    let mut zone = 0;
    if address.protocol == Protocol::Udp {
        let wanted = end(&address.at);
        list(link, rules::zones(address), |key, data| {
            if key == wanted {
                zone = data.try_into().map_or(0, u16::from_ne_bytes);
            }
        })?;
    }
    Ok(zone)
}

/// Returns the requests that bring an address from one state to another with as many slots.
pub(super) fn change(address: &Address, before: &Standing, after: &Standing) -> Vec<Request> {
    let servers = after.servers.as_deref().unwrap_or_default();
    let order = slots(servers).into_iter().zip(0u32..);
    let order = order.map(|(at, slot)| element(&slot.to_ne_bytes(), Some(&end(&at))));
    let known = servers.iter().map(|(at, weight)| {
        let key = [&end(at)[..], &weight.to_ne_bytes()].concat();
        element(&key, None)
    });
    let mut selves: Vec<_> = servers.iter().map(|it| ip(&it.0).repeat(2)).collect();
    selves.sort();
    selves.dedup();
    let selves = selves.iter().map(|it| element(it, None)).collect();
    let mut requests = Vec::new();
    for (set, elements) in [
        (rules::slots_of(address), order.collect()),
        (rules::known(address), known.collect()),
        (rules::selves_of(address), selves),
    ] {
        requests.push(request(DELETE, &set, Vec::new()));
        requests.extend(filled(&set, elements));
    }
    if before.zone != after.zone {
        requests.extend(zone(address, before.zone, after.zone));
    }
    requests
}

/// Returns the requests that have answers turned round on these interfaces; those of 127.0.0.0/8 as well
/// when `loopback`.
pub(super) fn turns(interfaces: &[String], loopback: bool) -> Vec<Request> {
    let name = |it: &String| {
        let mut name = it.as_bytes().to_vec();
        name.resize(NAME, 0);
        name
    };
    let names = interfaces.iter().map(name);
    let turned = names.clone().map(|it| element(&it.repeat(2), None));
    let opened = names.filter(|_| loopback).map(|it| element(&it, None));
    let sets = [("turns", turned.collect()), ("opened", opened.collect())];
    sets.into_iter()
        .filter_map(|(set, elements)| filled(set, elements))
        .collect()
}

fn zone(address: &Address, before: u16, after: u16) -> Vec<Request> {
    let (set, key) = (rules::zones(address), end(&address.at));
    let old = request(DELETE, set, vec![element(&key, None)]);
    let new = element(&key, Some(&after.to_ne_bytes()));
    let old = (before != 0).then_some(old);
    old.into_iter().chain(filled(set, vec![new])).collect()
}

fn filled(set: &str, elements: Vec<Vec<u8>>) -> Option<Request> {
    (!elements.is_empty()).then(|| request(NEW, set, elements).creating())
}

/// Without an element it is about all of the set.
fn request(kind: u16, set: &str, elements: Vec<Vec<u8>>) -> Request {
    let mut attributes = [text(LIST_TABLE, TABLE), text(LIST_SET, set)].concat();
    if !elements.is_empty() {
        attributes.extend(nested(LIST_ELEMENTS, &elements));
    }
    Request::new(kind, INET, attributes)
}

fn element(key: &[u8], data: Option<&[u8]>) -> Vec<u8> {
    let value = |kind, bytes: &[u8]| nested(kind, &[attribute(VALUE, bytes)]);
    let data = data.map(|it| value(DATA, it));
    let parts: Vec<_> = [value(KEY, key)].into_iter().chain(data).collect();
    nested(ELEMENT, &parts)
}

/// Gives each element's key and data to `take`; returns whether there is such a set.
fn list(link: &Link, set: &str, mut take: impl FnMut(&[u8], &[u8])) -> io::Result<bool> {
    let one = |body: &[u8]| {
        let elements = Attributes(body).get(LIST_ELEMENTS).unwrap_or_default();
        for element in Attributes(elements).each(ELEMENT) {
            let value = |kind| Attributes(Attributes(element).get(kind)?).get(VALUE);
            take(
                value(KEY).unwrap_or_default(),
                value(DATA).unwrap_or_default(),
            );
        }
    };
    match link.list(&request(GET, set, Vec::new()), one) {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

/// Address and port as a part of a key or value: each fills words of four bytes.
fn end(at: &SocketAddr) -> Vec<u8> {
    [&ip(at)[..], &at.port().to_be_bytes(), &[0, 0]].concat()
}

fn ip(at: &SocketAddr) -> Vec<u8> {
    match at.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// Address, port and weight out of a key.
fn server(address: &Address, key: &[u8]) -> Option<(SocketAddr, u32)> {
    let (ip, rest): (IpAddr, _) = match address.at {
        SocketAddr::V4(_) => {
            let (ip, rest) = key.split_first_chunk::<4>()?;
            (Ipv4Addr::from(*ip).into(), rest)
        }
        SocketAddr::V6(_) => {
            let (ip, rest) = key.split_first_chunk::<16>()?;
            (Ipv6Addr::from(*ip).into(), rest)
        }
    };
    let port = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
    let weight = u32::from_ne_bytes(rest.get(4..8)?.try_into().ok()?);
    Some((SocketAddr::new(ip, port), weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_server_is_read_as_it_was_written() {
        for (front, at) in [
            ("10.9.0.1:80", "172.17.0.4:8080"),
            ("[fd00::1]:80", "[fd00::2]:8080"),
        ] {
            let (address, at) = (front.parse().unwrap(), at.parse().unwrap());
            let key = [&end(&at)[..], &7u32.to_ne_bytes()].concat();
            assert_eq!(server(&address, &key), Some((at, 7)));
            assert_eq!(server(&address, &key[..key.len() - 1]), None);
        }
    }
}
