//! How much room a box needs, without asking a font: widths are those of a common sans-serif, rounded up.

use crate::model::diagram::{Item, Shape};

/// Pixels for one letter of a label and for one line of it.
const LETTER: f64 = 7.6;
pub(super) const LINE: f64 = 18.0;
/// Around a label.
const PAD: (f64, f64) = (14.0, 10.0);
const NARROWEST: f64 = 64.0;
/// For the mark of a state.
const MARK: f64 = 24.0;
/// What is shown of a label; all of it is in the box's title.
const MOST_LINES: usize = 6;
const MOST_LETTERS: usize = 40;

/// Returns the lines that are shown of a box.
pub(super) fn shown(item: &Item) -> Vec<String> {
    let lines = item.lines.iter().take(MOST_LINES);
    lines.map(|it| cut(it, MOST_LETTERS)).collect()
}

/// Returns the first so many letters, with a sign where some are left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the width of a line of text in pixels.
pub(super) fn width(text: &str) -> f64 {
    // From here on scripts whose letters are as wide as they are high.
    let letters = text
        .chars()
        .map(|it| if it < '\u{2e80}' { 1.0 } else { 2.0 });
    letters.sum::<f64>() * LETTER
}

/// Returns the width and height of a box.
pub(super) fn of(item: &Item) -> (f64, f64) {
    let lines = shown(item);
    let widest = lines.iter().map(|it| width(it)).fold(0.0, f64::max);
    let mark = if item.tone.is_some() { MARK } else { 0.0 };
    let wide = (widest + 2.0 * PAD.0 + mark).max(NARROWEST);
    let high = f64::from(u32::try_from(lines.len()).unwrap_or(1)) * LINE + 2.0 * PAD.1;
    match item.shape {
        Shape::Rectangle | Shape::Rounded => (wide, high),
        Shape::Stadium | Shape::Framed => (wide + 16.0, high),
        Shape::Barrel => (wide, high + 16.0),
        Shape::Hexagon => (wide + high, high),
        Shape::Circle => (wide.max(high), wide.max(high)),
        // A diamond has a quarter of its room in the middle.
        Shape::Diamond => (wide * 1.5, high * 2.0),
    }
}
