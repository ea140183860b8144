//! How far a reader is behind a journal that grows, and when it had better go on with the newest line.

/// Microseconds behind from which lines are passed over, where there is no catching up.
const BEHIND_MOST: u64 = 5_000_000;
/// Microseconds between two looks at whether it catches up.
const LOOK: u64 = 2_000_000;

/// One reader of one journal. The two clocks need not agree: what counts is how much older lines are when
/// they are read than they were at best.
#[derive(Debug, Default)]
pub struct Behind {
    best: Option<i128>,
    /// When it was looked last, and how far behind it was.
    looked: Option<(u64, u64)>,
}

impl Behind {
    /// Takes a line written at `at` by the node's clock and read at `now` by one of ours that does not go
    /// back, both in microseconds. Returns how many of those the reader is behind.
    pub fn heard(&mut self, at: u64, now: u64) -> u64 {
        let age = i128::from(now) - i128::from(at);
        let best = self.best.get_or_insert(age);
        *best = age.min(*best);
        u64::try_from(age - *best).unwrap_or(u64::MAX)
    }

    /// Whether it is far behind and not catching up; then it begins anew, with the newest line.
    pub fn is_lost(&mut self, behind: u64, now: u64) -> bool {
        let (then, before) = *self.looked.get_or_insert((now, behind));
        if now.saturating_sub(then) < LOOK {
            return false;
        }
        self.looked = Some((now, behind));
        let is_lost = behind > BEHIND_MOST && behind >= before;
        if is_lost {
            *self = Behind::default();
        }
        is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// After how many seconds a reader gives up that reads lines of so many milliseconds in each second.
    fn lost_after(reads: u64, first_age: u64) -> Option<u64> {
        let mut reader = Behind::default();
        (0..600).find(|second| {
            let now = 10_000 * SECOND + second * SECOND;
            let at = 10_000 * SECOND - first_age * SECOND + second * reads * 1000;
            let behind = reader.heard(at, now);
            reader.is_lost(behind, now)
        })
    }

    #[test]
    fn who_keeps_up_or_catches_up_reads_everything() {
        assert_eq!(lost_after(1000, 0), None);
        assert_eq!(lost_after(5000, 3600), None, "an hour that was missed");
        assert_eq!(lost_after(1000, 3600), None, "a clock that is an hour off");
    }

    #[test]
    fn who_cannot_keep_up_goes_on_with_the_newest() {
        assert_eq!(lost_after(400, 0), Some(10));
        assert_eq!(lost_after(0, 0), Some(6));
        assert_eq!(
            lost_after(400, 3600),
            Some(10),
            "whatever the clocks say of each other"
        );
    }

    #[test]
    fn behind_is_against_the_best() {
        let mut reader = Behind::default();
        for (at, now, behind) in [
            (50, 100, 0),
            (60, 100, 0),
            (60, 130, 30),
            (u64::MAX, 200, 0),
        ] {
            assert_eq!(reader.heard(at, now), behind);
        }
        assert_eq!(reader.heard(0, 300), u64::MAX);
    }
}
