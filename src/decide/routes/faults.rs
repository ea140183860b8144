//! What cannot be a host, a path, a header or a target, and what to write instead.

use crate::decide::definition::{fields::Entry, findings::Findings};
use crate::decide::quote::quoted;

/// Longest name DNS knows.
const LONGEST_HOST: usize = 253;
/// Longest path, header value or redirect: a line of the proxy's own has 2048 characters.
const LONGEST: usize = 1024;
/// How hashes begin that every C library with crypt(3) of the last ten years knows.
const HASHES: [&str; 6] = ["$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$"];

/// A name in lower case, or `*.` and a name.
pub(super) fn host(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    let host = typed.to_lowercase();
    let name = host.strip_prefix("*.").unwrap_or(&host);
    let label = |it: &str| {
        let fits = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        !it.is_empty() && it.len() <= 63 && it.chars().all(fits) && !it.starts_with('-')
    };
    if host.len() <= LONGEST_HOST && name.split('.').all(label) {
        return Some(host);
    }
    let hint = match () {
        () if typed.contains("://") => "write the name alone; `tls` says whether it is https",
        () if typed.contains('/') => "what follows the name is `path`",
        () if typed.contains(':') => "write it without a port; the ports are those of `ingress`",
        () if typed.contains('*') => "a star stands for the first part alone: `*.example.org`",
        () => "a name is `example.org` or `*.example.org`",
    };
    entry.mistake_with(
        format!("{} is no name of a host", quoted(&typed)),
        hint,
        found,
    );
    None
}

/// From `/` on, without one at its end.
pub(super) fn path(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    let fits = |it: char| it.is_ascii_graphic() && !"?#*\"'\\".contains(it);
    if !typed.starts_with('/') || typed.len() > LONGEST || !typed.chars().all(fits) {
        let hint = match typed.contains('*') {
            true => "`/api` is `/api` and everything below `/api/`: leave the star out",
            false => "a path begins with `/`; what is not ASCII is percent-encoded",
        };
        entry.mistake_with(format!("{} is no path", quoted(&typed)), hint, found);
        return None;
    }
    let bare = typed.trim_end_matches('/');
    Some(if bare.is_empty() { "/" } else { bare }.to_owned())
}

/// `https://…`, where `{uri}` at the end is what was asked for.
pub(super) fn redirect(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    let bare = typed.strip_suffix("{uri}").unwrap_or(&typed);
    let fits = |it: char| it.is_ascii_graphic() && !"{}\"'\\".contains(it);
    let begins = bare.starts_with("https://") || bare.starts_with("http://");
    if !begins || typed.len() > LONGEST || !bare.chars().all(fits) {
        let hint = "write `https://example.org/page`, or `https://example.org{uri}` to keep path and query";
        entry.mistake_with(format!("{} leads nowhere", quoted(&typed)), hint, found);
        return None;
    }
    Some(typed)
}

/// A port of this host, or `HOST:PORT`.
pub(super) fn target(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    let port = |it: &str| it.parse::<u16>().is_ok_and(|it| it > 0);
    if port(&typed) {
        return Some(format!("127.0.0.1:{typed}"));
    }
    let fits = |it: char| it.is_ascii_alphanumeric() || "._-:[]".contains(it);
    let good = typed.rsplit_once(':').is_some_and(|(host, number)| {
        let bare = !host.contains([':', '[', ']']);
        let six = || {
            let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
            inner.is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok())
        };
        port(number) && !host.is_empty() && host.len() <= LONGEST_HOST && (bare || six())
    });
    if !good || !typed.chars().all(fits) {
        let hint = "write a port of the node, `8080`, or `HOST:PORT`; the scheme and the path are left out";
        entry.mistake_with(format!("{} is no target", quoted(&typed)), hint, found);
        return None;
    }
    Some(typed)
}

/// The name of somebody who logs in, and a hash of the password.
pub(super) fn login(
    name: &str,
    value: &Entry<'_>,
    found: &mut Findings,
) -> Option<(String, String)> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "._-@+".contains(it);
    if name.is_empty() || !name.chars().all(fits) {
        let hint = "letters, digits and `._-@+`";
        found.mistake_with(
            value.place,
            &value.path,
            format!("{} cannot log in", quoted(name)),
            hint,
        );
        return None;
    }
    let hash = value.word(found)?;
    let known = HASHES.iter().any(|it| hash.starts_with(it));
    let fits = |it: char| it.is_ascii_alphanumeric() || "$./=,".contains(it);
    if !known || hash.len() > LONGEST || !hash.chars().all(fits) {
        let hint = "write what `mkpasswd -m sha-512` or `htpasswd -nB NAME` prints; a password itself never";
        // The value is not repeated: it may be a password.
        value.mistake_with("this is no hash of a password", hint, found);
        return None;
    }
    Some((name.to_owned(), hash))
}

/// A header; without a value it is taken away.
pub(super) fn header(
    name: &str,
    value: &Entry<'_>,
    found: &mut Findings,
) -> Option<(String, String)> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    if name.is_empty() || !name.chars().all(fits) {
        let hint = "a name like `X-Frame-Options`";
        let what = format!("{} is no name of a header", quoted(name));
        found.mistake_with(value.place, &value.path, what, hint);
        return None;
    }
    let text = value.scalar().unwrap_or_default();
    if !matches!(
        value.node.value,
        crate::decide::definition::tree::Value::Empty
    ) {
        value.text(found)?;
    }
    if text.chars().any(char::is_control) || text.len() > LONGEST {
        value.mistake("a header is one line of at most 1024 characters", found);
        return None;
    }
    Some((name.to_owned(), text.to_owned()))
}

/// Where on a node a certificate is.
pub(super) fn certificate(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let path = entry.path(found)?;
    let text = path.to_string_lossy().into_owned();
    if text.chars().any(|it| it.is_control() || it.is_whitespace()) {
        entry.mistake("a certificate's path has no blanks here", found);
        return None;
    }
    Some(text)
}
