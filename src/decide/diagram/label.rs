//! What stands inside a box: lines, words, and mermaid's own ways to write a character.

/// Whether a character may be part of a box's name.
pub(super) fn in_id(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/')
}

/// Returns the box's name a text ends with; the links `--`, `-.` and their like end where it begins.
pub(super) fn last_id(text: &str) -> &str {
    let word = text.rsplit(|it| !in_id(it)).next().unwrap_or_default();
    let word = word.rsplit("--").next().unwrap_or_default();
    let word = word.rsplit("-.").next().unwrap_or_default();
    word.trim_start_matches(['-', '.'])
}

/// Returns the words of a label; a line break parts two words.
pub(super) fn words(label: &str) -> Vec<&str> {
    broken(label)
        .into_iter()
        .flat_map(str::split_whitespace)
        .collect()
}

/// Returns the lines of a label as they are to be shown: entities read, names of icons left out.
pub(super) fn lines(label: &str) -> Vec<String> {
    let shown = |line: &str| {
        let words = line.split_whitespace().filter(|it| !it.starts_with("fa:"));
        readable(&words.collect::<Vec<_>>().join(" "))
    };
    broken(label).into_iter().map(shown).collect()
}

/// `<br>`, `<br/>` and `<br />` end a line, and so does `\n` as mermaid's own documents type it.
fn broken(label: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = label[at..].find(['<', '\\', '\n']) {
        let start = at + found;
        match break_at(&label[start..]) {
            Some(width) => {
                lines.push(&label[from..start]);
                from = start + width;
                at = from;
            }
            None => at = start + 1,
        }
    }
    lines.push(&label[from..]);
    lines
}

fn break_at(text: &str) -> Option<usize> {
    let ways = ["<br/>", "<br>", "<br />", "\\n", "\n"];
    let fits = |way: &&str| {
        text.get(..way.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(way))
    };
    ways.iter().find(|it| fits(it)).map(|it| it.len())
}

/// `#quot;` and `#35;` are mermaid's, `&amp;` and its like HTML's.
fn readable(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['#', '&']) {
        made.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST_ENTITY).position(|it| it == b';');
        let letter = end.and_then(|end| entity(&rest[1..end]));
        match (end, letter) {
            (Some(end), Some(letter)) => {
                made.push(letter);
                rest = &rest[end + 1..];
            }
            (_, _) => {
                made.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    made.push_str(rest);
    made
}

/// In bytes, both signs included.
const LONGEST_ENTITY: usize = 10;

fn entity(name: &str) -> Option<char> {
    match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "nbsp" => Some('\u{a0}'),
        _ => name.parse().ok().and_then(char::from_u32),
    }
}

#[cfg(test)]
mod tests {
    use super::{last_id, lines, words};

    #[test]
    fn a_label_has_lines_and_words() {
        assert_eq!(words("web<br/>port 80 n1"), ["web", "port", "80", "n1"]);
        assert_eq!(lines("web<BR>fa:fa-at n1"), ["web", "n1"]);
        assert_eq!(lines("a < b\\nc"), ["a < b", "c"]);
        assert_eq!(lines(""), [""]);
    }

    #[test]
    fn a_link_is_no_part_of_a_name() {
        for (text, id) in [
            ("a-->b-1", "b-1"),
            ("a---b", "b"),
            ("a-.-b", "b"),
            ("a-.->b", "b"),
            ("x & b.c", "b.c"),
            ("a --> ", ""),
        ] {
            assert_eq!(last_id(text), id, "{text}");
        }
    }

    #[test]
    fn entities_are_read_and_strays_are_left() {
        assert_eq!(
            lines("#quot;a#quot; #35;1 &amp; &x; #"),
            ["\"a\" #1 & &x; #"]
        );
        assert_eq!(lines("#1114112; #ä;"), ["#1114112; #ä;"]);
    }
}
