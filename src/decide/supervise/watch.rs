//! Memory and activity: when a sample is one too many, and when a file has been still for too long.

use std::collections::VecDeque;
use std::time::Duration;

/// So many of the last samples above the limit are too many.
const OVER: usize = 3;
const OF: usize = 5;
/// At most one restart for memory in this time; what needs more has another problem.
pub const MEMORY_WINDOW: Duration = Duration::from_secs(600);

/// The last samples of memory.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    over: VecDeque<bool>,
}

impl Samples {
    /// Takes one and returns whether that makes too many. A sample that could not be had counts for
    /// nothing.
    pub fn take(&mut self, bytes: Option<u64>, limit: u64) -> bool {
        let Some(bytes) = bytes else { return false };
        if self.over.len() == OF {
            self.over.pop_front();
        }
        self.over.push_back(bytes > limit);
        self.over.iter().filter(|it| **it).count() >= OVER
    }

    /// It was restarted, or the limit changed.
    pub fn clear(&mut self) {
        self.over.clear();
    }
}

/// Whether a restart for memory is allowed now; `since` is the time since the last one.
pub fn may_restart(since: Option<Duration>) -> bool {
    since.is_none_or(|it| it >= MEMORY_WINDOW)
}

/// What a look at the file gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Changed at this time since the epoch.
    At(Duration),
    Missing,
    /// The look itself did not come back in time, as on a file server that hangs.
    Unknown,
}

/// What is remembered of the file between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    last: Option<(Memory, Duration)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    At(Duration),
    Missing,
}

/// What the file says of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Fine,
    /// Still for this long.
    Idle(Duration),
    /// Not there for this long.
    Gone(Duration),
}

impl Activity {
    /// Takes a look; `steady` is a clock that never jumps, `wall` the time since the epoch.
    ///
    /// The file counts as still no longer than we have watched it be still, so a wall clock that
    /// jumps ahead ends nothing; and a time in the future proves no activity.
    pub fn take(
        &mut self,
        look: Look,
        steady: Duration,
        wall: Duration,
        limit: Duration,
    ) -> Verdict {
        let now = match look {
            Look::At(time) => Memory::At(time),
            Look::Missing => Memory::Missing,
            Look::Unknown => return Verdict::Fine,
        };
        let since = match self.last {
            Some((before, since)) if before == now => since,
            _ => steady,
        };
        self.last = Some((now, since));
        let watched = steady.saturating_sub(since);
        match now {
            Memory::Missing if watched >= limit => Verdict::Gone(watched),
            Memory::Missing => Verdict::Fine,
            Memory::At(time) => {
                let idle = match wall.checked_sub(time) {
                    Some(age) => age.min(watched),
                    None => watched,
                };
                if idle >= limit {
                    Verdict::Idle(idle)
                } else {
                    Verdict::Fine
                }
            }
        }
    }

    /// It was started anew.
    pub fn clear(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(120);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn three_of_five_are_too_many_and_a_peak_is_not() {
        let mut samples = Samples::default();
        let take = |samples: &mut Samples, it: &[u64]| {
            it.iter()
                .map(|it| samples.take(Some(*it), 100))
                .collect::<Vec<_>>()
        };
        assert_eq!(take(&mut samples, &[101, 50, 101, 50, 50]), [false; 5]);
        assert_eq!(take(&mut samples, &[101, 50, 101]), [false; 3]);
        assert_eq!(take(&mut samples, &[101]), [true]);
        samples.clear();
        assert_eq!(take(&mut samples, &[200, 200, 200]), [false, false, true]);
        assert!(!Samples::default().take(None, 0));
        // The limit itself is allowed.
        samples.clear();
        assert_eq!(take(&mut samples, &[100, 100, 100]), [false; 3]);
    }

    #[test]
    fn one_restart_for_memory_in_ten_minutes() {
        assert!(may_restart(None));
        assert!(!may_restart(Some(s(599))));
        assert!(may_restart(Some(s(600))));
    }

    #[test]
    fn a_file_that_does_not_change_is_noticed_and_one_that_does_is_not() {
        let mut activity = Activity::default();
        let mut at =
            |changed, now| activity.take(Look::At(s(changed)), s(now), s(5000 + now), LIMIT);
        assert_eq!(at(5000, 0), Verdict::Fine);
        assert_eq!(at(5000, 119), Verdict::Fine);
        assert_eq!(at(5000, 120), Verdict::Idle(s(120)));
        assert_eq!(at(5121, 121), Verdict::Fine);
        assert_eq!(at(5121, 240), Verdict::Fine);
    }

    #[test]
    fn a_file_that_was_old_already_gets_the_whole_limit_from_when_we_look() {
        let mut activity = Activity::default();
        assert_eq!(
            activity.take(Look::At(s(1)), s(0), s(9000), LIMIT),
            Verdict::Fine
        );
        assert_eq!(
            activity.take(Look::At(s(1)), s(121), s(9121), LIMIT),
            Verdict::Idle(s(121))
        );
    }

    #[test]
    fn a_clock_that_jumps_ends_nothing_and_saves_nobody() {
        let mut activity = Activity::default();
        activity.take(Look::At(s(5000)), s(0), s(5000), LIMIT);
        // Two hours ahead.
        assert_eq!(
            activity.take(Look::At(s(5000)), s(10), s(12_210), LIMIT),
            Verdict::Fine
        );
        // Back: the file is of the future.
        assert_eq!(
            activity.take(Look::At(s(5000)), s(130), s(100), LIMIT),
            Verdict::Idle(s(130))
        );
    }

    #[test]
    fn a_missing_file_has_the_limit_to_appear_and_a_hung_look_says_nothing() {
        let mut activity = Activity::default();
        assert_eq!(
            activity.take(Look::Missing, s(0), s(0), LIMIT),
            Verdict::Fine
        );
        assert_eq!(
            activity.take(Look::Unknown, s(500), s(500), LIMIT),
            Verdict::Fine
        );
        assert_eq!(
            activity.take(Look::Missing, s(501), s(501), LIMIT),
            Verdict::Gone(s(501))
        );
        activity.clear();
        assert_eq!(
            activity.take(Look::Missing, s(502), s(502), LIMIT),
            Verdict::Fine
        );
    }
}
