//! What a run has said: the end of it, bounded in lines and bytes.

use std::collections::VecDeque;

/// Lines kept, and bytes of them all; of one line as many as fit on a page.
const LINES_MOST: usize = 5000;
const BYTES_MOST: usize = 2 * 1024 * 1024;
const LINE_LONGEST: usize = 64 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    /// Before the first one that is kept.
    pub dropped: usize,
}

impl Tail {
    /// Takes a line; the oldest ones go when there are too many.
    pub fn push(&mut self, line: &str) {
        let mut end = line.len().min(LINE_LONGEST);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes += end;
        self.lines.push_back(line[..end].to_owned());
        while self.lines.len() > LINES_MOST || self.bytes > BYTES_MOST {
            self.bytes -= self.lines.pop_front().map_or(self.bytes, |it| it.len());
            self.dropped += 1;
        }
    }

    /// Takes up what was kept before.
    pub fn of(lines: Vec<String>, dropped: usize) -> Tail {
        let mut tail = Tail {
            dropped,
            ..Tail::default()
        };
        lines.iter().for_each(|it| tail.push(it));
        tail
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut tail = Tail::default();
        for number in 0..LINES_MOST + 10 {
            tail.push(&number.to_string());
        }
        assert_eq!((tail.lines().count(), tail.dropped), (LINES_MOST, 10));
        assert_eq!(tail.lines().next(), Some("10"));
        let again = Tail::of(tail.lines().map(str::to_owned).collect(), tail.dropped);
        assert_eq!(again, tail);
    }

    #[test]
    fn long_lines_are_bounded_as_well() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            tail.push(&"ä".repeat(LINE_LONGEST));
        }
        assert!(tail.bytes <= BYTES_MOST && tail.dropped > 0);
        assert!(tail.lines().all(|it| it.len() <= LINE_LONGEST));
    }
}
