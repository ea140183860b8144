//! Which real server a relay's client is given, and which ones after it when that one does not answer.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use crate::model::balance::Scheduler;
use crate::model::job::JobKind;
use crate::model::relay::RelayFront;

/// Milliseconds a real server that could not be connected to is asked last.
pub const SHUNNED_FOR: u64 = 1_000;

/// What a relay does with its open connections when it is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// They are kept for the next process, which goes on with them.
    HandOver,
    /// They have a while to end.
    Drain,
}

/// Returns what is to be done; `job` is what systemd does with the unit, None where it cannot be asked
/// or keeps nothing for us. Without a job somebody else ended the process, and systemd starts it again.
pub fn parting(job: Option<Option<JobKind>>) -> Parting {
    match job {
        Some(None | Some(JobKind::Restart | JobKind::Start)) => Parting::HandOver,
        None | Some(Some(JobKind::Stop | JobKind::Other(_))) => Parting::Drain,
    }
}

/// The real servers of one front, with whose turn it is. Times are milliseconds of any one clock.
#[derive(Clone, Debug)]
pub struct Chooser {
    scheduler: Scheduler,
    persistent: bool,
    servers: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    at: SocketAddr,
    weight: u32,
    /// How far ahead of its share it is.
    standing: i64,
    shunned_until: u64,
}

impl Chooser {
    /// Returns the chooser of this front; whose turn it is, is taken over from the one before.
    pub fn new(front: &RelayFront, before: Option<&Chooser>) -> Chooser {
        let known = |at| before.and_then(|it| it.servers.iter().find(|it| it.at == at));
        let entry = |(at, weight): &(SocketAddr, u32)| Entry {
            at: *at,
            weight: *weight,
            standing: 0,
            shunned_until: known(*at).map_or(0, |it| it.shunned_until),
        };
        Chooser {
            scheduler: front.scheduler,
            persistent: front.persistent,
            servers: front.servers.iter().map(entry).collect(),
        }
    }

    /// Returns all real servers that take connections, the one whose turn it is first, those that did
    /// not answer lately last. `open` counts the open connections of one.
    pub fn order(
        &mut self,
        client: IpAddr,
        now: u64,
        open: impl Fn(SocketAddr) -> u32,
    ) -> Vec<SocketAddr> {
        let (mut good, shunned): (Vec<usize>, Vec<usize>) = (0..self.servers.len())
            .filter(|it| self.servers[*it].weight > 0)
            .partition(|it| self.servers[*it].shunned_until <= now);
        let first = match (self.persistent, self.scheduler) {
            (true, _) | (_, Scheduler::Sh) => self.hashed(&good, client),
            (false, Scheduler::Lc) => self.least(&good, open),
            (false, Scheduler::Rr) => self.turn(&good, |_| 1),
            (false, Scheduler::Wrr) => self.turn(&good, |it| i64::from(it.weight)),
        };
        if let Some(place) = first.and_then(|first| good.iter().position(|it| *it == first)) {
            good[..=place].rotate_right(1);
        }
        let all = good.into_iter().chain(shunned);
        all.map(|it| self.servers[it].at).collect()
    }

    /// Remembers that this one could not be connected to.
    pub fn failed(&mut self, at: SocketAddr, now: u64) {
        for entry in self.servers.iter_mut().filter(|it| it.at == at) {
            entry.shunned_until = now + SHUNNED_FOR;
        }
    }

    /// Returns whether this real server takes new connections.
    pub fn serves(&self, at: SocketAddr) -> bool {
        self.servers.iter().any(|it| it.at == at && it.weight > 0)
    }

    /// Each gains its weight; the furthest ahead takes the turn and pays for it.
    fn turn(&mut self, good: &[usize], weight: impl Fn(&Entry) -> i64) -> Option<usize> {
        let mut total = 0;
        for it in good {
            let entry = &mut self.servers[*it];
            let gain = weight(entry);
            entry.standing += gain;
            total += gain;
        }
        let best = *good
            .iter()
            .rev()
            .max_by_key(|it| self.servers[**it].standing)?;
        self.servers[best].standing -= total;
        Some(best)
    }

    /// The fewest open connections for its weight.
    fn least(&self, good: &[usize], open: impl Fn(SocketAddr) -> u32) -> Option<usize> {
        let load = |it: &&usize| {
            let entry = &self.servers[**it];
            (u64::from(open(entry.at)) + 1) * 1_000_000 / u64::from(entry.weight)
        };
        good.iter().min_by_key(load).copied()
    }

