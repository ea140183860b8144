//! What a balancer holds: the address clients use, and the real servers behind it.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
}

/// The service address: what clients connect to. Written `10.9.0.1:80` or `10.9.0.1:53/udp`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Address {
    pub at: SocketAddr,
    pub protocol: Protocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheduler {
    /// Round robin.
    Rr,
    /// Round robin by weight.
    Wrr,
    /// Least connections.
    Lc,
    /// By the client's address.
    Sh,
}

/// One service address with how it is balanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Front {
    pub address: Address,
    pub scheduler: Scheduler,
    /// How long one client stays with its real server; whole seconds. None: every connection anew.
    pub persistence: Option<Duration>,
}

/// Which way requests take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BalancerKind {
    /// The kernel's IPVS.
    Ipvs,
    /// The kernel's nftables, where there is no IPVS.
    Nftables,
    /// A process of ours, where there is no privilege.
    Relay,
}

/// One entry behind a service address, as the balancer shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RealServer {
    pub at: SocketAddr,
    /// 0: takes no new connections, keeps those it has.
    pub weight: u32,
    /// Open connections.
    pub active: u32,
    /// Connections that are over and not forgotten yet; 0 where a balancer does not count them.
    pub inactive: u32,
}

/// What one real server has carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Traffic {
    pub at: SocketAddr,
    /// All it was ever given, the open ones too.
    pub connections: u64,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Bytes to clients.
    pub bytes_out: u64,
}

/// One service address as a balancer holds it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// None: it was asked for by its address.
    pub service: Option<String>,
    pub balancer: BalancerKind,
    pub address: Address,
    /// None: it is not there.
    pub servers: Option<Vec<RealServer>>,
    /// Of those real servers whose traffic is counted.
    pub traffic: Vec<Traffic>,
    /// Why the balancer could not be asked.
    pub why: Option<String>,
}

/// One change of one service address. Each is a single call; none touches another entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Change {
    /// The address itself, with no real server.
    Create,
    /// A real server at this weight.
    Add(SocketAddr, u32),
    Weigh(SocketAddr, u32),
    Remove(SocketAddr),
    /// The address with all that is behind it.
    Delete,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Tcp => write!(f, "{}", self.at),
            Protocol::Udp => write!(f, "{}/udp", self.at),
        }
    }
}

impl fmt::Display for Scheduler {
    /// As ipvsadm names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheduler::Rr => "rr",
            Scheduler::Wrr => "wrr",
            Scheduler::Lc => "lc",
            Scheduler::Sh => "sh",
        })
    }
}

impl fmt::Display for BalancerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BalancerKind::Ipvs => "ipvs",
            BalancerKind::Nftables => "nftables",
            BalancerKind::Relay => "relay",
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Create => f.write_str("create the address"),
            Change::Add(at, weight) => write!(f, "add {at} at weight {weight}"),
            Change::Weigh(at, weight) => write!(f, "weight of {at} to {weight}"),
            Change::Remove(at) => write!(f, "remove {at}"),
            Change::Delete => f.write_str("delete the address"),
        }
    }
}

impl std::str::FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Address, NotAnAddress> {
        let (at, protocol) = match text.split_once('/') {
            None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Protocol::Tcp),
            Some((at, "udp")) => (at, Protocol::Udp),
            Some(_) => return Err(NotAnAddress),
        };
        let at: SocketAddr = at.parse().map_err(|_| NotAnAddress)?;
        match at.port() {
            0 => Err(NotAnAddress),
            _ => Ok(Address { at, protocol }),
        }
    }
}

/// A text that is no service address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAddress;

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a service address is IP:PORT, [IPv6]:PORT, or either with /udp behind it")
    }
}

impl std::error::Error for NotAnAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_as_it_was_written() {
        for text in ["10.9.0.1:80", "10.9.0.1:53/udp", "[fd00::1]:80"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(
            "1.2.3.4:5/tcp".parse::<Address>().unwrap().to_string(),
            "1.2.3.4:5"
        );
        for text in [
            "",
            ":80",
            "10.9.0.1",
            "web:80",
            "10.9.0.1:80/sctp",
            "1.2.3.4:0",
            "1.2.3.4:5/tcp/udp",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
