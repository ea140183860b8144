//! Where to go on after a shim, or the daemon, was away: which lines the journal has, which only
//! the daemon's own log has, and which the new stream brings.

pub mod begin;
pub mod ledger;
pub mod listing;
pub mod seam;

/// How certain a position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// Nothing lost, nothing twice.
    Exact,
    /// Equal lines left a choice, or the log disagrees with what was carried; the reason in words.
    Estimated(&'static str),
    /// The daemon's log no longer reaches back to the last line carried.
    Lost,
}

impl Sure {
    /// The worse of two.
    #[must_use]
    pub fn and(self, other: Sure) -> Sure {
        match (self, other) {
            (Sure::Lost, _) | (_, Sure::Lost) => Sure::Lost,
            (Sure::Estimated(why), _) | (_, Sure::Estimated(why)) => Sure::Estimated(why),
            (Sure::Exact, Sure::Exact) => Sure::Exact,
        }
    }
}

/// Returns a hash of a line that is the same in every build, because a newer shim compares it with
/// what an older one wrote.
pub fn hash(text: &[u8]) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |sum: u64, word: u64| (sum ^ word).wrapping_mul(MIX).rotate_left(29);
    let mut sum = text.len() as u64 ^ MIX;
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        sum = step(sum, word);
    }
    for byte in words.remainder() {
        sum = step(sum, u64::from(*byte));
    }
    sum ^ (sum >> 32)
}
