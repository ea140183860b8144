//! Interfaces real servers are reached through: what shares one with its client needs its answers turned round here.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Returns the interfaces these real servers are reached through, each once.
///
/// # Errors
/// The kernel's table of routes cannot be read.
pub(super) fn interfaces(servers: &[(SocketAddr, u32)]) -> io::Result<Vec<String>> {
    let routes4 = fs::read_to_string("/proc/thread-self/net/route")?;
    // Absent where IPv6 is switched off.
    let routes6 = fs::read_to_string("/proc/thread-self/net/ipv6_route").unwrap_or_default();
    let through = |(at, _): &(SocketAddr, u32)| match at.ip() {
        IpAddr::V4(ip) => longest(routes4.lines().filter_map(|it| route4(it, ip))),
        IpAddr::V6(ip) => longest(routes6.lines().filter_map(|it| route6(it, ip))),
    };
    let mut found: Vec<String> = servers.iter().filter_map(through).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// Lets packets from 127.0.0.0/8 leave through these interfaces; the table's `guard` keeps out those
/// that would come in.
///
/// # Errors
/// The switch cannot be set; with its path.
pub(super) fn open_loopback(interfaces: &[String]) -> io::Result<()> {
    for name in interfaces {
        let path = format!("/proc/sys/net/ipv4/conf/{name}/route_localnet");
        // Who made the address has set it; an instance's sandbox may read it and no more.
        if fs::read_to_string(&path).is_ok_and(|it| it.trim() == "1") {
            continue;
        }
        fs::write(&path, "1").map_err(|why| {
            io::Error::new(why.kind(), format!("cannot write 1 to {path}: {why}"))
        })?;
    }
    Ok(())
}

/// The interface of the route with the longest mask.
fn longest(routes: impl Iterator<Item = (u32, String)>) -> Option<String> {
    routes.max_by_key(|it| it.0).map(|it| it.1)
}

/// `docker0 000011AC 00000000 0001 0 0 0 0000FFFF …`: little-endian numbers.
fn route4(line: &str, ip: Ipv4Addr) -> Option<(u32, String)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| {
        u32::from_str_radix(fields.get(at)?, 16)
            .ok()
            .map(u32::swap_bytes)
    };
    let (net, mask) = (number(1)?, number(7)?);
    (u32::from(ip) & mask == net).then(|| (mask.count_ones(), fields[0].to_owned()))
}

/// `fd00… 40 0000… 00 0000… 00000100 00000000 00000000 00000001 docker0`
fn route6(line: &str, ip: Ipv6Addr) -> Option<(u32, String)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let net = u128::from_str_radix(fields.first()?, 16).ok()?;
    let length = u32::from_str_radix(fields.get(1)?, 16).ok()?;
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    (u128::from(ip) & mask == net).then(|| Some((length, (*fields.get(9)?).to_owned())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mask_wins() {
        let lines = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
        ];
        let through = |ip| longest(lines.iter().filter_map(|it| route4(it, ip)));
        assert_eq!(through([172, 17, 0, 3].into()).unwrap(), "docker0");
        assert_eq!(through([8, 8, 8, 8].into()).unwrap(), "eth0");
        let line = "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 br0";
        let inside = "fd00::7".parse().unwrap();
        assert_eq!(route6(line, inside), Some((64, "br0".to_owned())));
        assert_eq!(route6(line, "fd01::7".parse().unwrap()), None);
    }
}
