//! How long to wait before the next try: twice as long each time, never twice at the same moment.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Doublings until the longest pause.
const MOST_DOUBLINGS: u32 = 6;
/// Up to a tenth more or less.
const SPREAD_PERCENT: u32 = 10;

/// Returns the pause after this many unstable runs in a row. `chance` is any number; it spreads
/// restarts by up to a tenth either way, so that a whole host does not start at once.
pub fn pause(unstable: u32, least: Duration, chance: u64) -> Duration {
    let doublings = unstable.saturating_sub(1).min(MOST_DOUBLINGS);
    let grown = (FIRST * 2u32.pow(doublings)).min(LONGEST);
    spread(grown, chance).max(least)
}

/// Returns the time, a tenth more or less.
pub fn spread(time: Duration, chance: u64) -> Duration {
    let percent = 100 - SPREAD_PERCENT + u32::try_from(chance % 21).unwrap_or(0);
    time * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_minute() {
        let middle = 10;
        let pauses: Vec<u64> = (0..9)
            .map(|it| pause(it, Duration::ZERO, middle).as_secs())
            .collect();
        assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause(u32::MAX, Duration::ZERO, middle).as_secs(), 60);
    }

    #[test]
    fn chance_moves_it_by_a_tenth_and_the_operators_delay_is_the_least() {
        for chance in 0..50 {
            let pause = pause(4, Duration::ZERO, chance);
            assert!((7_200..=8_800).contains(&pause.as_millis()), "{pause:?}");
        }
        assert_eq!(pause(1, Duration::from_secs(9), 0), Duration::from_secs(9));
    }
}
