//! How urgent a line is, read off the line itself where it says so.

pub mod json;
mod text;

use crate::model::log::Priority;

/// Bytes of a line that are looked at for a level.
const HEAD: usize = 512;

/// Returns the priority a line names itself, other than in JSON: a `<N>` prefix, klog's letter,
/// logfmt's `level=`, or a level's name where such names stand. None when it names none.
pub fn level(line: &str) -> Option<Priority> {
    let mut end = line.len().min(HEAD);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let head = &line[..end];
    prefix(head)
        .or_else(|| klog(head))
        .or_else(|| logfmt(head))
        .or_else(|| text::level(head))
}

/// sd-daemon's `<N>`; bits above the third are syslog's facility.
fn prefix(head: &str) -> Option<Priority> {
    let (number, _) = head.strip_prefix('<')?.split_once('>')?;
    if number.is_empty() || number.len() > 3 || !number.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let number: u16 = number.parse().ok()?;
    (number < 192).then_some(Priority((number & 7) as u8))
}

/// `I1121 08:45:00.123456   1 file.go:12] …`
fn klog(head: &str) -> Option<Priority> {
    let bytes = head.as_bytes();
    let shape = b"?dddd dd:dd:dd.";
    let fits = |(byte, want): (&u8, &u8)| match want {
        b'd' => byte.is_ascii_digit(),
        b'?' => true,
        _ => byte == want,
    };
    if bytes.len() < shape.len() || !bytes.iter().zip(shape).all(fits) {
        return None;
    }
    match bytes[0] {
        b'I' => Some(Priority::INFO),
        b'W' => Some(Priority::WARNING),
        b'E' => Some(Priority::ERROR),
        b'F' => Some(Priority::CRITICAL),
        _ => None,
    }
}

/// `… level=warn …`, at the start of a word.
fn logfmt(head: &str) -> Option<Priority> {
    for key in ["level=", "lvl=", "severity="] {
        let mut from = 0;
        while let Some(at) = head[from..].find(key).map(|it| it + from) {
            from = at + key.len();
            let opens = at == 0 || head.as_bytes()[at - 1] == b' ';
            let value = head[from..].trim_start_matches('"');
            let end = value.find(|it: char| !it.is_ascii_alphanumeric());
            let word = &value[..end.unwrap_or(value.len())];
            if opens && let Some(found) = named(word) {
                return Some(found);
            }
        }
    }
    None
}

/// Returns the priority of a level's name, in any case.
pub(crate) fn named(word: &str) -> Option<Priority> {
    const NAMES: [(&str, u8); 25] = [
        ("emerg", 0),
        ("emergency", 0),
        ("panic", 0),
        ("alert", 1),
        ("crit", 2),
        ("critical", 2),
        ("fatal", 2),
        ("severe", 3),
        ("err", 3),
        ("eror", 3),
        ("error", 3),
        ("warn", 4),
        ("warning", 4),
        ("notice", 5),
        ("note", 5),
        ("info", 6),
        ("information", 6),
        ("informational", 6),
        ("log", 6),
        ("debug", 7),
        ("dbug", 7),
        ("trace", 7),
        ("verbose", 7),
        ("fine", 7),
        ("silly", 7),
    ];
    let same = |(name, _): &&(&str, u8)| name.eq_ignore_ascii_case(word);
    NAMES.iter().find(same).map(|(_, it)| Priority(*it))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::level;

    #[test]
    fn lines_that_name_their_level() {
        for (line, expected) in [
            ("<3>disk failing", 3),
            ("<30>daemon.info", 6),
            ("E1121 08:45:00.123456       1 main.go:12] no", 3),
            ("I1121 08:45:00.123456       1 main.go:12] yes", 6),
            ("time=\"2026-11-21\" level=warning msg=\"x\"", 4),
            ("ts=1 lvl=dbug msg=hello", 7),
            ("ERROR: could not open", 3),
            ("error: could not open", 3),
            ("[error] no such file", 3),
            ("WARN  low on memory", 4),
            ("[WARN] low on memory", 4),
            ("FATAL out of memory", 2),
            ("2026/11/21 08:45:00 [error] 31#31: *1 open() failed", 3),
            ("2026/11/21 08:45:00 [notice] 1#1: start worker", 5),
            ("2026-11-21 08:45:00.123 UTC [1] LOG:  ready", 6),
            ("2026-11-21 08:45:00.123 UTC [71] FATAL:  no role", 2),
            ("2026-11-21 08:45:00,123 - app - ERROR - boom", 3),
            ("08:45:00.123 [main] INFO  com.example.App - up", 6),
            ("[2026-11-21 08:45:00] DEBUG: x", 7),
            ("2026-11-21T08:45:00Z\tWARN\tx/y.go:1\tslow", 4),
            ("2026-11-21T08:45:00.000000Z  INFO app: started", 6),
            ("WARNING:root:careful", 4),
            ("npm notice", 0xff),
            ("INFO:     Uvicorn running", 6),
            ("[INFO ] padded", 6),
            ("ERROR [main] x", 3),
        ] {
            let found = level(line).map_or(0xff, |it| it.0);
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn lines_that_only_speak_of_levels() {
        for line in [
            "",
            "an ERROR occurred",
            "Errors: 0",
            "information wants to be free",
            "error",
            "no level=of any sort",
            "<b>bold</b>",
            "<999>x",
            "GET /error HTTP/1.1",
            "127.0.0.1 - - [21/Nov/2026:08:45:00 +0000] \"GET /ERROR HTTP/1.1\" 200 5",
            "warning lights are fun",
            "LOGIN ok",
            "2026 was a good year, ERROR or not, for all of us",
        ] {
            assert_eq!(level(line), None, "{line}");
        }
    }

    proptest! {
        #![proptest_config(crate::decide::fuzz())]
        #[test]
        fn any_line_is_looked_at_without_harm(line in "\\PC{0,80}") {
            if let Some(found) = level(&line) {
                prop_assert!(found.0 <= 7);
            }
        }

        #[test]
        fn what_looks_like_a_level_is_looked_at_without_harm(
            line in "[<0-9\\[]{0,4}(level=|ERROR|[a-z]{0,3})[\\]> :|\"é]{0,3}.{0,20}") {
            let _ = level(&line);
        }
    }
}
