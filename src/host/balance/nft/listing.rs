//! What our table holds, read from nft's own listing.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::rules::{TABLE, chain};
use crate::host::balance::program;
use crate::model::balance::{Address, Protocol};

/// The table as nft prints it, lines without their indent.
#[derive(Default)]
pub(super) struct Listing(String);

/// Returns the table as it stands; an empty one when there is none.
///
/// # Errors
/// nft's own words.
pub(super) fn read() -> io::Result<Listing> {
    // The whole table: nft 1.0.6 does not find the anonymous map when it is asked for one chain.
    match program::run("nft", &["-a", "-nn", "list", "table", "inet", TABLE], "") {
        Ok(text) => Ok(Listing(text)),
        Err(why) if why.to_string().contains("No such file or directory") && !not_started(&why) => {
            Ok(Listing::default())
        }
        Err(why) => Err(why),
    }
}

fn not_started(why: &io::Error) -> bool {
    why.kind() == io::ErrorKind::NotFound
}

impl Listing {
    /// Returns the real servers of an address with their weights, None when the address is not there.
    pub(super) fn known(&self, address: &Address) -> Option<Vec<(SocketAddr, u32)>> {
        let name = chain(address);
        let goto = format!("goto {name}");
        let mut words = self.0.split([',', '}', '\n']).map(str::trim);
        if !words.any(|it| it.ends_with(&goto)) {
            return None;
        }
        let block = self.block(&format!("set known_{name} {{"))?;
        let elements = block.split_once("elements = {").map_or("", |it| it.1);
        let elements = elements.split_once('}').map_or("", |it| it.0);
        let mut known: Vec<_> = elements.split(',').filter_map(element).collect();
        known.sort();
        Some(known)
    }

    /// Returns the zone an address's flows are followed in; 0 is none.
    pub(super) fn zone(&self, address: &Address) -> u16 {
        let key = format!("{} . {} : ", address.at.ip(), address.at.port());
        let block = match address.at {
            SocketAddr::V4(_) => self.block("map zones4 {"),
            SocketAddr::V6(_) => self.block("map zones6 {"),
        };
        let elements = block.and_then(|it| it.split_once("elements = {"));
        let elements = elements
            .and_then(|it| it.1.split_once('}'))
            .map_or("", |it| it.0);
        let mut zones = elements.split(',').map(str::trim);
        let zone = zones.find_map(|it| it.strip_prefix(&key)?.parse().ok());
        zone.filter(|_| address.protocol == Protocol::Udp)
            .unwrap_or_default()
    }

    /// Returns the handles of the address's rules in the chain `fronts`.
    pub(super) fn turn_handles(&self, address: &Address) -> Vec<u64> {
        let comment = format!("comment \"{}\" # handle ", chain(address));
        let block = self.block("chain fronts {").unwrap_or_default();
        let handle = |line: &str| line.split_once(&comment)?.1.trim().parse().ok();
        block.lines().filter_map(handle).collect()
    }

    /// The text of a set or chain, from its head to the next line that closes one.
    fn block(&self, head: &str) -> Option<&str> {
        let (_, rest) = self.0.split_once(head)?;
        Some(rest.split_once("\n\t}").map_or(rest, |it| it.0))
    }
}

/// `172.17.0.4 . 80 . 0x00000001`
fn element(text: &str) -> Option<(SocketAddr, u32)> {
    let mut parts = text.split(" . ").map(str::trim);
    let ip: IpAddr = parts.next()?.parse().ok()?;
    let port: u16 = parts.next()?.parse().ok()?;
    let weight = u32::from_str_radix(parts.next()?.strip_prefix("0x")?, 16).ok()?;
    Some((SocketAddr::new(ip, port), weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "table inet wharf { # handle 3
\tmap services4 { # handle 1
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = { 10.9.0.1 . 6 . 80 : goto tcp_10_9_0_1_80,
\t\t\t     10.9.0.1 . 6 . 801 : goto tcp_10_9_0_1_801 }
\t}

\tmap zones4 { # handle 2
\t\ttypeof ip daddr . udp dport : ct zone
\t\telements = { 10.9.0.1 . 8 : 7,
\t\t\t     10.9.0.1 . 80 : 65535 }
\t}

\tset known_tcp_10_9_0_1_80 { # handle 9
\t\ttype ipv4_addr . inet_service . mark
\t\telements = { 172.17.0.4 . 80 . 0x00000001,
\t\t\t     172.17.0.3 . 80 . 0x00000000 }
\t}

\tset known_tcp_10_9_0_1_801 { # handle 9
\t\ttype ipv4_addr . inet_service . mark
\t}

\tchain fronts { # handle 7
\t\tct original ip daddr 10.9.0.1 meta l4proto 6 ct original proto-dst 80 jump turn comment \"tcp_10_9_0_1_80\" # handle 16
\t}
}
";

    #[test]
    fn a_listing_is_read_as_it_was_written() {
        let listing = Listing(PRINTED.to_owned());
        let known = |text: &str| listing.known(&text.parse().unwrap());
        let server = |text: &str, weight| (text.parse().unwrap(), weight);
        let both = vec![server("172.17.0.3:80", 0), server("172.17.0.4:80", 1)];
        assert_eq!(known("10.9.0.1:80"), Some(both));
        assert_eq!(known("10.9.0.1:801"), Some(vec![]));
        assert_eq!(known("10.9.0.1:8"), None);
        assert_eq!(known("10.9.0.1:80/udp"), None);
        let zone = |text: &str| listing.zone(&text.parse().unwrap());
        let zones = [
            "10.9.0.1:8/udp",
            "10.9.0.1:80/udp",
            "10.9.0.1:80",
            "0.9.0.1:8/udp",
        ];
        assert_eq!(zones.map(zone), [7, 65535, 0, 0]);
        assert_eq!(listing.turn_handles(&"10.9.0.1:80".parse().unwrap()), [16]);
        assert_eq!(
            Listing::default().known(&"10.9.0.1:80".parse().unwrap()),
            None
        );
    }
}
