//! Who is at the other end: ranges of addresses, and what a proxy says of its clients.

use std::net::IpAddr;

use crate::model::web::footing::Range;

/// Reads `10.0.0.0/8`, `fd00::/8` or an address alone.
pub fn range(text: &str) -> Option<Range> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |it| it.parse().ok())?;
    (bits <= most).then_some(Range { address, bits })
}

/// Whether an address is in a range; an IPv4 address written as IPv6 is what it stands for.
pub fn within(address: IpAddr, range: &Range) -> bool {
    match (address.to_canonical(), range.address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let shift = 32 - u32::from(range.bits);
            let same = u32::from(one) ^ u32::from(other);
            same.checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let shift = 128 - u32::from(range.bits);
            let same = u128::from(one) ^ u128::from(other);
            same.checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Returns whom a proxy asks for: the last name in `X-Forwarded-For`, which is the one the proxy itself put
/// there; whatever stands before it the client may have made up.
pub fn client(peer: IpAddr, forwarded: Option<&str>) -> IpAddr {
    let last = forwarded.and_then(|it| it.rsplit(',').next());
    let address = last.and_then(|it| it.trim().parse::<IpAddr>().ok());
    address.unwrap_or(peer).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_they_say() {
        for (range_, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "10.0.0.1", false),
            ("::1", "::1", true),
        ] {
            let read = range(range_).unwrap();
            assert_eq!(
                within(address.parse().unwrap(), &read),
                inside,
                "{address} in {range_}"
            );
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "x/8"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_the_last_hop_is_believed() {
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        let is = |text: &str| client(proxy, Some(text)).to_string();
        assert_eq!(is("203.0.113.9"), "203.0.113.9");
        assert_eq!(is("1.2.3.4, 203.0.113.9"), "203.0.113.9");
        assert_eq!(is("nonsense"), "127.0.0.1");
        assert_eq!(client(proxy, None), proxy);
    }
}
