//! Whoever sits before the terminal: asked a question, and their answer.

use std::io::{self, IsTerminal};

/// Whether somebody is there who can answer.
pub fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// Returns the next line typed, without its end; empty when the input has ended.
///
/// # Errors
/// As the system says.
pub fn line() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().read_line(&mut text)?;
    Ok(text.trim().to_owned())
}
