//! A book that lives through what a test says, second by second.

use crate::decide::alert::hear::hear;
use crate::decide::alert::post::{delivered, due, failed};
use crate::decide::alert::turn::{Happening, turn};
use crate::model::alert::{Book, Change, Failure, Heard, Key, Letter, Silence, Trouble};
use crate::model::channel::{Rules, Wish};
use crate::model::rollout::Report;

pub(super) const BEGIN: u64 = 1_800_000_000;

/// A book that is turned every ten seconds, with everything that was delivered.
pub(super) struct Life {
    pub(super) book: Book,
    pub(super) rules: Rules,
    pub(super) silences: Vec<Silence>,
    pub(super) channels: Vec<String>,
    pub(super) now: u64,
    pub(super) sent: Vec<(u64, Letter)>,
    pub(super) happened: Vec<Happening>,
    /// Seconds from turn to turn.
    pub(super) tick: u64,
    /// Deliveries fail.
    pub(super) away: bool,
}

impl Life {
    pub(super) fn new() -> Life {
        Life {
            book: Book::default(),
            rules: Rules::default(),
            silences: Vec::new(),
            channels: vec!["ops".into()],
            now: BEGIN,
            sent: Vec::new(),
            happened: Vec::new(),
            tick: 10,
            away: false,
        }
    }

    pub(super) fn hear(&mut self, heard: Heard) {
        let (now, rules) = (self.now, self.rules.clone());
        hear(&mut self.book, heard, now, &rules, &self.silences);
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        let until = self.now + seconds;
        while self.now < until {
            self.now += self.tick;
            let happened = turn(
                &mut self.book,
                &self.channels,
                &self.rules,
                &self.silences,
                self.now,
            );
            self.happened.extend(happened);
            for letter in due(&self.book, self.now) {
                match self.away {
                    true => {
                        let why = Failure {
                            why: "away".into(),
                            refused: false,
                        };
                        failed(&mut self.book, &letter.id, &why, &self.rules, self.now);
                    }
                    false => {
                        delivered(&mut self.book, &letter.id);
                        self.sent.push((self.now, letter));
                    }
                }
            }
        }
    }

    /// The changes told so far, letter by letter.
    pub(super) fn told(&self) -> Vec<Vec<Change>> {
        let letters = self.sent.iter();
        letters
            .map(|it| it.1.items.iter().map(|it| it.change).collect())
            .collect()
    }
}

pub(super) fn key(node: &str, service: &str, trouble: Trouble) -> Key {
    Key {
        node: node.into(),
        service: service.into(),
        trouble,
        part: String::new(),
    }
}

pub(super) fn down(service: &str) -> Key {
    key("node1", service, Trouble::Down)
}

pub(super) fn bad(key: &Key) -> Heard {
    bad_with(key, Wish::default())
}

pub(super) fn bad_with(key: &Key, wish: Wish) -> Heard {
    Heard::Bad {
        key: key.clone(),
        wish,
        report: Box::new(Report {
            what: "ended with 3".into(),
            last_lines: vec!["boom".into()],
            ..Report::default()
        }),
        unit: String::new(),
    }
}

pub(super) fn good(key: &Key) -> Heard {
    Heard::Good(key.clone())
}
