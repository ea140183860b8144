//! A terminal between a program and a browser: how much may be on its way, what is kept for one that comes
//! again, and what a browser may say.

use std::collections::VecDeque;

use serde::Deserialize;

/// Bytes a browser has not shown yet; then the program waits.
const AHEAD_MOST: usize = 512 * 1024;
/// Bytes kept for a browser that comes again.
const KEPT: usize = 256 * 1024;
/// Columns and rows of a terminal.
const LARGEST: u16 = 1000;

/// What is on its way, and what was last shown.
#[derive(Debug, Default)]
pub struct Screen {
    kept: VecDeque<u8>,
    ahead: usize,
}

impl Screen {
    /// The program wrote this; `attached`: it goes to a browser.
    pub fn wrote(&mut self, bytes: &[u8], attached: bool) {
        self.kept.extend(bytes);
        let over = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..over);
        if attached {
            self.ahead += bytes.len();
        }
    }

    /// The browser has shown so many bytes.
    pub fn shown(&mut self, bytes: usize) {
        self.ahead = self.ahead.saturating_sub(bytes);
    }

    /// Whether the program may write on.
    pub fn is_free(&self) -> bool {
        self.ahead < AHEAD_MOST
    }

    /// A browser comes again: what it is shown first.
    pub fn again(&mut self) -> Vec<u8> {
        self.ahead = self.kept.len();
        self.kept.iter().copied().collect()
    }

    /// The browser has gone: nothing is on its way any more.
    pub fn left(&mut self) {
        self.ahead = 0;
    }
}

/// What a browser says besides what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Resize(u16, u16),
    Shown(usize),
}

#[derive(Deserialize)]
struct Control {
    resize: Option<(u16, u16)>,
    ack: Option<usize>,
}

/// Returns what it means; None: nothing.
pub fn said(text: &str) -> Option<Said> {
    let control: Control = serde_json::from_str(text).ok()?;
    match (control.resize, control.ack) {
        (Some(it), _) => size(it).map(|(columns, rows)| Said::Resize(columns, rows)),
        (None, Some(bytes)) => Some(Said::Shown(bytes)),
        (None, None) => None,
    }
}

/// Returns the size if a terminal can have it.
pub fn size((columns, rows): (u16, u16)) -> Option<(u16, u16)> {
    let fits = |it: u16| (1..=LARGEST).contains(&it);
    (fits(columns) && fits(rows)).then_some((columns, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_waits_for_a_slow_browser() {
        let mut screen = Screen::default();
        screen.wrote(&vec![b'x'; AHEAD_MOST - 1], true);
        assert!(screen.is_free());
        screen.wrote(b"x", true);
        assert!(!screen.is_free());
        screen.shown(1);
        assert!(screen.is_free());
        screen.shown(usize::MAX);
        assert!(screen.is_free());
        screen.wrote(&vec![b'x'; AHEAD_MOST], true);
        screen.left();
        assert!(screen.is_free(), "nobody is waited for");
    }

    #[test]
    fn without_a_browser_the_end_is_kept() {
        let mut screen = Screen::default();
        screen.wrote(&vec![b'a'; KEPT], false);
        screen.wrote(b"end", false);
        assert!(screen.is_free());
        let again = screen.again();
        assert_eq!(again.len(), KEPT);
        assert!(again.ends_with(b"aend"));
    }

    #[test]
    fn only_what_means_something_is_heard() {
        assert_eq!(said(r#"{"resize":[80,24]}"#), Some(Said::Resize(80, 24)));
        assert_eq!(said(r#"{"ack":7}"#), Some(Said::Shown(7)));
        for nothing in [
            "",
            "{}",
            "[]",
            r#"{"resize":[0,24]}"#,
            r#"{"resize":[80,1001]}"#,
            r#"{"resize":[80,70000]}"#,
            r#"{"ack":-1}"#,
            r#"{"ack":"x"}"#,
        ] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }
}
