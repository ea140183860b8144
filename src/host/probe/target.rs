//! How a request names what it asks: the URL for people, the target and Host header for the server.

use std::fmt::Write;

use crate::model::check::Ask;

/// Returns the whole URL, as a person would type it.
pub fn url(ask: &Ask, host: &str) -> String {
    let scheme = if ask.https { "https" } else { "http" };
    format!("{scheme}://{}{}", authority(ask, host), path_and_query(ask))
}

/// Returns `host:port`, an IPv6 address in brackets.
pub fn place(host: &str, port: u16) -> String {
    format!("{}:{port}", bracketed(host))
}

/// The Host header: without the port where it is the scheme's own.
pub(super) fn authority(ask: &Ask, host: &str) -> String {
    let usual = if ask.https { 443 } else { 80 };
    match ask.port == usual {
        true => bracketed(host),
        false => place(host, ask.port),
    }
}

/// What follows the method in the request line. What is already percent-encoded in the path stays;
/// what may not stand in one is encoded, and so is every reserved character of the query.
pub(super) fn path_and_query(ask: &Ask) -> String {
    let mut out = String::new();
    if !ask.path.starts_with('/') {
        out.push('/');
    }
    encode(&mut out, &ask.path, |byte| {
        byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte)
    });
    for (name, value) in &ask.query {
        out.push(if out.contains('?') { '&' } else { '?' });
        encode(&mut out, name, unreserved);
        out.push('=');
        encode(&mut out, value, unreserved);
    }
    out
}

/// RFC 3986, 2.3.
fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn encode(out: &mut String, text: &str, stays: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        match stays(byte) {
            true => out.push(byte.into()),
            // Writing to a String does not fail.
            false => _ = write!(out, "%{byte:02X}"),
        }
    }
}

fn bracketed(host: &str) -> String {
    match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::check::StatusRange;

    fn ask(path: &str, query: &[(&str, &str)]) -> Ask {
        Ask {
            https: false,
            host: None,
            port: 80,
            path: path.into(),
            method: "GET".into(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            headers: Vec::new(),
            body: None,
            status: StatusRange { from: 200, to: 200 },
            expected_body: None,
            verify: true,
        }
    }

    #[test]
    fn queries_are_encoded() {
        let ask = ask("/find", &[("q", "a b&c=d/é"), ("q", "{\"x\"=>1}")]);
        assert_eq!(
            path_and_query(&ask),
            "/find?q=a%20b%26c%3Dd%2F%C3%A9&q=%7B%22x%22%3D%3E1%7D"
        );
    }

    #[test]
    fn paths_stay_as_typed_where_they_can() {
        assert_eq!(
            path_and_query(&ask("/a%20b/ü #x", &[])),
            "/a%20b/%C3%BC%20%23x"
        );
        assert_eq!(path_and_query(&ask("/a?b=1", &[("c", "2")])), "/a?b=1&c=2");
        assert_eq!(path_and_query(&ask("", &[])), "/");
    }

    #[test]
    fn addresses_read_as_in_a_browser() {
        let mut ask = ask("/", &[]);
        assert_eq!(url(&ask, "10.0.0.1"), "http://10.0.0.1/");
        ask.port = 8080;
        assert_eq!(url(&ask, "::1"), "http://[::1]:8080/");
        ask.https = true;
        ask.port = 443;
        assert_eq!(url(&ask, "h"), "https://h/");
    }
}
