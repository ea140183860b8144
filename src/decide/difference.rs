//! Where two texts first part, in words.

/// Characters of the wanted and of the found text that are shown, each.
const SHOWN: usize = 60;
/// Characters shown before the place where they part.
const LEAD_IN: usize = 15;

/// Returns where `found` first parts from `wanted`, in at most 200 characters, or None when they are
/// the same. One newline at the end more or less makes no difference: `echo ok` matches `ok`.
pub fn first(wanted: &[u8], found: &[u8]) -> Option<String> {
    let (wanted, found) = (chomp(wanted), chomp(found));
    if wanted == found {
        return None;
    }
    if found.is_empty() {
        return Some(format!("nothing came, wanted {}", shown(wanted, 0)));
    }
    let (wanted, found) = (
        String::from_utf8_lossy(wanted),
        String::from_utf8_lossy(found),
    );
    let same = wanted
        .chars()
        .zip(found.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let line = wanted.chars().take(same).filter(|it| *it == '\n').count() + 1;
    let from = same.saturating_sub(LEAD_IN);
    Some(format!(
        "line {line} differs: wanted {}, got {}",
        shown(wanted.as_bytes(), from),
        shown(found.as_bytes(), from)
    ))
}

/// The text from this character on, quoted, control characters escaped, shortened.
pub fn shown(text: &[u8], from: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = String::from(if from > 0 { "\"…" } else { "\"" });
    let mut left = SHOWN;
    for letter in text.chars().skip(from) {
        let piece = letter.escape_debug().to_string();
        let width = piece.chars().count();
        if width > left {
            out.push('…');
            break;
        }
        left -= width;
        out.push_str(&piece);
    }
    out.push('"');
    out
}

fn chomp(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_newline_is_forgiven_two_are_not() {
        assert_eq!(first(b"ok", b"ok\n"), None);
        assert_eq!(first(b"ok\n", b"ok"), None);
        assert!(first(b"ok", b"ok\n\n").is_some());
        assert!(first(b"ok", b" ok").is_some());
    }

    #[test]
    fn the_place_is_named() {
        assert_eq!(
            first(b"one\ntwo\n", b"one\ntwx\n").unwrap(),
            r#"line 2 differs: wanted "one\ntwo", got "one\ntwx""#
        );
        assert_eq!(first(b"ok", b"").unwrap(), r#"nothing came, wanted "ok""#);
    }

    proptest! {
        #[test]
        fn never_longer_than_two_hundred(a: Vec<u8>, b: Vec<u8>, same in 0..400_usize) {
            let lead = vec![0x1b; same];
            let wanted = [lead.clone(), a].concat();
            let found = [lead, b].concat();
            if let Some(words) = first(&wanted, &found) {
                prop_assert!(words.chars().count() <= 200, "{}", words);
            }
        }
    }
}
