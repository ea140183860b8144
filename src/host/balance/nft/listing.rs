//! The handles of our rules, read from nft's own listing: what is to be deleted is named by them.

use std::io;

use super::rules::{TABLE, chain};
use crate::host::balance::program;
use crate::model::balance::Address;

/// Returns the handles of the address's rules in the chain `fronts`.
///
/// # Errors
/// nft's own words.
pub(super) fn handles(address: &Address) -> io::Result<Vec<u64>> {
    let listing = program::run(
        "nft",
        &["-a", "-nn", "list", "chain", "inet", TABLE, "fronts"],
        "",
    )?;
    Ok(found(&listing, address))
}

fn found(listing: &str, address: &Address) -> Vec<u64> {
    let comment = format!("comment \"{}\" # handle ", chain(address));
    let handle = |line: &str| line.split_once(&comment)?.1.trim().parse().ok();
    listing.lines().filter_map(handle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "table inet wharf { # handle 3
\tchain fronts { # handle 7
\t\tct original ip daddr 10.9.0.1 meta l4proto 6 ct original proto-dst 80 jump turn comment \"tcp_10_9_0_1_80\" # handle 16
\t\tct original ip daddr 10.9.0.1 meta l4proto 6 ct original proto-dst 801 jump turn comment \"tcp_10_9_0_1_801\" # handle 17
\t}
}
";

    #[test]
    fn the_handles_of_one_address_are_found() {
        assert_eq!(found(PRINTED, &"10.9.0.1:80".parse().unwrap()), [16]);
        assert!(found(PRINTED, &"10.9.0.1:8".parse().unwrap()).is_empty());
    }
}
