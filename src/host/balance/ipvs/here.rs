//! Whether packets for a service address arrive on this host at all.

use std::io;
use std::net::{IpAddr, UdpSocket};

/// IPVS sees what is addressed to this host, and a loopback address cannot leave it.
///
/// # Errors
/// The address is not one of this host's, or never leaves it; with what to type.
pub(super) fn check(ip: IpAddr) -> io::Result<()> {
    if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
        let why = format!(
            "{ip} cannot be a service address of IPVS; take an address of an interface, or one of your own: {}",
            remedy(ip)
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    // A socket can be bound to the addresses of this host and, unless told otherwise, to no others.
    UdpSocket::bind((ip, 0)).map(drop).map_err(|why| {
        let text = format!(
            "{ip} is no address of this host, so nothing sent to it arrives here ({why}); type: {} (it is gone with the next boot; a .network file or /etc/network/interfaces keeps it)",
            remedy(ip)
        );
        io::Error::new(io::ErrorKind::AddrNotAvailable, text)
    })
}

fn remedy(ip: IpAddr) -> String {
    let own = match ip {
        _ if !ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast() => ip.to_string(),
        IpAddr::V4(_) => "10.9.0.1".to_owned(),
        IpAddr::V6(_) => "fd00:9::1".to_owned(),
    };
    let length = if ip.is_ipv4() { 32 } else { 128 };
    format!("ip addr add {own}/{length} dev lo")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_somebody_else_is_told_with_what_to_type() {
        // TEST-NET-1 and the documentation prefix are nobody's.
        let why = check([192, 0, 2, 77].into()).unwrap_err().to_string();
        assert!(why.contains("ip addr add 192.0.2.77/32 dev lo"), "{why}");
        let why = check([127, 0, 0, 1].into()).unwrap_err().to_string();
        assert!(why.contains("ip addr add 10.9.0.1/32 dev lo"), "{why}");
        assert!(check("::".parse().unwrap()).is_err());
    }
}
