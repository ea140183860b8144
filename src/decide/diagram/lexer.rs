//! A flowchart's text, read letter by letter with its places.

use crate::model::mistake::Mistake;

/// Told with everything the drawing does not read.
const REMEDY: &str =
    "the drawing reads flowcharts only; `wharf diagram` without --svg still prints the text";

/// Where the reading has come to.
pub(super) struct Lexer {
    letters: Vec<char>,
    at: usize,
}

impl Lexer {
    pub(super) fn new(text: &str) -> Lexer {
        // What YAML or an editor of another system ends lines with.
        let letters = text.replace("\r\n", "\n").replace('\r', "\n");
        Lexer {
            letters: letters.chars().collect(),
            at: 0,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    pub(super) fn looks_at(&self, word: &str) -> bool {
        let mut ahead = self.letters[self.at..].iter();
        word.chars().all(|it| ahead.next() == Some(&it))
    }

    /// Takes the word if it stands here.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let here = self.looks_at(word);
        if here {
            self.at += word.chars().count();
        }
        here
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let from = self.at;
        while self.peek().is_some_and(&fits) {
            self.at += 1;
        }
        self.letters[from..self.at].iter().collect()
    }

    /// Blanks within a line.
    pub(super) fn blanks(&mut self) {
        self.take_while(|it| it != '\n' && it.is_whitespace());
    }

    /// Everything between two statements, comments included.
    pub(super) fn between(&mut self) {
        loop {
            self.take_while(|it| it == ';' || it.is_whitespace());
            if !self.comment() {
                return;
            }
        }
    }

    /// Whether a statement ends here; what ends it is taken.
    pub(super) fn ends(&mut self) -> bool {
        self.blanks();
        let comment = self.looks_at("%%");
        comment || matches!(self.peek(), None | Some('\n' | ';'))
    }

    /// The rest of the statement, as typed; a `;` within quotes does not end it.
    pub(super) fn rest(&mut self) -> String {
        let mut text = String::new();
        let mut quoted = false;
        while let Some(letter) = self.peek() {
            if letter == '\n' || letter == ';' && !quoted {
                break;
            }
            quoted ^= letter == '"';
            text.push(letter);
            self.at += 1;
        }
        text.trim().to_owned()
    }

    /// `%%` up to the end of its line, or a directive `%%{…}%%` that may have several.
    fn comment(&mut self) -> bool {
        if !self.looks_at("%%") {
            return false;
        }
        let directive = self.looks_at("%%{");
        loop {
            if directive && self.take("}%%") || !directive && self.peek() == Some('\n') {
                return true;
            }
            if self.next().is_none() {
                return true;
            }
        }
    }

    /// A mistake from `from` to here.
    pub(super) fn mistake(&self, from: usize, what: impl Into<String>) -> Mistake {
        let before = &self.letters[..from.min(self.letters.len())];
        let line = before.iter().filter(|it| **it == '\n').count();
        let start = before.iter().rposition(|it| *it == '\n');
        Mistake {
            line: line + 1,
            column: before.len() - start.map_or(0, |it| it + 1) + 1,
            width: self.at.saturating_sub(from).max(1),
            path: String::new(),
            what: what.into(),
            hint: Some(REMEDY.to_owned()),
        }
    }

    /// What stands here, for a message: a word, a sign, or the end.
    pub(super) fn here(&self) -> String {
        const SHOWN: usize = 20;
        let ahead = self.letters[self.at..].iter();
        let word: String = ahead
            .take_while(|it| !it.is_whitespace())
            .take(SHOWN)
            .collect();
        match (word.is_empty(), self.peek()) {
            (false, _) => format!("`{word}`"),
            (true, Some(_)) => "the end of the line".to_owned(),
            (true, None) => "the end of the diagram".to_owned(),
        }
    }
}
