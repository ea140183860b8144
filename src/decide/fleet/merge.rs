//! Lines of many nodes in the order of their times, each node's own being in order already.

use std::collections::VecDeque;
use std::time::Duration;

/// Lines held back at most, over all sources; then the oldest goes on whatever may still come.
const HELD_MOST: usize = 100_000;

/// One line on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed<T> {
    /// Microseconds since 1970, by the node's own clock.
    pub at: u64,
    pub line: T,
}

/// Sources are numbered from 0. Times of arrival are of any clock that does not go back.
#[derive(Debug)]
pub struct Merge<T> {
    sources: Vec<Source<T>>,
    /// How long a line waits for an older one from a source that says nothing.
    window: Duration,
    held: usize,
}

#[derive(Debug)]
struct Source<T> {
    waiting: VecDeque<(Timed<T>, Duration)>,
    ended: bool,
}

impl<T> Merge<T> {
    /// Waits `window` for sources that say nothing.
    pub fn new(sources: usize, window: Duration) -> Merge<T> {
        let source = |_| Source {
            waiting: VecDeque::new(),
            ended: false,
        };
        Merge {
            sources: (0..sources).map(source).collect(),
            window,
            held: 0,
        }
    }

    /// Takes a line that arrived now.
    pub fn push(&mut self, source: usize, line: Timed<T>, now: Duration) {
        self.sources[source].waiting.push_back((line, now));
        self.held += 1;
    }

    /// Nothing more comes from this source: nobody waits for it.
    pub fn end(&mut self, source: usize) {
        self.sources[source].ended = true;
    }

    /// A source that had ended says something again.
    pub fn begin(&mut self, source: usize) {
        self.sources[source].ended = false;
    }

    /// Returns the next line that may go on, with its source; None: none may yet.
    ///
    /// That is the oldest of all, once every source has said what comes next or it has waited its time.
    pub fn next(&mut self, now: Duration) -> Option<(usize, Timed<T>)> {
        let (index, arrived) = self.oldest()?;
        let complete = self
            .sources
            .iter()
            .all(|it| it.ended || !it.waiting.is_empty());
        let waited = arrived.saturating_add(self.window) <= now;
        if !(complete || waited || self.held > HELD_MOST) {
            return None;
        }
        self.held -= 1;
        let (line, _) = self.sources[index].waiting.pop_front()?;
        Some((index, line))
    }

    /// Returns when to ask again though nothing came; None: there is nothing to wait for.
    pub fn due(&self) -> Option<Duration> {
        Some(self.oldest()?.1.saturating_add(self.window))
    }

    /// The first source wins among equals, so that the order is the same each time.
    fn oldest(&self) -> Option<(usize, Duration)> {
        let heads = self.sources.iter().enumerate();
        let heads = heads.filter_map(|(index, it)| Some((index, it.waiting.front()?)));
        let oldest = heads.min_by_key(|(index, (line, _))| (line.at, *index))?;
        Some((oldest.0, oldest.1.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn line(at: u64) -> Timed<u64> {
        Timed { at, line: at }
    }

    fn all(merge: &mut Merge<u64>, now: Duration) -> Vec<(usize, u64)> {
        std::iter::from_fn(|| merge.next(now))
            .map(|it| (it.0, it.1.at))
            .collect()
    }

    #[test]
    fn a_line_waits_for_those_that_may_be_older() {
        let mut merge = Merge::new(2, SECOND);
        merge.push(0, line(5), Duration::ZERO);
        assert_eq!(all(&mut merge, Duration::ZERO), []);
        assert_eq!(merge.due(), Some(SECOND));
        merge.push(1, line(3), Duration::ZERO);
        // 5 still waits for what comes behind 3.
        assert_eq!(all(&mut merge, Duration::ZERO), [(1, 3)]);
        assert_eq!(all(&mut merge, SECOND), [(0, 5)]);
        assert_eq!(merge.due(), None);
    }

    #[test]
    fn nobody_waits_for_a_source_that_has_ended() {
        let mut merge = Merge::new(2, SECOND);
        merge.push(0, line(5), Duration::ZERO);
        merge.end(1);
        assert_eq!(all(&mut merge, Duration::ZERO), [(0, 5)]);
        merge.begin(1);
        merge.push(0, line(6), Duration::ZERO);
        assert_eq!(all(&mut merge, Duration::ZERO), []);
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let mut merge = Merge::new(2, SECOND);
        for at in 0..=HELD_MOST as u64 {
            merge.push(0, line(at), Duration::ZERO);
        }
        assert_eq!(all(&mut merge, Duration::ZERO), [(0, 0)]);
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]

        /// However lines of sources that end arrive, they go on in order, and none is lost.
        #[test]
        fn the_whole_is_in_order(
            sources in prop::collection::vec(prop::collection::vec(0..1000_u64, 0..20), 1..6),
            turns in prop::collection::vec(0..6_usize, 0..200),
        ) {
            let sorted = |it: &Vec<u64>| { let mut it = it.clone(); it.sort_unstable(); it };
            let mut left: Vec<VecDeque<u64>> = sources.iter().map(|it| sorted(it).into()).collect();
            let mut merge = Merge::new(left.len(), SECOND);
            let mut out = Vec::new();
            let count = left.len();
            let every: Vec<usize> = (0..count).flat_map(|it| vec![it; 21]).collect();
            for index in turns.into_iter().map(|it| it % count).chain(every) {
                match left[index].pop_front() {
                    Some(at) => merge.push(index, line(at), Duration::ZERO),
                    None => merge.end(index),
                }
                out.extend(all(&mut merge, Duration::ZERO).into_iter().map(|it| it.1));
            }
            let mut wanted: Vec<u64> = sources.into_iter().flatten().collect();
            wanted.sort_unstable();
            prop_assert_eq!(out, wanted);
        }
    }
}