    /// The highest of one draw per client and real server: when one goes, only its clients move.
    fn hashed(&self, good: &[usize], client: IpAddr) -> Option<usize> {
        let draw = |it: &&usize| {
            let entry = &self.servers[**it];
            let mut hasher = DefaultHasher::new();
            (client, entry.at).hash(&mut hasher);
            let part = (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64;
            // Larger weights come nearer to 1; the draws of equal weights keep their order.
            part.powf(1.0 / f64::from(entry.weight))
        };
        let drawn = |a: &&usize, b: &&usize| draw(a).total_cmp(&draw(b));
        good.iter().max_by(drawn).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chooser(scheduler: Scheduler, weights: &[u32]) -> Chooser {
        let servers = weights.iter().enumerate();
        Chooser::new(
            &RelayFront {
                address: "10.9.0.1:80".parse().unwrap(),
                scheduler,
                persistent: false,
                servers: servers.map(|(it, weight)| (at(it), *weight)).collect(),
            },
            None,
        )
    }

    fn at(number: usize) -> SocketAddr {
        ([10, 8, 0, number as u8], 80).into()
    }

    fn first(chooser: &mut Chooser, client: u8) -> usize {
        let order = chooser.order([10, 7, 0, client].into(), 0, |_| 0);
        (0..9).find(|it| at(*it) == order[0]).unwrap()
    }

    #[test]
    fn only_who_comes_back_keeps_its_connections() {
        for job in [None, Some(JobKind::Restart), Some(JobKind::Start)] {
            assert_eq!(parting(Some(job)), Parting::HandOver);
        }
        let others = [JobKind::Stop, JobKind::Other("reload".to_owned())];
        for job in others.map(|it| Some(Some(it))).into_iter().chain([None]) {
            assert_eq!(parting(job), Parting::Drain);
        }
    }

    #[test]
    fn turns_follow_weights() {
        let mut wrr = chooser(Scheduler::Wrr, &[2, 1, 0]);
        let six: Vec<_> = (0..6).map(|_| first(&mut wrr, 1)).collect();
        assert_eq!(six, [0, 1, 0, 0, 1, 0]);
        let mut rr = chooser(Scheduler::Rr, &[5, 1]);
        assert_eq!(
            [first(&mut rr, 1), first(&mut rr, 1), first(&mut rr, 1)],
            [0, 1, 0]
        );
    }

    #[test]
    fn one_that_failed_comes_last_for_a_while() {
        let mut wrr = chooser(Scheduler::Wrr, &[1, 1, 1]);
        wrr.failed(at(0), 100);
        for _ in 0..6 {
            let order = wrr.order([10, 7, 0, 1].into(), 200, |_| 0);
            assert_eq!((order.len(), order[2]), (3, at(0)));
        }
        let later = 100 + SHUNNED_FOR;
        let seen: Vec<_> = (0..3)
            .map(|_| wrr.order([10, 7, 0, 1].into(), later, |_| 0)[0])
            .collect();
        assert!(seen.contains(&at(0)));
    }

    #[test]
    fn clients_stay_and_only_those_of_one_that_went_move() {
        let mut all = chooser(Scheduler::Sh, &[1, 1, 1]);
        let before: Vec<_> = (0..200).map(|it| first(&mut all, it)).collect();
        let again: Vec<_> = (0..200).map(|it| first(&mut all, it)).collect();
        assert_eq!(before, again);
        let mut fewer = chooser(Scheduler::Sh, &[1, 0, 1]);
        let after: Vec<_> = (0..200).map(|it| first(&mut fewer, it)).collect();
        let moved = before.iter().zip(&after).filter(|(a, b)| a != b);
        assert!(moved.clone().all(|(a, _)| *a == 1) && moved.count() > 30);
    }

    #[test]
    fn the_least_loaded_for_its_weight_is_next() {
        let mut lc = chooser(Scheduler::Lc, &[1, 2]);
        let open = |it: SocketAddr| if it == at(0) { 1 } else { 2 };
        assert_eq!(lc.order([10, 7, 0, 1].into(), 0, open)[0], at(1));
        assert!(lc.serves(at(1)) && !chooser(Scheduler::Lc, &[0]).serves(at(0)));
    }
}
