//! Lines that belong together, such as a stack trace, become one record where the definition asks for it.

use std::time::Duration;

use crate::model::service::Multiline;

/// A joined record holds at most this many bytes.
const LONGEST: usize = 256 * 1024;

/// One stream's record under way.
#[derive(Debug, Default)]
pub struct Joiner {
    text: Vec<u8>,
    /// Hashes of the lines in it, for whoever counts them.
    hashes: Vec<u64>,
    /// When its last line came, since the epoch.
    last: Duration,
}

/// Lines joined by newlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub text: Vec<u8>,
    pub hashes: Vec<u64>,
}

impl Joiner {
    /// Takes the next line and returns the record it ended, if it begins another.
    pub fn push(
        &mut self,
        line: &[u8],
        hash: u64,
        now: Duration,
        how: &Multiline,
    ) -> Option<Joined> {
        let fits = self.hashes.len() < most(how) && self.text.len() + line.len() < LONGEST;
        let another = !(continues(line, how) && fits);
        let ended = if another && !self.hashes.is_empty() {
            self.take()
        } else {
            None
        };
        if !self.hashes.is_empty() {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(line);
        self.hashes.push(hash);
        self.last = now;
        ended
    }

    /// When the record under way is given up waiting for more, since the epoch; None: there is none.
    pub fn due(&self, how: &Multiline) -> Option<Duration> {
        (!self.hashes.is_empty()).then(|| self.last + patience(how))
    }

    /// Returns the record under way.
    pub fn take(&mut self) -> Option<Joined> {
        if self.hashes.is_empty() {
            return None;
        }
        Some(Joined {
            text: std::mem::take(&mut self.text),
            hashes: std::mem::take(&mut self.hashes),
        })
    }
}

/// A JSON line is whole in itself and never joined.
fn continues(line: &[u8], how: &Multiline) -> bool {
    match how {
        Multiline::Indent { .. } => line.starts_with(b" ") || line.starts_with(b"\t"),
        Multiline::Start { prefix, .. } => {
            !line.starts_with(prefix.as_bytes()) && !line.starts_with(b"{")
        }
    }
}

fn most(how: &Multiline) -> usize {
    match how {
        Multiline::Indent { max_lines, .. } | Multiline::Start { max_lines, .. } => *max_lines,
    }
}

fn patience(how: &Multiline) -> Duration {
    match how {
        Multiline::Indent { timeout, .. } | Multiline::Start { timeout, .. } => *timeout,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Joiner;
    use crate::model::service::Multiline;

    fn joined(lines: &[&str], how: &Multiline) -> Vec<String> {
        let mut joiner = Joiner::default();
        let mut found = Vec::new();
        let mut count = 0;
        for line in lines {
            found.extend(joiner.push(line.as_bytes(), 7, Duration::ZERO, how));
        }
        assert_eq!(joiner.due(how), Some(Duration::from_millis(200)));
        found.extend(joiner.take());
        assert_eq!((joiner.due(how), joiner.take()), (None, None));
        let text = found.into_iter().map(|it| {
            count += it.hashes.len();
            String::from_utf8(it.text).unwrap()
        });
        let text = text.collect();
        assert_eq!(count, lines.len());
        text
    }

    #[test]
    fn a_trace_is_one_record() {
        let timeout = Duration::from_millis(200);
        let indent = Multiline::Indent {
            max_lines: 3,
            timeout,
        };
        assert_eq!(
            joined(&["boom", "\tat a", " at b", " at c", "next", "{}"], &indent),
            ["boom\n\tat a\n at b", " at c", "next", "{}"]
        );
        let prefix = "2026".to_owned();
        let start = Multiline::Start {
            prefix,
            max_lines: 9,
            timeout,
        };
        assert_eq!(
            joined(
                &["half", "2026 boom", "at a", "{\"a\":1}", "2026 x"],
                &start
            ),
            ["half", "2026 boom\nat a", "{\"a\":1}", "2026 x"]
        );
    }
}
