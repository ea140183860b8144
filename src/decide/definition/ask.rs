//! One HTTP request and the answer it should get.

use crate::decide::quote::quoted;
use crate::model::check::{Ask, Expected, StatusRange};

use super::{
    fields::{Entry, Fields},
    findings::Findings,
    keys,
    tree::Value,
};

const OK: StatusRange = StatusRange { from: 200, to: 200 };

/// Returns the request; `port` when it names none. `path` stands for the key of that name.
pub(super) fn read(
    fields: &Fields<'_>,
    path: String,
    port: Option<u16>,
    found: &mut Findings,
) -> Ask {
    let schemes = [("http", false), ("https", true)];
    let https = fields
        .read("scheme", found, |it, found| it.choice(&schemes, found))
        .unwrap_or(false);
    let usual_port = port.unwrap_or(if https { 443 } else { 80 });
    let expected = fields.read("expected", found, |it, found| {
        it.fields(keys::ANSWER, found)
    });
    let mut query = fields.read("query", found, pairs).unwrap_or_default();
    query.extend(
        fields
            .read("query_parameters", found, pairs)
            .unwrap_or_default(),
    );
    let verify = fields.read("verify", found, Entry::truth);
    if let (Some(entry), false) = (
        fields.get("verify").filter(|_| verify == Some(false)),
        https,
    ) {
        entry.mistake_with(
            "without https there is no certificate to verify",
            "add `scheme: https`",
            found,
        );
    }
    Ask {
        https,
        host: fields.read("host", found, host),
        port: fields
            .read("port", found, Entry::port)
            .unwrap_or(usual_port),
        path,
        method: fields
            .read("method", found, method)
            .unwrap_or_else(|| "GET".into()),
        query,
        headers: fields.read("headers", found, headers).unwrap_or_default(),
        body: fields.read("body", found, Entry::text),
        status: expected
            .as_ref()
            .and_then(|it| it.read("status", found, status))
            .unwrap_or(OK),
        expected_body: expected.as_ref().and_then(|it| body(it, found)),
        verify: verify.unwrap_or(true),
    }
}

/// A path from `/`, percent-encoded already.
pub(super) fn path(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let path = entry.word(found)?;
    if !path.starts_with('/') {
        let hint = format!("write {}", quoted(&format!("/{path}")));
        entry.mistake_with("a path starts with `/`", hint, found);
        return None;
    }
    if !path.chars().all(|it| it.is_ascii_graphic()) || path.contains('#') {
        let hint = "percent-encode it: a blank is `%20`, `#` is `%23`";
        entry.mistake_with(
            "a path has no blanks, `#` or letters beyond ASCII",
            hint,
            found,
        );
        return None;
    }
    Some(path)
}

pub(super) fn host(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let host = entry.word(found)?;
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let bare = bare.unwrap_or(&host).to_owned();
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    if bare.parse::<std::net::IpAddr>().is_err() && !bare.chars().all(fits) {
        let hint = "the name or address alone; `scheme`, `port` and `path` have keys of their own";
        entry.mistake_with(format!("{} is no host", quoted(&host)), hint, found);
        return None;
    }
    Some(bare)
}

fn method(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let method = entry.word(found)?;
    if !method
        .chars()
        .all(|it| it.is_ascii_alphabetic() || it == '-')
    {
        entry.wrong("a method like `GET`, `HEAD` or `POST`", found);
        return None;
    }
    Some(method.to_ascii_uppercase())
}

/// `{key: value}` or `{key: [value, value]}`, in the order of the file.
fn pairs(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (key, entry) in entry.open(found)?.all() {
        let values = match entry.node.value {
            Value::Empty => Some(vec![String::new()]),
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => entry.one_or_more(found),
        };
        let values = values.unwrap_or_default();
        pairs.extend(values.into_iter().map(|it| (key.to_owned(), it)));
    }
    Some(pairs)
}

fn headers(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<(String, String)>> {
    let token = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
    let headers = pairs(entry, found)?;
    for (key, value) in &headers {
        if key.is_empty() || !key.chars().all(token) || value.contains(['\r', '\n']) {
            entry.mistake(format!("{} is no header", quoted(key)), found);
        }
    }
    Some(headers)
}

/// `200`, or `200-399`.
fn status(entry: &Entry<'_>, found: &mut Findings) -> Option<StatusRange> {
    let code = |it: &str| {
        let code = it.trim().parse::<u16>().ok();
        code.filter(|it| (100..=999).contains(it))
    };
    let range = entry.scalar().and_then(|text| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let (from, to) = (code(from)?, code(to)?);
        (from <= to).then_some(StatusRange { from, to })
    });
    if range.is_none() {
        entry.wrong("a status like `200` or `200-399`", found);
    }
    range
}

fn body(fields: &Fields<'_>, found: &mut Findings) -> Option<Expected> {
    let whole = fields.read("body", found, Entry::text);
    let file = fields.read("body_file", found, Entry::path);
    let part = fields.read("contains", found, Entry::word);
    let given = [whole.is_some(), file.is_some(), part.is_some()];
    if given.iter().filter(|it| **it).count() > 1 {
        let what = "of `body`, `body_file` and `contains` only one can be expected";
        found.mistake_with(fields.place, &fields.path, what, "keep one of them");
    }
    whole
        .map(Expected::Text)
        .or(file.map(Expected::File))
        .or(part.map(Expected::Contains))
}
