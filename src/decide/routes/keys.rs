//! The keys of routes and of `ingress`.

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::Findings,
    tree::Value,
};

pub(in crate::decide) const ROUTE: &[&str] = &[
    "host",
    "path",
    "to",
    "tls",
    "certificate",
    "redirect",
    "basic_auth",
    "request_headers",
    "response_headers",
    "tcp",
    "accept_proxy",
    "send_proxy",
];
/// What says nothing of a tcp port.
pub(super) const HTTP_ONLY: &[&str] = &[
    "path",
    "tls",
    "certificate",
    "redirect",
    "basic_auth",
    "request_headers",
    "response_headers",
];
pub(in crate::decide) const INGRESS: &[&str] = &[
    "http",
    "https",
    "peers",
    "certificates",
    "accept_proxy",
    "error_pages",
    "maintenance_page",
    "outside",
];
pub(in crate::decide) const OUTSIDE: &[&str] = &["name", "routes"];

/// Returns the map in a value with none but these keys and notes.
pub(super) fn section<'a>(
    entry: &Entry<'a>,
    known: &[&str],
    found: &mut Findings,
) -> Option<Fields<'a>> {
    let mut known = known.to_vec();
    if let Value::Map(pairs) = &entry.node.value {
        let keys = pairs.iter().map(|it| it.key.as_str());
        known.extend(keys.filter(|it| it.starts_with("x-")));
    }
    entry.fields_or(&known, reason, found)
}

fn reason(key: &str) -> Option<&'static str> {
    match key {
        "domain" | "domains" | "server_name" | "hosts" => {
            Some("the names are `host`, one or a list")
        }
        "port" | "upstream" | "target" | "backend" => Some("where it leads on the node is `to`"),
        "auth" | "password" | "users" => Some("logins are `basic_auth: {NAME: HASH}`"),
        "cert" | "ssl" => Some("the file is `certificate`; whether there is https is `tls`"),
        "mode" => Some("a port of its own is `tcp: PORT`; everything else is http"),
        _ => None,
    }
}
