//! What a shim remembers of the lines it has carried, as one short text in a file of the runtime directory.

use serde::{Deserialize, Serialize};

use crate::model::log::Stream;

/// Last lines whose hashes are kept per stream.
pub const TAIL: usize = 8;

/// Bytes the file takes, so that each write replaces the whole of the one before.
pub const SIZE: usize = 1536;

/// How far one stream has been carried, in whole lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Lines since the anchor.
    pub lines: u64,
    /// When the first line since the anchor was received, nanoseconds since the epoch; 0: none was.
    pub first: u64,
    /// Hashes of the last lines, the newest last, from before the anchor too.
    pub tail: Vec<u64>,
    /// When the last of them was received, nanoseconds since the epoch.
    pub received: u64,
}

impl Place {
    /// One more line has been carried.
    pub fn advance(&mut self, hash: u64, received: u64) {
        if self.lines == 0 {
            self.first = received;
        }
        self.lines += 1;
        if self.tail.len() == TAIL {
            self.tail.remove(0);
        }
        self.tail.push(hash);
        self.received = received;
    }
}

/// Both streams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    pub stdout: Place,
    pub stderr: Place,
}

impl Places {
    pub fn of(&self, stream: Stream) -> &Place {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    pub fn of_mut(&mut self, stream: Stream) -> &mut Place {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

/// The whole memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub container: String,
    /// A wall-clock moment, nanoseconds since the epoch, at which neither a line nor a part of one
    /// was under way: lines the daemon stamped later are those counted from here.
    pub anchor: u64,
    /// When the last line before the anchor came; 0: there was none.
    pub before: u64,
    /// After the last batch the journal surely has.
    pub sent: Places,
    /// After the batch about to be sent; None: there is no doubt.
    pub pending: Option<Pending>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// LOG_BATCH of the batch's last record.
    pub batch: String,
    pub places: Places,
}

impl Ledger {
    /// Returns the memory of a container that has not written anything yet.
    pub fn fresh(container: &str, now: u64) -> Ledger {
        Ledger {
            container: container.to_owned(),
            anchor: now,
            ..Ledger::default()
        }
    }

    /// Moves the anchor to a quiet moment.
    pub fn anchor_at(&mut self, now: u64) {
        let last = self.sent.stdout.received.max(self.sent.stderr.received);
        self.before = self.before.max(last);
        self.anchor = now;
        for place in [&mut self.sent.stdout, &mut self.sent.stderr] {
            place.lines = 0;
            place.first = 0;
        }
        self.pending = None;
    }

    /// Settles the doubt: the pending batch has arrived, or it has not.
    pub fn settle(&mut self, arrived: bool) {
        if let Some(pending) = self.pending.take()
            && arrived
        {
            self.sent = pending.places;
        }
    }

    /// Returns the text for the file, [`SIZE`] bytes long.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        let missing = SIZE.saturating_sub(text.len() + 1);
        text.extend(std::iter::repeat_n(' ', missing));
        text.push('\n');
        text
    }

    /// Returns None when the text is not a ledger of this container.
    pub fn from_text(text: &str, container: &str) -> Option<Ledger> {
        let ledger: Ledger = serde_json::from_str(text).ok()?;
        (ledger.container == container).then_some(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Pending, Places, SIZE, TAIL};

    /// The largest ledger there can be.
    fn full() -> Ledger {
        let mut places = Places::default();
        for _ in 0..TAIL + 2 {
            places.stdout.advance(u64::MAX, u64::MAX);
            places.stderr.advance(u64::MAX, u64::MAX);
        }
        places.stdout.lines = u64::MAX;
        places.stderr.lines = u64::MAX;
        Ledger {
            container: "f".repeat(64),
            anchor: u64::MAX,
            before: u64::MAX,
            sent: places.clone(),
            pending: Some(Pending {
                batch: "f".repeat(40),
                places,
            }),
        }
    }

    #[test]
    fn every_ledger_fits_its_file_and_comes_back() {
        for ledger in [Ledger::fresh("abc", 7), full()] {
            let text = ledger.to_text();
            assert_eq!(text.len(), SIZE);
            assert_eq!(Ledger::from_text(&text, &ledger.container), Some(ledger));
        }
        assert_eq!(Ledger::from_text(&full().to_text(), "another"), None);
        assert_eq!(Ledger::from_text("", "f"), None);
        assert_eq!(Ledger::from_text(&full().to_text()[..700], "f"), None);
    }

    #[test]
    fn doubt_is_settled_either_way() {
        let mut arrived = full();
        arrived.sent = Places::default();
        let mut lost = arrived.clone();
        arrived.settle(true);
        lost.settle(false);
        assert_eq!(arrived.sent.stdout.lines, u64::MAX);
        assert_eq!(lost.sent, Places::default());
        assert_eq!((arrived.pending, lost.pending), (None, None));
    }

    #[test]
    fn an_anchor_forgets_counts_and_keeps_the_tail() {
        let mut ledger = Ledger::fresh("abc", 5);
        ledger.sent.stdout.advance(1, 6);
        ledger.anchor_at(900);
        assert_eq!((ledger.anchor, ledger.before), (900, 6));
        assert_eq!(ledger.sent.stdout.lines, 0);
        assert_eq!(ledger.sent.stdout.tail, [1]);
    }
}
