//! Addresses of pages, with names in them as addresses want them.

use std::fmt::Write;

/// Returns the text as part of an address: a path's segment or a query's value.
pub(super) fn part(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                made.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(made, "%{byte:02X}")),
        }
    }
    made
}

pub(super) fn service(name: &str) -> String {
    format!("/service/{}", part(name))
}

pub(super) fn node(name: &str) -> String {
    format!("/node/{}", part(name))
}

/// Returns the address of a service, led to from one of its nodes.
pub fn place(name: &str, on: &str) -> String {
    with(&service(name), &[("node", on)])
}

/// Returns the address of a page with what is not empty behind the `?`.
pub(super) fn with(page: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(key, value)| format!("{key}={}", part(value)))
        .collect();
    match pairs.is_empty() {
        true => page.to_owned(),
        false => format!("{page}?{}", pairs.join("&")),
    }
}

/// Returns the address if a browser may be led there: the web, and nothing that runs.
pub(super) fn outside(url: &str) -> Option<&str> {
    let safe = ["http://", "https://", "mailto:"];
    safe.iter().any(|it| url.starts_with(it)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::{outside, part, with};

    #[test]
    fn names_stay_within_their_part() {
        assert_eq!(part("a/../b?x#y z\""), "a%2F..%2Fb%3Fx%23y%20z%22");
        assert_eq!(
            with("/logs", &[("service", "a&b"), ("node", "")]),
            "/logs?service=a%26b"
        );
        assert_eq!(with("/logs", &[("node", "")]), "/logs");
    }

    #[test]
    fn only_the_web_is_linked() {
        assert_eq!(outside("javascript:alert(1)"), None);
        assert_eq!(outside("https://a/"), Some("https://a/"));
    }
}
