//! All mistakes and notices of one file, gathered while it is read.

use crate::model::mistake::Mistake;

/// Mistakes (and, apart from them, notices) kept of one file; the rest is only counted.
const MOST_KEPT: usize = 100;

/// Where something stands in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::decide) struct Place {
    /// Which of the files read together; 0 where there is one.
    pub(in crate::decide) file: u32,
    /// Counted from 1; 0 when there is none.
    pub(in crate::decide) line: usize,
    /// In characters, counted from 1.
    pub(in crate::decide) column: usize,
    /// In characters.
    pub(in crate::decide) width: usize,
}

/// Mistakes, each with the number of its file.
pub(in crate::decide) type Numbered = Vec<(u32, Mistake)>;

/// What was found so far.
#[derive(Debug, Default)]
pub(in crate::decide) struct Findings {
    mistakes: Kept,
    notices: Kept,
}

#[derive(Debug, Default)]
struct Kept {
    /// Each with the number of its file.
    list: Numbered,
    beyond: usize,
}

impl Findings {
    /// Adds something that makes the definition unusable.
    pub(in crate::decide) fn mistake(&mut self, place: Place, path: &str, what: impl Into<String>) {
        self.mistakes
            .add(place.file, entry(place, path, what.into(), None));
    }

    /// The same, with what to do next.
    pub(in crate::decide) fn mistake_with(
        &mut self,
        place: Place,
        path: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let hint = Some(hint.into());
        self.mistakes
            .add(place.file, entry(place, path, what.into(), hint));
    }

    /// Adds something the operator should know; the definition works all the same.
    pub(in crate::decide) fn notice(
        &mut self,
        place: Place,
        path: &str,
        what: impl Into<String>,
        hint: Option<String>,
    ) {
        self.notices
            .add(place.file, entry(place, path, what.into(), hint));
    }

    /// Returns how many mistakes there are.
    pub(in crate::decide) fn count(&self) -> usize {
        self.mistakes.list.len() + self.mistakes.beyond
    }

    pub(in crate::decide) fn is_clean(&self) -> bool {
        self.count() == 0
    }

    /// Returns mistakes and notices in the order of the file.
    pub(in crate::decide) fn done(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let bare = |list: Numbered| list.into_iter().map(|(_, it)| it).collect();
        let (mistakes, notices) = self.done_by_file();
        (bare(mistakes), bare(notices))
    }

    /// The same, each with the number of the file it is in, file by file.
    pub(in crate::decide) fn done_by_file(self) -> (Numbered, Numbered) {
        (
            self.mistakes.done("mistakes"),
            self.notices.done("warnings"),
        )
    }
}

impl Kept {
    /// The same thing at the same place, as an anchor used twice gives it, counts once.
    fn add(&mut self, file: u32, new: Mistake) {
        let same = |(in_file, old): &(u32, Mistake)| {
            let place = (*in_file, old.line, old.column) == (file, new.line, new.column);
            place && old.what == new.what
        };
        if self.list.iter().any(same) {
            return;
        }
        if self.list.len() < MOST_KEPT {
            self.list.push((file, new));
        } else {
            self.beyond += 1;
        }
    }

    fn done(mut self, noun: &str) -> Numbered {
        self.list
            .sort_by_key(|(file, it)| (*file, it.line, it.column));
        if self.beyond > 0 {
            let what = format!("{} more {noun} are not listed", self.beyond);
            let last = self.list.last().map_or(0, |(file, _)| *file);
            self.list
                .push((last, entry(Place::default(), "", what, None)));
        }
        self.list
    }
}

fn entry(place: Place, path: &str, what: String, hint: Option<String>) -> Mistake {
    Mistake {
        line: place.line,
        column: place.column,
        width: place.width,
        path: path.to_owned(),
        what,
        hint,
    }
}
