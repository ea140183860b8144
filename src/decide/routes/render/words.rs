//! Words of a configuration: quoted so that a text stays one word and means nothing else.

use std::net::{IpAddr, SocketAddr};

/// Returns the text as one word.
pub(super) fn text(text: &str) -> String {
    let mut word = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '$' => word.extend(['\\', letter]),
            '\n' => word.push_str("\\n"),
            '\r' => word.push_str("\\r"),
            '\t' => word.push_str("\\t"),
            // Refused where the file is read; nothing of it may end the line.
            it if it.is_control() => word.push('?'),
            it => word.push(it),
        }
    }
    word.push('"');
    word
}

/// The same where a percent sign would begin a variable.
pub(super) fn format_text(typed: &str) -> String {
    text(&typed.replace('%', "%%"))
}

/// Returns address and port as one word.
pub(super) fn address(at: IpAddr, port: u16) -> String {
    SocketAddr::new(at, port).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_word() {
        for (typed, expected) in [
            ("a b", r#""a b""#),
            ("a\"b\\c$HOME", r#""a\"b\\c\$HOME""#),
            ("a\nserver x", r#""a\nserver x""#),
            ("a\0b#c", r#""a?b#c""#),
        ] {
            assert_eq!(text(typed), expected);
        }
        assert_eq!(format_text("100%"), "\"100%%\"");
        assert_eq!(address("::1".parse().unwrap(), 80), "[::1]:80");
    }
}
