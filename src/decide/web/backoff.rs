//! How often somebody may try to log in.

use std::time::Duration;

/// Attempts that cost nothing but their time.
const FREE: u32 = 4;
/// After the first one that does, and doubled with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait: nobody is shut out for good by others who try their name.
const LONGEST: Duration = Duration::from_secs(60);
/// Without an attempt for so long, all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(900);

/// Wrong attempts of one name, or from one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    pub wrong: u32,
    /// Of the last one, on the clock of whoever asks.
    pub last: Duration,
}

/// Returns how long to wait before the next attempt is looked at; zero: now.
pub fn wait(tries: Tries, now: Duration) -> Duration {
    let over = tries.wrong.saturating_sub(FREE);
    if over == 0 || is_forgotten(tries, now) {
        return Duration::ZERO;
    }
    let pause = FIRST.saturating_mul(1 << (over - 1).min(16)).min(LONGEST);
    (tries.last + pause).saturating_sub(now)
}

/// Returns what is known after one more wrong attempt.
pub fn wrong(tries: Tries, now: Duration) -> Tries {
    let before = if is_forgotten(tries, now) {
        0
    } else {
        tries.wrong
    };
    Tries {
        wrong: before.saturating_add(1),
        last: now,
    }
}

/// Whether it need not be kept any more.
pub fn is_forgotten(tries: Tries, now: Duration) -> bool {
    now.saturating_sub(tries.last) >= FORGOTTEN
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_grows_and_ends_at_a_minute() {
        let now = 100 * SECOND;
        let at = |wrong| wait(Tries { wrong, last: now }, now).as_secs();
        assert_eq!([at(0), at(4), at(5), at(6), at(8)], [0, 0, 1, 2, 8]);
        assert_eq!([at(11), at(40), at(u32::MAX)], [60, 60, 60]);
    }

    #[test]
    fn waiting_is_enough() {
        let tries = Tries {
            wrong: 6,
            last: 100 * SECOND,
        };
        assert_eq!(wait(tries, 101 * SECOND), SECOND);
        assert_eq!(wait(tries, 102 * SECOND), Duration::ZERO);
    }

    #[test]
    fn an_hour_later_it_begins_anew() {
        let tries = Tries {
            wrong: 50,
            last: SECOND,
        };
        assert_eq!(wait(tries, 3600 * SECOND), Duration::ZERO);
        assert_eq!(wrong(tries, 3600 * SECOND).wrong, 1);
        assert_eq!(wrong(tries, 2 * SECOND).wrong, 51);
    }
}
