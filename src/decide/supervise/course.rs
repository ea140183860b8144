//! What to do after an end nobody asked for: how often it may be tried, and who is counted.

use std::time::Duration;

use super::life::Afterwards;
use crate::model::process::Restart;

/// A run this long was a good one, and what came before it is forgotten.
const STABLE: Duration = Duration::from_secs(60);
/// Or so many of its own restart delays, where that is longer.
const STABLE_DELAYS: u32 = 10;

/// Runs in a row that did not last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    pub unstable: u32,
}

impl Course {
    /// A run of this length is over.
    pub fn ran(&mut self, length: Duration, rules: &Restart) {
        if length >= stable_after(rules) {
            self.unstable = 0;
        } else {
            self.unstable = self.unstable.saturating_add(1);
        }
    }

    /// An operator began anew.
    pub fn reset(&mut self) {
        self.unstable = 0;
    }
}

/// How long it has to run to be trusted again.
pub fn stable_after(rules: &Restart) -> Duration {
    STABLE.max(rules.delay.saturating_mul(STABLE_DELAYS))
}

/// Returns what comes after the run that has just been counted.
pub fn afterwards(course: Course, rules: &Restart) -> Afterwards {
    if !rules.autorestart {
        return Afterwards::Rest;
    }
    // The first run is no restart.
    match rules.most {
        0 => Afterwards::Retry,
        most if course.unstable > most => Afterwards::GiveUp,
        _ => Afterwards::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(most: u32) -> Restart {
        Restart {
            most,
            ..Restart::default()
        }
    }

    #[test]
    fn a_service_that_flaps_is_given_up_after_so_many_restarts() {
        let rules = rules(3);
        let mut course = Course::default();
        let mut said = Vec::new();
        for _ in 0..4 {
            course.ran(Duration::from_secs(5), &rules);
            said.push(afterwards(course, &rules));
        }
        let retry = Afterwards::Retry;
        assert_eq!(said, [retry, retry, retry, Afterwards::GiveUp]);
    }

    #[test]
    fn being_seen_running_is_not_enough_to_be_trusted_again_but_a_good_run_is() {
        let rules = rules(1);
        let mut course = Course::default();
        course.ran(Duration::from_secs(59), &rules);
        course.ran(Duration::from_secs(59), &rules);
        assert_eq!(afterwards(course, &rules), Afterwards::GiveUp);
        course.ran(Duration::from_secs(60), &rules);
        assert_eq!(
            (course.unstable, afterwards(course, &rules)),
            (0, Afterwards::Retry)
        );
    }

    #[test]
    fn a_long_delay_asks_for_a_longer_run() {
        let mut rules = rules(0);
        rules.delay = Duration::from_secs(30);
        assert_eq!(stable_after(&rules), Duration::from_secs(300));
    }

    #[test]
    fn without_autorestart_it_rests() {
        let mut rules = rules(0);
        rules.autorestart = false;
        assert_eq!(afterwards(Course { unstable: 0 }, &rules), Afterwards::Rest);
    }

    #[test]
    fn zero_is_never_given_up() {
        let course = Course { unstable: u32::MAX };
        assert_eq!(afterwards(course, &rules(0)), Afterwards::Retry);
    }
}
