//! How the page is reached: in the clear on this host, with TLS, or through a proxy that has it.

use std::net::IpAddr;

/// Addresses written as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub address: IpAddr,
    /// Leading bits that count.
    pub bits: u8,
}

/// What connections are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Footing {
    /// Only from this host.
    Loopback,
    /// With our own certificate.
    Tls,
    /// Only from these addresses, which say for whom they ask.
    Proxy(Vec<Range>),
}

impl Footing {
    /// As browsers know it.
    pub fn scheme(&self) -> &'static str {
        match self {
            Footing::Loopback => "http",
            Footing::Tls | Footing::Proxy(_) => "https",
        }
    }
}
