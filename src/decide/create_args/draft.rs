//! What has been read of the flags so far.

use super::{Asked, Parsed, Remark, words::Wrong};

/// The flags' meaning while they are read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) asked: Asked,
    /// Flags that speak of the first network, wherever they stand.
    pub(super) aliases: Vec<String>,
    pub(super) ip: Option<String>,
    pub(super) ip6: Option<String>,
    pub(super) mac: Option<String>,
    /// Which flag stood where.
    seen: Vec<(usize, &'static str)>,
    mistakes: Vec<Remark>,
    notices: Vec<Remark>,
}

impl Draft {
    pub(super) fn at(&mut self, index: usize, name: &'static str) {
        self.seen.push((index, name));
    }

    /// Where the last of these flags stood; the start when none did.
    pub(super) fn index_of(&self, names: &[&str]) -> usize {
        let mut seen = self.seen.iter().rev();
        seen.find(|(_, name)| names.contains(name))
            .map_or(0, |(index, _)| *index)
    }

    pub(super) fn mistake(&mut self, index: usize, wrong: Wrong) {
        self.mistakes.push(wrong.at(index));
    }

    pub(super) fn notice(&mut self, index: usize, wrong: Wrong) {
        self.notices.push(wrong.at(index));
    }

    pub(super) fn done(self) -> Parsed {
        Parsed {
            asked: self.asked,
            mistakes: self.mistakes,
            notices: self.notices,
        }
    }
}
