//! What clients on this host and beside a real server need, so that their answers come back through this host.

use std::io;
use std::net::{IpAddr, SocketAddr};

use crate::host::balance::{hairpin, program, turns};
use crate::model::balance::{Address, Protocol};

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

/// Has the datagrams for this address wait in a queue, those that come from then on.
///
/// # Errors
/// nft's own words: the kernel has no such rules (nft_queue), or the table is not there.
pub(super) fn hold(address: &Address, queue: u16) -> io::Result<()> {
    program::apply(&held(address, queue))
}

/// Takes back what [`hold`] did; what waits is not its business.
pub(super) fn let_go(address: &Address) {
    let name = name(address);
    let flushed = GATES.map(|it| format!("flush chain inet {name} {it}\n"));
    // A rule that sends to a queue nobody has is passed by, and gone with the next change of the table.
    let _ = program::apply(&flushed.concat());
}

/// Before the kernel has looked whose connection a packet is.
const GATES: [&str; 2] = ["gate", "local_gate"];

fn held(address: &Address, queue: u16) -> String {
    let (name, protocol, port) = (name(address), address.protocol, address.at.port());
    let (family, ip) = family(address);
    let rule = |chain| {
        format!(
            "flush chain inet {name} {chain}\n\
             add rule inet {name} {chain} {family} daddr {ip} {protocol} dport {port} queue num {queue} bypass\n"
        )
    };
    GATES.map(rule).concat()
}

fn family(address: &Address) -> (&'static str, String) {
    match address.at.ip() {
        IpAddr::V4(ip) => ("ip", ip.to_string()),
        IpAddr::V6(ip) => ("ip6", ip.to_string()),
    }
}

/// The priorities lie one before docker's, whose own rules end the matter: a port it publishes on all
/// addresses would take ours. A destination rewritten to itself is one that nobody rewrites again.
fn table(address: &Address, interfaces: &[String]) -> String {
    let (name, protocol, port) = (name(address), address.protocol, address.at.port());
    let (family, ip) = family(address);
    let asked = format!(
        "meta l4proto {protocol} ct original {family} daddr {ip} ct original proto-dst {port}"
    );
    let kept = format!("{family} daddr {ip} {protocol} dport {port} dnat {family} to {ip}");
    let turned = interfaces
        .iter()
        .map(|it| format!("    {asked} iifname \"{it}\" oifname \"{it}\" masquerade\n"));
    let turned: String = turned.collect();
    let gates = match address.protocol {
        Protocol::Tcp => "",
        Protocol::Udp => EMPTY_GATES,
    };
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
{gates}}}
"
    )
}

/// Empty until a real server leaves: so no hook of the kernel comes or goes while datagrams wait, which
/// would lose them.
const EMPTY_GATES: &str = "  chain gate {
    type filter hook prerouting priority -300; policy accept;
  }
  chain local_gate {
    type filter hook output priority -300; policy accept;
  }
";

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
    fn a_gate_is_there_for_datagrams_and_holds_those_of_its_address_alone() {
        let address = "[fd00:9::1]:53/udp".parse().unwrap();
        assert!(!table(&"10.9.0.1:53".parse().unwrap(), &[]).contains("gate"));
        assert!(table(&address, &[]).contains("chain gate {"));
        let rule = "wharf_ipvs_udp_fd00_9_0_0_0_0_0_1_53 gate ip6 daddr fd00:9::1 udp dport 53 queue num 33000 bypass\n";
        let text = held(&address, 33_000);
        assert_eq!(text.matches(rule).count(), 1, "{text}");
        let local = rule.replace(" gate ", " local_gate ");
        assert_eq!(text.matches(&local).count(), 1, "{text}");
    }

    #[test]
    fn names_of_addresses_differ() {
        let name = |text: &str| name(&text.parse().unwrap());
        assert_eq!(name("[fd00::1]:80"), "wharf_ipvs_tcp_fd00_0_0_0_0_0_0_1_80");
        assert_ne!(name("10.9.0.1:80"), name("10.9.0.1:80/udp"));
    }
}
