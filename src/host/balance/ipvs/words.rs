//! The kernel's errno in words: what it means to IPVS is seldom what its name says.

use std::io;

use crate::model::balance::{Address, Change};

const EPERM: i32 = 1;
/// A destination that is not there; at a service, a scheduler.
pub(super) const ENOENT: i32 = 2;
/// A service that is not there.
pub(super) const ESRCH: i32 = 3;
/// A service or destination that is there already.
pub(super) const EEXIST: i32 = 17;

/// Returns the error with the address, what was being done there (None: looked), and what it means.
pub(super) fn told(address: &Address, change: Option<&Change>, why: io::Error) -> io::Error {
    let doing = change.map_or_else(|| "look".to_owned(), Change::to_string);
    let Some(number) = why.raw_os_error() else {
        return io::Error::new(why.kind(), format!("IPVS, {address}: {doing}: {why}"));
    };
    let (kind, meaning) = match (number, change) {
        (EPERM, _) => (why.kind(), "only root may (CAP_NET_ADMIN)".to_owned()),
        (ENOENT, Some(Change::Create)) => (why.kind(), NO_SCHEDULER.to_owned()),
        (ENOENT, _) => (why.kind(), "it is not behind this address".to_owned()),
        (ESRCH, _) => (io::ErrorKind::NotFound, NO_SERVICE.to_owned()),
        _ => (why.kind(), why.to_string()),
    };
    let text = format!("IPVS, {address}: {doing}: {meaning} (errno {number})");
    io::Error::new(kind, text)
}

const NO_SCHEDULER: &str =
    "this kernel has no such scheduler; modprobe ip_vs_wrr (ip_vs_rr, ip_vs_lc, ip_vs_sh) says why";
const NO_SERVICE: &str = "the address is not in the table; it has to be created first";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_errno_says_what_it_means_here() {
        let address = "10.9.0.1:80".parse().unwrap();
        let at = "172.17.0.2:80".parse().unwrap();
        let errno = io::Error::from_raw_os_error;
        let weigh = Change::Weigh(at, 0);
        let text = told(&address, Some(&weigh), errno(ENOENT)).to_string();
        assert_eq!(
            text,
            "IPVS, 10.9.0.1:80: weight of 172.17.0.2:80 to 0: it is not behind this address (errno 2)"
        );
        let create = told(&address, Some(&Change::Create), errno(ENOENT));
        assert!(create.to_string().contains("modprobe"), "{create}");
        let gone = told(&address, None, errno(ESRCH));
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        let own = told(&address, None, io::Error::other("own words"));
        assert_eq!(own.to_string(), "IPVS, 10.9.0.1:80: look: own words");
    }
}
