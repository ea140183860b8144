//! The parser's marks as places a person can look up.

use serde_yaml::granit_parser::{Marker, Span};

use crate::model::mistake::lines;

use super::findings::Place;

/// The lines of one file.
pub(super) struct Ruler<'t> {
    lines: Vec<&'t str>,
    file: u32,
}

impl<'t> Ruler<'t> {
    /// `file` is the number every place gets.
    pub(super) fn new(text: &'t str, file: u32) -> Ruler<'t> {
        Ruler {
            lines: lines(text),
            file,
        }
    }

    /// Returns where the span starts and how much of that line it covers, at least one character.
    pub(super) fn place(&self, span: &Span) -> Place {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            let line = self.line(start.line()).trim_end();
            // Only the length of the line is wanted, and lines can be long: bytes are near enough.
            line.len().saturating_sub(start.col())
        };
        Place {
            file: self.file,
            line: start.line(),
            column: start.col() + 1,
            width: width.max(1),
        }
    }

    pub(super) fn mark(&self, mark: &Marker) -> Place {
        Place {
            file: self.file,
            line: mark.line(),
            column: mark.col() + 1,
            width: 1,
        }
    }

    /// Returns where the cause of unreadable YAML usually stands, and what to do about it.
    pub(super) fn likely_cause(&self, place: Place) -> (Place, Option<&'static str>) {
        for number in [place.line, place.line + 1] {
            let line = self.line(number);
            let blanks = line.len() - line.trim_start_matches(' ').len();
            if line[blanks..].starts_with('\t') {
                let tab = Place {
                    file: self.file,
                    line: number,
                    column: blanks + 1,
                    width: 1,
                };
                return (tab, Some("indent with spaces: YAML takes no tab there"));
            }
        }
        let line = self.line(place.line);
        if line.matches(": ").count() > 1 && !line.contains(['"', '\'', '{']) {
            return (place, Some("a value with `: ` in it must stand in quotes"));
        }
        if [": @", ": `", ": %"].iter().any(|it| line.contains(it)) {
            return (place, Some("put the value in quotes"));
        }
        (place, None)
    }

    fn line(&self, number: usize) -> &'t str {
        let index = number.saturating_sub(1);
        self.lines.get(index).copied().unwrap_or_default()
    }
}
