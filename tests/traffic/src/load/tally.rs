//! What became of every request: counted by load, by revision, by kind of failure, and by time.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;

/// Why there was no answer, or not the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    Refused,
    /// Broken off, by a reset or by an end before the answer was whole.
    Reset,
    Timeout,
    Wrong,
    Unreachable,
}

/// One request that was answered.
pub(crate) struct Outcome {
    pub(crate) revision: String,
    pub(crate) took: Duration,
}

/// What is known of one load.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) answered: u64,
    pub(crate) failures: BTreeMap<Failure, u64>,
    /// When it was over (milliseconds since the start), and how long it took (microseconds).
    pub(crate) times: Vec<(u32, u32)>,
    pub(crate) failed_at: Vec<u32>,
    pub(crate) revisions: BTreeMap<String, Seen>,
    /// A kept connection had gone before its next request had an answer; a second one gave it.
    pub(crate) reopened: u64,
    /// The server said good-bye in the way its protocol has for it.
    pub(crate) told: u64,
    /// Under way when the time was over.
    pub(crate) unfinished: u64,
}

/// One revision's answers: how many, the first and the last in seconds since the start.
pub(crate) struct Seen {
    pub(crate) answers: u64,
    pub(crate) first: f64,
    pub(crate) last: f64,
}

pub(crate) struct Tally {
    /// Seconds since the epoch.
    pub(crate) started: f64,
    began: Instant,
    pub(crate) accounts: BTreeMap<&'static str, Account>,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            started: clock::wall().as_secs_f64(),
            began: Instant::now(),
            accounts: BTreeMap::new(),
        }
    }

    pub(crate) fn note(&mut self, load: &'static str, outcome: Result<Outcome, Failure>) {
        let since = self.began.elapsed();
        let at = u32::try_from(since.as_millis()).unwrap_or(u32::MAX);
        let account = self.account(load);
        match outcome {
            Ok(Outcome { revision, took }) => {
                account.answered += 1;
                let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
                account.times.push((at, took));
                let first = since.as_secs_f64();
                let seen = account.revisions.entry(revision).or_insert(Seen {
                    answers: 0,
                    first,
                    last: first,
                });
                seen.answers += 1;
                seen.last = since.as_secs_f64();
            }
            Err(failure) => {
                *account.failures.entry(failure).or_default() += 1;
                account.failed_at.push(at);
            }
        }
    }

    pub(crate) fn account(&mut self, load: &'static str) -> &mut Account {
        self.accounts.entry(load).or_default()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.accounts.values().map(Account::failed).sum()
    }
}

impl Account {
    pub(crate) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// The time in which this share of the answers came, in milliseconds.
    pub(crate) fn within(&self, share: f64) -> f64 {
        percentile(self.times.iter().map(|it| it.1).collect(), share)
    }
}

/// Microseconds in, milliseconds out; 0 of nothing.
pub(crate) fn percentile(mut times: Vec<u32>, share: f64) -> f64 {
    times.sort_unstable();
    let rank = (times.len() as f64 * share).ceil() as usize;
    let time = times.get(rank.saturating_sub(1)).or(times.last());
    time.map_or(0.0, |it| f64::from(*it) / 1000.0)
}

impl Failure {
    pub(crate) const ALL: [Failure; 5] = [
        Failure::Refused,
        Failure::Reset,
        Failure::Timeout,
        Failure::Wrong,
        Failure::Unreachable,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::Reset => "reset",
            Failure::Timeout => "timeout",
            Failure::Wrong => "wrong",
            Failure::Unreachable => "unreachable",
        }
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Failure {
        use io::ErrorKind::{
            ConnectionRefused, HostUnreachable, InvalidData, NetworkUnreachable, TimedOut,
        };
        let kind = why.kind();
        if kind == ConnectionRefused {
            Failure::Refused
        } else if kind == TimedOut {
            Failure::Timeout
        } else if kind == InvalidData {
            Failure::Wrong
        } else if kind == HostUnreachable || kind == NetworkUnreachable {
            Failure::Unreachable
        } else {
            Failure::Reset
        }
    }
}

impl From<tokio::time::error::Elapsed> for Failure {
    fn from(_: tokio::time::error::Elapsed) -> Failure {
        Failure::Timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_was_measured() {
        let times: Vec<u32> = (1..=100).rev().map(|it| it * 1000).collect();
        assert_eq!(percentile(times.clone(), 0.5), 50.0);
        assert_eq!(percentile(times.clone(), 0.99), 99.0);
        assert_eq!(percentile(times, 1.0), 100.0);
        assert_eq!(percentile(Vec::new(), 0.5), 0.0);
    }
}
