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
        if point.time == waiting.last {
            point.time += SHORTEST_STEP;
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
