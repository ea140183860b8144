//! Docker's forward policy is to drop; `DOCKER-USER` is the chain it keeps for others to say otherwise.

use std::io;
use std::net::SocketAddr;

use super::program::run;
use crate::model::balance::Address;

const CHAIN: &str = "DOCKER-USER";
/// Seconds iptables waits for its own lock.
const LOCK_WAIT: &str = "5";

/// Lets connections to this address through, both ways; does nothing where docker has no such chain.
/// By iptables, because a rule nft writes into its tables makes iptables refuse to work with them.
///
/// # Errors
/// iptables' own words.
pub(super) fn open(address: &Address) -> io::Result<()> {
    if !has_rule(address) && has_chain(address) {
        ask(address, "-I")?;
    }
    Ok(())
}

/// Takes back what [`open`] did.
///
/// # Errors
/// iptables' own words.
pub(super) fn close(address: &Address) -> io::Result<()> {
    if has_rule(address) {
        ask(address, "-D")?;
    }
    Ok(())
}

fn has_chain(address: &Address) -> bool {
    run(program(address), &["-w", LOCK_WAIT, "-n", "-L", CHAIN], "").is_ok()
}

fn has_rule(address: &Address) -> bool {
    ask(address, "-C").is_ok()
}

/// Matches packets of both directions: the destination meant is that of the connection's first packet.
/// None but ours is sent on with this one, since it is an address of the host.
fn ask(address: &Address, verb: &str) -> io::Result<()> {
    let (ip, port) = (address.at.ip().to_string(), address.at.port().to_string());
    let protocol = address.protocol.to_string();
    let rule = [
        "-w",
        LOCK_WAIT,
        verb,
        CHAIN,
        "-p",
        &protocol,
        "-m",
        "conntrack",
        "--ctorigdst",
        &ip,
        "--ctorigdstport",
        &port,
        "-m",
        "comment",
        "--comment",
        "wharf",
        "-j",
        "ACCEPT",
    ];
    run(program(address), &rule, "").map(drop)
}

fn program(address: &Address) -> &'static str {
    match address.at {
        SocketAddr::V4(_) => "iptables",
        SocketAddr::V6(_) => "ip6tables",
    }
}
