//! What our table says: the text nft is given, one transaction at a time.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use super::slots::slots;
use crate::model::balance::{Address, Front, Protocol, Scheduler};

/// Ours alone; nothing outside it is written, and it is never flushed.
pub(super) const TABLE: &str = "wharf";

/// Where a client's address is hashed to is no secret; it only has to stay.
const SEED: u32 = 0x77_68_61_72;

/// Returns the text that makes the table, or finds it made already.
///
/// The priorities lie one before those docker uses, so that a port docker publishes on all addresses
/// does not take one of ours. Masquerade where an answer would otherwise not come back through this
/// host: from this host's own addresses, and where client and real server share an interface.
///
/// What clients send to a UDP address is followed in a zone of conntrack of the address's own; answers are
/// in none. So all of an address's flows move with the change of one number, at their next question, and
/// an answer that is under way still finds the flow it belongs to.
pub(super) fn table() -> String {
    format!(
        r#"add table inet {TABLE}
add map inet {TABLE} services4 {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
add map inet {TABLE} services6 {{ type ipv6_addr . inet_proto . inet_service : verdict; }}
add map inet {TABLE} zones4 {{ typeof ip daddr . udp dport : ct zone; }}
add map inet {TABLE} zones6 {{ typeof ip6 daddr . udp dport : ct zone; }}
add set inet {TABLE} turns {{ type ifname . ifname; }}
add set inet {TABLE} opened {{ type ifname; }}
add chain inet {TABLE} before {{ type nat hook prerouting priority -101; policy accept; }}
add chain inet {TABLE} local {{ type nat hook output priority -101; policy accept; }}
add chain inet {TABLE} after {{ type nat hook postrouting priority 99; policy accept; }}
add chain inet {TABLE} guard {{ type filter hook prerouting priority -300; policy accept; }}
add chain inet {TABLE} sent {{ type filter hook output priority -300; policy accept; }}
add chain inet {TABLE} fronts
add chain inet {TABLE} turn
flush chain inet {TABLE} before
flush chain inet {TABLE} local
flush chain inet {TABLE} after
flush chain inet {TABLE} guard
flush chain inet {TABLE} sent
flush chain inet {TABLE} turn
add rule inet {TABLE} before ip daddr . meta l4proto . th dport vmap @services4
add rule inet {TABLE} before ip6 daddr . meta l4proto . th dport vmap @services6
add rule inet {TABLE} local ip daddr . meta l4proto . th dport vmap @services4
add rule inet {TABLE} local ip6 daddr . meta l4proto . th dport vmap @services6
add rule inet {TABLE} after ct status dnat jump fronts
add rule inet {TABLE} guard iifname @opened ip daddr 127.0.0.0/8 drop
add rule inet {TABLE} guard ct original zone set ip daddr . udp dport map @zones4
add rule inet {TABLE} guard ct original zone set ip6 daddr . udp dport map @zones6
add rule inet {TABLE} sent ct original zone set ip daddr . udp dport map @zones4
add rule inet {TABLE} sent ct original zone set ip6 daddr . udp dport map @zones6
add rule inet {TABLE} turn fib saddr type local oifname != "lo" masquerade
add rule inet {TABLE} turn iifname . oifname @turns masquerade
"#
    )
}

/// Returns the text that puts the address into the table, with no real server yet.
pub(super) fn create(service: &str, address: &Address) -> String {
    let (name, key, ip, family) = (chain(address), key(address), address.at.ip(), ip(address));
    let (protocol, port) = (address.protocol, address.at.port());
    let kind = match address.at {
        SocketAddr::V4(_) => "ipv4_addr",
        SocketAddr::V6(_) => "ipv6_addr",
    };
    let ours = format!(
        "ct original {family} daddr {ip} meta l4proto {protocol} ct original proto-dst {port}"
    );
    format!(
        r#"add chain inet {TABLE} {name} {{ comment "{service}"; }}
add set inet {TABLE} known_{name} {{ type {kind} . inet_service . mark; }}
add set inet {TABLE} selves_{name} {{ type {kind} . {kind}; }}
add rule inet {TABLE} fronts {ours} {family} saddr . {family} daddr @selves_{name} masquerade comment "{name}"
add rule inet {TABLE} fronts {ours} jump turn comment "{name}"
add element inet {TABLE} services{} {{ {key} : goto {name} }}
"#,
        digit(address)
    )
}

/// Returns the text that takes the address out of the table. `turns`: the handles of its rules in `fronts`.
pub(super) fn delete(address: &Address, turns: &[u64]) -> String {
    let (name, key, version) = (chain(address), key(address), digit(address));
    let mut text = format!("delete element inet {TABLE} services{version} {{ {key} }}\n");
    for handle in turns {
        let _ = writeln!(text, "delete rule inet {TABLE} fronts handle {handle}");
    }
    text + &format!(
        "flush chain inet {TABLE} {name}
delete chain inet {TABLE} {name}
delete set inet {TABLE} known_{name}
delete set inet {TABLE} selves_{name}
delete map inet {TABLE} slots_{name}
"
    )
}

/// Returns the text that has the flows of this address followed in another zone; 0 is none.
pub(super) fn zone(address: &Address, before: u16, after: u16) -> String {
    let (ip, port, version) = (address.at.ip(), address.at.port(), digit(address));
    let mut text = String::new();
    if before != 0 {
        let _ = writeln!(
            text,
            "delete element inet {TABLE} zones{version} {{ {ip} . {port} }}"
        );
    }
    if after != 0 {
        let _ = writeln!(
            text,
            "add element inet {TABLE} zones{version} {{ {ip} . {port} : {after} }}"
        );
    }
    text
}

/// Returns the text that has answers turned round on these interfaces; those of 127.0.0.0/8 as well
/// when `loopback`.
pub(super) fn interfaces(names: &[String], loopback: bool) -> String {
    let mut text = String::new();
    for name in names {
        let _ = writeln!(
            text,
            "add element inet {TABLE} turns {{ \"{name}\" . \"{name}\" }}"
        );
        if loopback {
            let _ = writeln!(text, "add element inet {TABLE} opened {{ \"{name}\" }}");
        }
    }
    text
}

/// Returns the text that puts these real servers behind the address instead of those there.
/// A bridge tells no rule after routing where a packet came in, so that a real server which is sent to
/// itself is known by its address alone.
pub(super) fn servers(front: &Front, servers: &[(SocketAddr, u32)]) -> String {
    let name = chain(&front.address);
    let mut selves: Vec<String> = servers
        .iter()
        .map(|(at, _)| format!("{0} . {0}", at.ip()))
        .collect();
    selves.sort();
    selves.dedup();
    let weighed =
        |(at, weight): &(SocketAddr, u32)| format!("{} . {} . {weight:#x}", at.ip(), at.port());
    let slots = slots(servers).into_iter().enumerate();
    let slots = slots.map(|(slot, at)| format!("{slot} : {} . {}", at.ip(), at.port()));
    let (rule, family, map) = (
        rule(front, servers),
        ip(&front.address),
        slots_of(&front.address),
    );
    format!(
        "add map inet {TABLE} {map} {{ typeof numgen inc mod 1 : {family} daddr . {} dport; }}
flush chain inet {TABLE} {name}
{}{}{}add rule inet {TABLE} {name} {rule}
",
        front.address.protocol,
        filled("map", &map, slots.collect()),
        filled(
            "set",
            &known(&front.address),
            servers.iter().map(weighed).collect()
        ),
        filled("set", &selves_of(&front.address), selves)
    )
}

/// nft takes no empty list of elements.
fn filled(kind: &str, set: &str, elements: Vec<String>) -> String {
    let flush = format!("flush {kind} inet {TABLE} {set}\n");
    match elements.is_empty() {
        true => flush,
        false => format!(
            "{flush}add element inet {TABLE} {set} {{ {} }}\n",
            elements.join(", ")
        ),
    }
}

/// Returns a table with one rule of each kind, to ask whether this kernel and this nft take them.
pub(super) fn trial() -> String {
    let at: SocketAddr = ([192, 0, 2, 1], 9).into();
    let front = |scheduler| Front {
        address: Address {
            at,
            protocol: Protocol::Tcp,
        },
        scheduler,
        persistence: None,
    };
    let behind = [(SocketAddr::from(([192, 0, 2, 2], 9)), 1)];
    let [first, second] = [Scheduler::Wrr, Scheduler::Sh].map(front);
    let head = table() + &create("trial", &first.address);
    head.replace(&format!("inet {TABLE}"), &format!("inet {TABLE}_trial"))
        + &[first, second]
            .map(|it| servers(&it, &behind))
            .concat()
            .replace(&format!("inet {TABLE}"), &format!("inet {TABLE}_trial"))
}

/// Returns the name of the address's chain: `tcp_10_9_0_1_80`; one address has one name.
pub(super) fn chain(address: &Address) -> String {
    let ip = match address.at.ip() {
        IpAddr::V4(ip) => ip.octets().map(|it| it.to_string()).join("_"),
        IpAddr::V6(ip) => ip.segments().map(|it| format!("{it:x}")).join("_"),
    };
    format!("{}_{ip}_{}", address.protocol, address.at.port())
}

/// Returns what the address's chain does. It names how many slots there are, not who holds them.
pub(super) fn rule(front: &Front, servers: &[(SocketAddr, u32)]) -> String {
    let order = slots(servers);
    let protocol = front.address.protocol;
    if order.is_empty() {
        return match protocol {
            Protocol::Tcp => "meta l4proto tcp reject with tcp reset".to_owned(),
            Protocol::Udp => "reject".to_owned(),
        };
    }
    let (family, count) = (ip(&front.address), order.len());
    let choice = match (front.scheduler, front.persistence) {
        (Scheduler::Sh, _) | (_, Some(_)) => {
            format!("jhash {family} saddr mod {count} seed {SEED:#x}")
        }
        (Scheduler::Rr | Scheduler::Wrr | Scheduler::Lc, None) => {
            format!("numgen inc mod {count}")
        }
    };
    let map = slots_of(&front.address);
    format!("meta l4proto {protocol} dnat {family} to {choice} map @{map}")
}

/// The set of an address's real servers with their weights.
pub(super) fn known(address: &Address) -> String {
    format!("known_{}", chain(address))
}

/// The set of real servers that may be sent to themselves.
pub(super) fn selves_of(address: &Address) -> String {
    format!("selves_{}", chain(address))
}

/// The map of who gets which connection.
pub(super) fn slots_of(address: &Address) -> String {
    format!("slots_{}", chain(address))
}

/// The map of addresses to the zones their flows are followed in.
pub(super) fn zones(address: &Address) -> &'static str {
    match address.at {
        SocketAddr::V4(_) => "zones4",
        SocketAddr::V6(_) => "zones6",
    }
}

fn key(address: &Address) -> String {
    let Address { at, protocol } = address;
    format!("{} . {protocol} . {}", at.ip(), at.port())
}

fn ip(address: &Address) -> &'static str {
    match address.at {
        SocketAddr::V4(_) => "ip",
        SocketAddr::V6(_) => "ip6",
    }
}

fn digit(address: &Address) -> char {
    match address.at {
        SocketAddr::V4(_) => '4',
        SocketAddr::V6(_) => '6',
    }
}
