//! How many lines a stream may write, per class of urgency, and the exact count of those beyond.

use std::time::Duration;

use crate::model::log::{Priority, Stream};

/// Between two reports of a suppression that goes on.
const REPORT: Duration = Duration::from_secs(10);

/// journald's own classes: a flood of information must not silence an error.
const CLASSES: usize = 5;

/// Token buckets of one service.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Lines per second; None: no limit.
    limit: Option<u32>,
    burst: u32,
    /// Made with the first line: most services have no limit, and there may be hundreds.
    buckets: Vec<Bucket>,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Lines left, in billionths; None: it was never used and is full.
    left: Option<u64>,
    /// When that was.
    at: Duration,
    count: u64,
    first: Duration,
    last: Duration,
}

/// Lines of one stream and class that were not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    pub stream: Stream,
    /// The least urgent priority of the class.
    pub priority: Priority,
    pub count: u64,
    /// When the first and the last of them came, since the epoch.
    pub first: Duration,
    pub last: Duration,
}

const LINE: u64 = 1_000_000_000;

impl Rate {
    pub fn new(limit: Option<u32>, burst: u32) -> Rate {
        Rate {
            limit,
            burst: burst.max(1),
            buckets: Vec::new(),
        }
    }

    /// Changes the limits and keeps what was counted.
    pub fn set(&mut self, limit: Option<u32>, burst: u32) {
        self.limit = limit;
        self.burst = burst.max(1);
    }

    /// Whether a line may be stored; one that may not is counted.
    pub fn admits(&mut self, stream: Stream, priority: Priority, now: Duration) -> bool {
        let Some(limit) = self.limit else {
            return true;
        };
        let full = u64::from(self.burst) * LINE;
        self.buckets.resize(2 * CLASSES, Bucket::default());
        let bucket = &mut self.buckets[index(stream, priority)];
        let passed = u64::try_from(now.saturating_sub(bucket.at).as_nanos()).unwrap_or(u64::MAX);
        let gained = passed.saturating_mul(u64::from(limit));
        let left = bucket
            .left
            .map_or(full, |it| it.saturating_add(gained).min(full));
        bucket.at = now;
        if left >= LINE {
            bucket.left = Some(left - LINE);
            return true;
        }
        bucket.left = Some(left);
        if bucket.count == 0 {
            bucket.first = now;
        }
        bucket.count += 1;
        bucket.last = now;
        false
    }

    /// When the next report is due, since the epoch; None: nothing was suppressed.
    pub fn due(&self) -> Option<Duration> {
        let counting = self.buckets.iter().filter(|it| it.count > 0);
        counting.map(|it| it.first + REPORT).min()
    }

    /// Takes the counts that are due at `now`, or all of them at the end.
    pub fn report(&mut self, now: Duration, all: bool) -> Vec<Suppressed> {
        let mut found = Vec::new();
        for (number, bucket) in self.buckets.iter_mut().enumerate() {
            if bucket.count == 0 || (!all && bucket.first + REPORT > now) {
                continue;
            }
            found.push(Suppressed {
                stream: if number < CLASSES {
                    Stream::Stdout
                } else {
                    Stream::Stderr
                },
                priority: Priority([2, 3, 4, 6, 7][number % CLASSES]),
                count: std::mem::take(&mut bucket.count),
                first: bucket.first,
                last: bucket.last,
            });
        }
        found
    }
}

fn index(stream: Stream, priority: Priority) -> usize {
    let class = match priority.0 {
        0..=2 => 0,
        3 => 1,
        4 => 2,
        5 | 6 => 3,
        _ => 4,
    };
    match stream {
        Stream::Stdout => class,
        Stream::Stderr => CLASSES + class,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Rate;
    use crate::model::log::{Priority, Stream};

    #[test]
    fn a_burst_then_the_rate_and_every_line_counted() {
        let mut rate = Rate::new(Some(10), 5);
        let at = |millis: u64| Duration::from_millis(1_000_000 + millis);
        let mut stored = 0;
        for millis in 0..10_000 {
            stored += u64::from(rate.admits(Stream::Stdout, Priority::INFO, at(millis)));
        }
        assert_eq!(stored, 5 + 99);
        assert!(rate.admits(Stream::Stdout, Priority::ERROR, at(9_999)));
        assert!(rate.admits(Stream::Stderr, Priority::INFO, at(9_999)));
        let due = rate.due().unwrap();
        assert!(
            rate.report(due - Duration::from_millis(1), false)
                .is_empty()
        );
        let told = rate.report(due, false);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].count + stored, 10_000);
        assert_eq!((told[0].first, told[0].last), (at(5), at(9_999)));
        assert_eq!(rate.due(), None);
    }

    #[test]
    fn no_limit_suppresses_nothing() {
        let mut rate = Rate::new(None, 0);
        assert!((0..1000).all(|_| rate.admits(Stream::Stdout, Priority::DEBUG, Duration::ZERO)));
        assert!(rate.report(Duration::MAX, true).is_empty());
    }
}
