//! Where to go on after a shim, or the daemon, was away: which lines the journal has, which only
//! the daemon's own log has, and which the new stream brings.

pub mod begin;
pub mod ledger;
pub mod listing;
#[cfg(test)]
mod proofs;
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

/// ASCII bytes of a line that make its hash.
const HASHED: usize = 8 * 1024;

/// Returns a hash of a line that is the same in every build, because a newer shim compares it with
/// what an older one wrote; and the same for what docker's json-file log makes of the line: it
/// replaces every byte that is not UTF-8, and so each character its 16 KiB pieces cut in two.
pub fn hash(text: &[u8]) -> u64 {
    let head = &text[..text.len().min(HASHED)];
    if head.is_ascii() {
        return digest(head);
    }
    digest(&ascii(text, HASHED))
}

/// Whether a line ends with these bytes, as far as docker's log keeps them.
pub fn ends_with(text: &[u8], end: &[u8]) -> bool {
    if text.ends_with(end) {
        return true;
    }
    if text.is_ascii() || end.is_ascii() {
        return false;
    }
    ascii(text, usize::MAX).ends_with(&ascii(end, usize::MAX))
}

/// Returns the whole of a line of which a daemon that ended took the head along: `head` is what
/// its stream had brought of it, `logged` what the next daemon logged. None: the log has all of it.
pub fn rejoined(head: &[u8], logged: &[u8]) -> Option<Vec<u8>> {
    let begun =
        logged.starts_with(head) || ascii(logged, usize::MAX).starts_with(&ascii(head, usize::MAX));
    (!begun).then(|| [head, logged].concat())
}

fn ascii(text: &[u8], count: usize) -> Vec<u8> {
    text.iter()
        .copied()
        .filter(u8::is_ascii)
        .take(count)
        .collect()
}

fn digest(text: &[u8]) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::{ends_with, hash, rejoined};

    #[test]
    fn a_head_the_daemon_took_along_is_put_back() {
        assert_eq!(rejoined(b"14760 ", b"").as_deref(), Some(&b"14760 "[..]));
        assert_eq!(rejoined(b"one ", b"two").as_deref(), Some(&b"one two"[..]));
        assert_eq!(rejoined(b"one ", b"one two"), None);
        assert_eq!(rejoined(b"", b"two"), None);
    }

    #[test]
    fn what_json_file_makes_of_a_line_hashes_the_same() {
        let line = format!("1250 {}", "é".repeat(10_000));
        let (head, tail) = line.as_bytes().split_at(16_384);
        let logged = [String::from_utf8_lossy(head), String::from_utf8_lossy(tail)].concat();
        assert_ne!(logged, line);
        assert_eq!(hash(logged.as_bytes()), hash(line.as_bytes()));
        assert!(ends_with(logged.as_bytes(), &line.as_bytes()[8_000..]));
        assert!(ends_with(b"one two", b"two") && ends_with(b"", b""));
        assert!(!ends_with(b"one two", b"twos"));
        assert_ne!(hash(b"a"), hash(b"b"));
        assert_ne!(hash(b""), hash(b"\0"));
    }
}
