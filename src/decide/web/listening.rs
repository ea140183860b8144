//! Where the page may listen, and what that takes.

use std::net::IpAddr;

use crate::model::web::footing::{Footing, Range};

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub address: IpAddr,
    pub certificate: bool,
    pub key: bool,
    pub proxies: Vec<Range>,
    pub users: bool,
}

/// Why it may not, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub what: &'static str,
    pub next: &'static str,
}

/// Returns what connections are made of; passwords and sessions never cross a network in the clear.
///
/// # Errors
/// [`Refused`].
pub fn footing(wish: &Wish) -> Result<Footing, Refused> {
    let refused = |what, next| Err(Refused { what, next });
    let here = wish.address.is_loopback();
    let proxy = !wish.proxies.is_empty();
    match (wish.certificate, wish.key, proxy) {
        (true, false, _) | (false, true, _) => refused(
            "a certificate and its key belong together",
            "give both --tls-cert and --tls-key",
        ),
        (true, true, true) => refused(
            "either the page has a certificate or the proxy before it",
            "leave out --behind-proxy, or --tls-cert and --tls-key",
        ),
        (false, false, false) if !here => refused(
            "others than this host need TLS",
            "give --tls-cert and --tls-key, or --behind-proxy; or leave out --listen and go there with ssh -L 1234:127.0.0.1:1234",
        ),
        _ if !wish.users && (proxy || !here) => refused(
            "others than this host need to log in by name",
            "wharf web user NAME --role admin --users FILE, then give --users FILE",
        ),
        (true, true, false) => Ok(Footing::Tls),
        (false, false, true) => Ok(Footing::Proxy(wish.proxies.clone())),
        (false, false, false) => Ok(Footing::Loopback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::web::address;

    /// Every combination: the clear only on loopback, users wherever others may come from.
    #[test]
    fn nothing_crosses_a_network_in_the_clear() {
        let proxies = vec![address::range("10.0.0.0/8").unwrap()];
        for number in 0..32 {
            let bit = |at: u32| number >> at & 1 == 1;
            let wish = Wish {
                address: if bit(0) { "127.0.0.1" } else { "0.0.0.0" }
                    .parse()
                    .unwrap(),
                certificate: bit(1),
                key: bit(2),
                proxies: if bit(3) { proxies.clone() } else { Vec::new() },
                users: bit(4),
            };
            let here = bit(0);
            match footing(&wish) {
                Ok(Footing::Loopback) => assert!(here && !bit(1) && !bit(2) && !bit(3)),
                Ok(Footing::Tls) => assert!(bit(1) && bit(2) && !bit(3) && (here || bit(4))),
                Ok(Footing::Proxy(ranges)) => {
                    assert!(!bit(1) && !bit(2) && bit(4) && ranges == proxies);
                }
                Err(why) => {
                    let halves = bit(1) != bit(2);
                    let both = bit(1) && bit(2) && bit(3);
                    let clear = !here && !bit(1) && !bit(3);
                    let nobody = !bit(4) && (!here || bit(3));
                    assert!(halves || both || clear || nobody, "{wish:?} {why:?}");
                    assert!(!why.next.is_empty());
                }
            }
        }
    }
}
