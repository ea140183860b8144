//! The points not yet on their way: a bounded queue that nobody ever waits for.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use crate::decide::line_protocol::line;
use crate::model::point::Point;

/// Bytes kept in memory; a point beyond it is dropped and counted.
const QUEUE_BYTES: usize = 1 << 20;
/// From here on the queue asks to be moved to disk.
const CROWDED_BYTES: usize = QUEUE_BYTES / 2;
const SHORTEST_STEP: Duration = Duration::from_nanos(1);
/// A point older than the last by less than this is of the same burst; by more, the clock was set.
const SAME_INSTANT: Duration = Duration::from_millis(1);

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    crowded: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    bytes: usize,
    dropped: u64,
    last: Duration,
}

impl Queue {
    /// Adds a point. It never waits but for another `put`.
    pub(super) fn put(&self, mut point: Point) {
        let mut waiting = self.lock();
        // Two points of one series at the same instant would be one point to the database.
        if point.time <= waiting.last && waiting.last - point.time < SAME_INSTANT {
            point.time = waiting.last + SHORTEST_STEP;
        }
        waiting.last = point.time;
        let Some(line) = line(&point) else { return };
        if waiting.bytes + line.len() > QUEUE_BYTES {
            waiting.dropped += 1;
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line);
        let crowded = waiting.bytes >= CROWDED_BYTES;
        drop(waiting);
        self.arrived.notify_one();
        if crowded {
            self.crowded.notify_one();
        }
    }

    /// Takes lines from the front, about so many bytes at most, at least one when there is one.
    pub(super) fn take(&self, most_bytes: usize) -> Vec<String> {
        let mut waiting = self.lock();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while bytes < most_bytes {
            let Some(line) = waiting.lines.pop_front() else {
                break;
            };
            bytes += line.len();
            taken.push(line);
        }
        waiting.bytes -= bytes;
        taken
    }

    /// Returns all lines and leaves them where they are.
    pub(super) fn copy(&self) -> Vec<String> {
        self.lock().lines.iter().cloned().collect()
    }

    /// Removes so many lines from the front: those that are safe elsewhere.
    pub(super) fn forget(&self, count: usize) {
        let mut waiting = self.lock();
        let bytes: usize = waiting.lines.drain(..count).map(|it| it.len()).sum();
        waiting.bytes -= bytes;
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.lock().bytes >= CROWDED_BYTES
    }

    /// Returns how many points were dropped since this was last asked.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Returns once something may have arrived since the last time.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Returns once the queue is crowded.
    pub(super) async fn crowd(&self) {
        while !self.is_crowded() {
            self.crowded.notified().await;
        }
    }

    /// Nothing in here panics half-way, so a poisoned lock still guards a whole queue.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::{QUEUE_BYTES, Queue};
    use crate::model::point::{Point, Value};

    fn point(text: &str) -> Point {
        Point {
            measurement: "m".into(),
            tags: BTreeMap::new(),
            fields: BTreeMap::from([("f".to_owned(), Value::Text(text.into()))]),
            time: Duration::from_nanos(7),
        }
    }

    #[test]
    fn two_points_of_one_instant_stay_two() {
        let queue = Queue::default();
        queue.put(point("a"));
        queue.put(point("a"));
        queue.put(point("a"));
        assert_eq!(queue.take(1), ["m f=\"a\" 7"]);
        assert_eq!(queue.take(QUEUE_BYTES), ["m f=\"a\" 8", "m f=\"a\" 9"]);
        assert!(queue.take(1).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_what_is_too_much_is_counted() {
        let queue = Queue::default();
        let long = "x".repeat(50_000);
        (0..100).for_each(|_| queue.put(point(&long)));
        assert!(queue.is_crowded());
        let kept = queue.copy();
        assert!(kept.iter().map(String::len).sum::<usize>() <= QUEUE_BYTES);
        assert_eq!(queue.take_dropped() + kept.len() as u64, 100);
        assert_eq!(queue.take_dropped(), 0);
        queue.forget(kept.len());
        assert!(!queue.is_crowded() && queue.take(1).is_empty());
        queue.put(point("again"));
        assert_eq!(queue.take(1).len(), 1);
    }
}
