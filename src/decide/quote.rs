//! A piece of somebody's file inside a sentence.

/// Longest piece repeated, in characters.
const LONGEST: usize = 60;

/// Returns the text in backticks, on one line, cut when long, control characters made visible.
pub fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    let safe = short
        .chars()
        .map(|it| if it.is_control() { '\u{fffd}' } else { it });
    format!("`{}`", safe.collect::<String>())
}
