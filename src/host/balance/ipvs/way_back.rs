//! What clients on this host and beside a real server need, so that their answers come back through this host.

use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::host::balance::{hairpin, program, turns};
use crate::model::balance::Address;

/// Whether the program is there that this takes.
pub(super) fn works() -> Result<(), String> {
    let asked = program::run("nft", &["--version"], "");
    asked.map(drop).map_err(|why| {
        format!(
            "IPVS is there, but what masquerades beside it is not: {why}; apt-get install nftables"
        )
    })
}

/// Makes clients on the interfaces of these real servers be answered, those in the real servers
/// themselves too. Others keep their address: a real server sees who asks.
///
/// One table for each service address, replaced as a whole; only a connection's first packet asks it.
///
/// # Errors
/// nft's own words; nft is not installed.
pub(super) fn open(address: &Address, servers: &[SocketAddr]) -> io::Result<()> {
    let weighted: Vec<_> = servers.iter().map(|it| (*it, 1)).collect();
    let interfaces = turns::interfaces(&weighted)?;
    program::apply(&table(address, &interfaces))?;
    hairpin::open(&weighted);
    Ok(())
}

/// Takes back what [`open`] did; fine when it never did.
///
/// # Errors
/// nft's own words.
pub(super) fn close(address: &Address) -> io::Result<()> {
    let name = name(address);
    // Making it first, because there may be none to delete, and old programs know no other way to say so.
    program::apply(&format!(
        "add table inet {name}\ndelete table inet {name}\n"
    ))
}

/// The priorities lie one before docker's, whose own rules end the matter: a port it publishes on all
/// addresses would take ours. A destination rewritten to itself is one that nobody rewrites again.
fn table(address: &Address, interfaces: &[String]) -> String {
    let (name, protocol, port) = (name(address), address.protocol, address.at.port());
    let (family, ip) = match address.at.ip() {
        IpAddr::V4(ip) => ("ip", ip.to_string()),
        IpAddr::V6(ip) => ("ip6", ip.to_string()),
    };
    let asked = format!(
        "meta l4proto {protocol} ct original {family} daddr {ip} ct original proto-dst {port}"
    );
    let kept = format!("{family} daddr {ip} {protocol} dport {port} dnat {family} to {ip}");
    let turned = interfaces
        .iter()
        .map(|it| format!("    {asked} iifname \"{it}\" oifname \"{it}\" masquerade\n"));
    let turned: String = turned.collect();
    format!(
        "add table inet {name}
delete table inet {name}
table inet {name} {{
  chain before {{
    type nat hook prerouting priority -101; policy accept;
    {kept}
  }}
  chain local {{
    type nat hook output priority -101; policy accept;
    {kept}
  }}
  chain back {{
    type nat hook postrouting priority 99; policy accept;
{turned}  }}
}}
"
    )
}

/// `wharf_ipvs_tcp_10_9_0_1_80`; one address has one name.
fn name(address: &Address) -> String {
    let ip = match address.at.ip() {
        IpAddr::V4(ip) => ip.octets().map(|it| it.to_string()).join("_"),
        IpAddr::V6(ip) => ip.segments().map(|it| format!("{it:x}")).join("_"),
    };
    format!("wharf_ipvs_{}_{ip}_{}", address.protocol, address.at.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_turns_round_what_shares_an_interface() {
        let text = table(&"10.9.0.1:53/udp".parse().unwrap(), &["docker0".to_owned()]);
        assert!(
            text.contains("table inet wharf_ipvs_udp_10_9_0_1_53 {"),
            "{text}"
        );
        assert!(
            text.contains(
                "meta l4proto udp ct original ip daddr 10.9.0.1 ct original proto-dst 53 \
                 iifname \"docker0\" oifname \"docker0\" masquerade"
            ),
            "{text}"
        );
    }

    #[test]
    fn names_of_addresses_differ() {
        let name = |text: &str| name(&text.parse().unwrap());
        assert_eq!(name("[fd00::1]:80"), "wharf_ipvs_tcp_fd00_0_0_0_0_0_0_1_80");
        assert_ne!(name("10.9.0.1:80"), name("10.9.0.1:80/udp"));
    }
}
