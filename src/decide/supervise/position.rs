//! How far a process's output has been carried, as a line of constant length on disk.

use crate::model::log::Stream;

/// Of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Which file: another one of the same name begins anew.
    pub inode: u64,
    /// Bytes whose lines are in the journal.
    pub sent: u64,
    /// Where the batch under way leads, whether or not it arrived.
    pub until: u64,
}

/// Of both streams, and the name of the batch under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub stdout: Place,
    pub stderr: Place,
    pub batch: u64,
}

impl Position {
    pub fn of(&mut self, stream: Stream) -> &mut Place {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Whether a batch was on its way when this was written.
    pub fn in_doubt(&self) -> bool {
        self.stdout.until > self.stdout.sent || self.stderr.until > self.stderr.sent
    }

    /// The batch under way arrived, or did not.
    pub fn settle(&mut self, arrived: bool) {
        for place in [&mut self.stdout, &mut self.stderr] {
            match arrived {
                true => place.sent = place.until,
                false => place.until = place.sent,
            }
        }
    }

    /// Returns the line, always of the same length.
    pub fn to_text(&self) -> String {
        let place = |it: &Place| format!("{:020} {:020} {:020}", it.inode, it.sent, it.until);
        format!(
            "{} {} {:020}\n",
            place(&self.stdout),
            place(&self.stderr),
            self.batch
        )
    }

    /// Reads it back; None for anything else, be it torn.
    pub fn from_text(text: &str) -> Option<Position> {
        let numbers: Option<Vec<u64>> = text.split_whitespace().map(|it| it.parse().ok()).collect();
        let [a, b, c, d, e, f, batch] = numbers?.try_into().ok()?;
        let place = |inode, sent, until| Place { inode, sent, until };
        let position = Position {
            stdout: place(a, b, c),
            stderr: place(d, e, f),
            batch,
        };
        let sound = |it: &Place| it.until >= it.sent;
        (sound(&position.stdout) && sound(&position.stderr)).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_back_as_it_was_written_and_nothing_else_is() {
        let mut position = Position {
            batch: u64::MAX,
            ..Position::default()
        };
        *position.of(Stream::Stderr) = Place {
            inode: 7,
            sent: 5,
            until: u64::MAX,
        };
        let text = position.to_text();
        assert_eq!(Position::from_text(&text), Some(position));
        assert_eq!(text.len(), Position::default().to_text().len());
        for wrong in ["", "1 2", "1 5 4 0 0 0 0", "x 0 0 0 0 0 0"] {
            assert_eq!(Position::from_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn doubt_is_settled_either_way() {
        let mut position = Position::default();
        position.stdout.until = 9;
        assert!(position.in_doubt());
        let mut lost = position.clone();
        lost.settle(false);
        position.settle(true);
        assert_eq!((position.stdout.sent, lost.stdout.until), (9, 0));
        assert!(!position.in_doubt() && !lost.in_doubt());
    }
}
