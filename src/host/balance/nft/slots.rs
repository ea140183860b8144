//! Weights as slots: each connection takes the next slot, and a real server holds as many as it weighs.

use std::net::SocketAddr;

/// Slots of one address. Weights that add up to more are scaled down, each to at least one slot.
pub(super) const SLOTS_MOST: u32 = 512;

/// Returns the real servers in the order connections are given to them, mixed as evenly as their
/// weights allow; empty when none weighs anything.
pub(super) fn slots(servers: &[(SocketAddr, u32)]) -> Vec<SocketAddr> {
    let shares = shares(servers);
    let total: i64 = shares.iter().map(|it| i64::from(it.1)).sum();
    let mut standing: Vec<i64> = vec![0; shares.len()];
    (0..total)
        .filter_map(|_| turn(&shares, &mut standing, total))
        .collect()
}

/// Each gains its weight; the furthest ahead takes the slot and pays for it.
fn turn(shares: &[(SocketAddr, u32)], standing: &mut [i64], total: i64) -> Option<SocketAddr> {
    for (now, (_, weight)) in standing.iter_mut().zip(shares) {
        *now += i64::from(*weight);
    }
    let best = (0..shares.len()).rev().max_by_key(|it| standing[*it])?;
    standing[best] -= total;
    Some(shares[best].0)
}

/// The weights that are not 0, by what they have in common, and no more of them than there may be.
fn shares(servers: &[(SocketAddr, u32)]) -> Vec<(SocketAddr, u32)> {
    let mut shares: Vec<_> = servers.iter().copied().filter(|it| it.1 > 0).collect();
    let common = shares
        .iter()
        .fold(0, |it, (_, weight)| divisor(it, *weight));
    let total: u64 = shares
        .iter()
        .map(|it| u64::from(it.1 / common.max(1)))
        .sum();
    for (_, weight) in &mut shares {
        let whole = u64::from(*weight / common.max(1));
        *weight = match total > u64::from(SLOTS_MOST) {
            true => (whole * u64::from(SLOTS_MOST) / total).max(1) as u32,
            false => whole as u32,
        };
    }
    shares
}

fn divisor(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        _ => divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(weights: &[u32]) -> String {
        let at = |it: usize| SocketAddr::from(([10, 0, 0, it as u8], 80));
        let servers: Vec<_> = weights
            .iter()
            .enumerate()
            .map(|(it, w)| (at(it), *w))
            .collect();
        let names = b"abcdef";
        let name = |it: &SocketAddr| servers.iter().position(|(at, _)| at == it).unwrap();
        slots(&servers)
            .iter()
            .map(|it| names[name(it)] as char)
            .collect()
    }

    #[test]
    fn slots_follow_weights_and_mix() {
        assert_eq!(order(&[]), "");
        assert_eq!(order(&[0, 0]), "");
        assert_eq!(order(&[1, 1]), "ab");
        assert_eq!(order(&[100, 100, 0]), "ab");
        assert_eq!(order(&[5, 1, 1]), "aabacaa");
        assert_eq!(order(&[4, 2]), "aba");
    }

    #[test]
    fn large_weights_stay_within_the_slots_there_are() {
        let order = order(&[65535, 1, 30000]);
        assert!(order.len() <= SLOTS_MOST as usize + 3);
        assert_eq!(order.matches('b').count(), 1);
        assert!(order.matches('a').count() > 2 * order.matches('c').count());
    }
}
