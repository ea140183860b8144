//! A line as the journal can show it: valid UTF-8 without control characters.

use std::borrow::Cow;

/// A line's text for MESSAGE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean<'a> {
    pub text: Cow<'a, str>,
    /// Something other than one trailing carriage return was taken out or replaced, so the bytes as
    /// they were written are worth keeping.
    pub lossy: bool,
}

/// Returns the line without terminal sequences, with the text behind the last carriage return only
/// (what a progress bar shows in the end), control characters as their pictures and invalid UTF-8
/// as U+FFFD. A line with none of these is lent back as it is.
pub fn clean(line: &[u8]) -> Clean<'_> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    let invalid = matches!(text, Cow::Owned(_));
    if !text.contains(is_control) {
        return Clean {
            text,
            lossy: invalid,
        };
    }
    let plain = without_sequences(&text);
    let shown = plain.trim_end_matches('\r');
    let shown = shown.rsplit('\r').next().unwrap_or(shown);
    Clean {
        text: Cow::Owned(shown.chars().map(picture).collect()),
        lossy: true,
    }
}

/// What journalctl would show as a blob: C0 but tab and newline, DEL, C1.
fn is_control(it: char) -> bool {
    (it < ' ' && it != '\t' && it != '\n') || ('\u{7f}'..='\u{9f}').contains(&it)
}

fn picture(it: char) -> char {
    match it {
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        _ if is_control(it) => char::from_u32(0x2400 + it as u32).unwrap_or(' '),
        _ => it,
    }
}

/// ECMA-48: ESC [ parameters final, ESC ] text until BEL or ESC \, ESC and one character otherwise.
fn without_sequences(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        kept.push_str(&rest[..at]);
        rest = behind_sequence(&rest[at + 1..]);
    }
    kept.push_str(rest);
    kept
}

fn behind_sequence(after_escape: &str) -> &str {
    let mut chars = after_escape.chars();
    match chars.next() {
        Some('[') => {
            let rest = chars.as_str();
            let end = rest.find(|it: char| !(' '..='?').contains(&it));
            // A final byte ends the sequence; anything else was never part of one.
            match end.and_then(|it| rest[it..].chars().next().map(|last| (it, last))) {
                Some((end, last)) if ('@'..='~').contains(&last) => &rest[end + 1..],
                Some((end, _)) => &rest[end..],
                None => "",
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let rest = chars.as_str();
            match rest.find(['\u{7}', '\u{1b}']) {
                Some(end) => {
                    let rest = &rest[end..];
                    let rest = rest.strip_prefix('\u{7}').unwrap_or(rest);
                    rest.strip_prefix("\u{1b}\\").unwrap_or(rest)
                }
                // No end: take only the opening out, never the text.
                None => rest,
            }
        }
        Some(' '..='/') => {
            let mut rest = chars.as_str().chars();
            rest.next();
            rest.as_str()
        }
        Some(_) => chars.as_str(),
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{clean, is_control};

    #[test]
    fn a_plain_line_is_lent_back() {
        for line in [
            "",
            "a line",
            "\ttabs\tand é 漢 🚢",
            "  <6>kept {\"a\": 1}  ",
        ] {
            let it = clean(line.as_bytes());
            assert!(matches!(it.text, Cow::Borrowed(text) if text == line));
            assert!(!it.lossy);
        }
        let it = clean(b"dos\r");
        assert_eq!((&*it.text, it.lossy), ("dos", false));
    }

    #[test]
    fn what_a_terminal_would_eat_is_taken_out() {
        for (line, shown) in [
            (&b"\x1b[1;31merror\x1b[0m: x"[..], "error: x"),
            (b"\x1b]0;title\x07text", "text"),
            (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            (b"\x1b(Bplain\x1b=", "plain"),
            (b"\x1b[", ""),
            (b"\x1b", ""),
            (b"\x1b[31\xc3\xa9", "é"),
            (b"10%\r50%\r100%", "100%"),
            (b"10%\r100%\r\r", "100%"),
            (b"nul\0bell\x07del\x7f", "nul␀bell␇del␡"),
            (b"c1 \xc2\x9b!", "c1 \u{fffd}!"),
            (b"bad \xff\xfe utf-8", "bad \u{fffd}\u{fffd} utf-8"),
        ] {
            let it = clean(line);
            assert_eq!((&*it.text, it.lossy), (shown, true), "{line:?}");
        }
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]
        #[test]
        fn nothing_unshowable_remains(line in proptest::collection::vec(
            prop_oneof![Just(0x1b), Just(b'['), Just(b']'), Just(b'\r'), Just(b'\\'), Just(0x07), any::<u8>()], 0..60)) {
            let it = clean(&line);
            prop_assert!(!it.text.contains(is_control));
            let stripped = line.strip_suffix(b"\r").unwrap_or(&line);
            if !it.lossy {
                prop_assert_eq!(it.text.as_bytes(), stripped);
            }
            // A second look changes nothing.
            let again = clean(it.text.as_bytes());
            prop_assert_eq!(&again.text, &it.text);
            prop_assert!(!again.lossy);
        }

        #[test]
        fn text_without_controls_is_never_touched(line in "[^\\p{Cc}]{0,40}") {
            let it = clean(line.as_bytes());
            prop_assert_eq!(&*it.text, line.as_str());
            prop_assert!(!it.lossy);
        }
    }
}
