//! When a check is asked next: quickly while a start waits for it, then on its interval.

use std::time::Duration;

/// The first pause of a start; what is ready at once is seen at once.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// Each pause of a start is this much longer than the one before, in hundredths: the moment of
/// readiness is noticed late by at most about a quarter of the start's own length, half of that on average.
const GROWTH_PERCENT: u32 = 125;
/// The longest pause of a start.
const LONGEST_START_PAUSE: Duration = Duration::from_secs(1);
/// The least pause after an answer that took as long as the interval, or longer.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// The next pause while a start waits: the one before (None for the first), grown, never longer than
/// the interval, and never shorter than what the last answer took, so that asking costs at most half
/// of the time.
pub fn starting(before: Option<Duration>, took: Duration, interval: Duration) -> Duration {
    let grown = match before {
        None => FIRST_PAUSE,
        Some(before) => before * GROWTH_PERCENT / 100,
    };
    grown.max(took).min(LONGEST_START_PAUSE).min(interval)
}

/// The pause in the running rhythm, after an answer that took this long.
pub fn steady(took: Duration, interval: Duration) -> Duration {
    interval.saturating_sub(took).max(LEAST_PAUSE)
}

/// The plain rhythm below a quickened start. Only bad answers on it count, so that quickness takes
/// nothing from the time that `start_period` and `fall` grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    last: Duration,
}

impl Rhythm {
    /// Whether the plain rhythm asks at this time since the first question, the first one an
    /// interval after it.
    pub fn is_due(&mut self, since_first: Duration, interval: Duration) -> bool {
        let due = since_first.saturating_sub(self.last) >= interval;
        if due {
            self.last = since_first;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::health::{Change, Health, Rules};

    #[test]
    fn a_start_is_asked_often_then_less() {
        let interval = Duration::from_secs(10);
        let mut asked = vec![Duration::ZERO];
        let mut pause = None;
        while asked.last().unwrap() < &Duration::from_secs(20) {
            let next = starting(pause, Duration::ZERO, interval);
            asked.push(*asked.last().unwrap() + next);
            pause = Some(next);
        }
        assert!(asked.len() < 45, "{}", asked.len());
        for pair in asked.windows(2).filter(|it| it[0].as_millis() > 500) {
            assert!(pair[1] <= pair[0] * 128 / 100, "{pair:?}");
        }
        assert_eq!(pause, Some(LONGEST_START_PAUSE));
    }

    #[test]
    fn neither_the_interval_nor_a_slow_answer_is_overrun() {
        let short = Duration::from_millis(5);
        assert_eq!(starting(None, Duration::ZERO, short), short);
        let slow = Duration::from_millis(300);
        assert_eq!(starting(None, slow, Duration::from_secs(10)), slow);
        assert_eq!(
            steady(Duration::from_secs(3), Duration::from_secs(10)),
            Duration::from_secs(7)
        );
        assert_eq!(
            steady(Duration::from_secs(30), Duration::from_secs(10)),
            LEAST_PAUSE
        );
    }

    #[test]
    fn a_quick_start_fails_no_sooner_than_the_plain_rhythm() {
        let interval = Duration::from_secs(10);
        for (period, fall, earliest) in [(0, 1, 10), (0, 3, 30), (60, 3, 80), (65, 1, 65)] {
            let rules = Rules {
                rise: 1,
                fall,
                start_period: Duration::from_secs(period),
            };
            let (mut health, mut rhythm) = (Health::default(), Rhythm::default());
            let mut fell = None;
            for tenths in 0..2000 {
                let now = Duration::from_millis(tenths * 100);
                if rhythm.is_due(now, interval)
                    && health.hear(rules, false, now) == Change::BecameBad
                {
                    fell.get_or_insert(now);
                }
            }
            let fell = fell.unwrap().as_secs();
            assert!(
                (earliest..=earliest + 10).contains(&fell),
                "{period} {fall}: {fell}"
            );
        }
    }
}
