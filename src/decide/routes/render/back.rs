//! What is done to a request, and where it goes.

use crate::model::route::{Gate, HttpWay, Route, Tls, Way};

use super::words::{format_text, text};
use super::{Named, elsewhere};

/// Asks whether somebody listens; what is there twice has to be known to be gone.
const CHECK: &str = " check inter 2s fall 2 rise 1";

/// The backend clients get to, and the one other nodes are let to.
pub(super) fn both(gate: &Gate, it: &Named<'_>, lines: &mut Vec<String>) {
    logins(it, lines);
    lines.push(format!("backend {}", it.name));
    if let Way::Http(way) = &it.route.way {
        rules(gate, it, way, lines);
    }
    if it.route.to.is_empty() {
        return;
    }
    last(it.route, lines, it.entrance.here);
    servers(gate, it, lines);
    if it.entrance.here && !gate.peers.is_empty() {
        lines.push(format!("backend here.{}", it.name));
        last(it.route, lines, true);
        local(it.route, lines, false);
    }
}

fn logins(it: &Named<'_>, lines: &mut Vec<String>) {
    let Way::Http(way) = &it.route.way else {
        return;
    };
    if !way.logins.is_empty() {
        lines.push(format!("userlist {}", it.name));
    }
    for (name, hash) in &way.logins {
        lines.push(format!("    user {name} password {}", text(hash)));
    }
}

/// What is decided where the client came in.
fn rules(gate: &Gate, it: &Named<'_>, way: &HttpWay, lines: &mut Vec<String>) {
    if way.tls == Tls::Yes {
        let port = match gate.ingress.https {
            443 => String::new(),
            port => format!(":{port}"),
        };
        let to = format!("https://%[var(txn.host)]{port}%[pathq]");
        lines.push(format!(
            "    http-request redirect location {to} code 308 unless {{ ssl_fc }}"
        ));
    }
    if !way.logins.is_empty() {
        let (name, host) = (&it.name, text(&way.hosts[0]));
        lines.push(format!(
            "    http-request auth realm {host} unless {{ http_auth({name}) }}"
        ));
    }
    if let Some(to) = &way.redirect {
        let rule = match to.strip_suffix("{uri}") {
            Some(prefix) => format!("prefix {}", format_text(prefix)),
            None => format!("location {}", format_text(to)),
        };
        lines.push(format!("    http-request redirect {rule} code 301"));
    }
}

/// What is done on the way out; headers only where the service is.
fn last(route: &Route, lines: &mut Vec<String>, here: bool) {
    let Way::Http(way) = &route.way else {
        lines.push("    mode tcp".into());
        lines.push("    timeout server 1h".into());
        return;
    };
    lines.push("    http-request disable-l7-retry unless { method GET HEAD OPTIONS }".into());
    if here {
        headers("http-request", &way.request_headers, lines);
        headers("http-response", &way.response_headers, lines);
    }
}

fn headers(rule: &str, headers: &[(String, String)], lines: &mut Vec<String>) {
    for (name, value) in headers {
        lines.push(match value.as_str() {
            "" => format!("    {rule} del-header {name}"),
            value => format!("    {rule} set-header {name} {}", format_text(value)),
        });
    }
}

fn servers(gate: &Gate, it: &Named<'_>, lines: &mut Vec<String>) {
    let others = elsewhere(gate, it);
    if it.entrance.here {
        local(it.route, lines, !others.is_empty());
    }
    let role = if it.entrance.here { " backup" } else { "" };
    let alone = others.len() == 1 && !it.entrance.here;
    let check = if alone { "" } else { CHECK };
    let proxy = match it.route.way {
        Way::Http(_) => "",
        Way::Tcp { .. } => " send-proxy-v2",
    };
    for (name, address) in others {
        lines.push(format!("    server {name} {address}{proxy}{check}{role}"));
    }
}

fn local(route: &Route, lines: &mut Vec<String>, watched: bool) {
    let several = watched || route.to.len() > 1;
    let check = if several { CHECK } else { "" };
    let proxy = if route.send_proxy {
        " send-proxy-v2"
    } else {
        ""
    };
    for (number, address) in route.to.iter().enumerate() {
        lines.push(format!("    server here-{number} {address}{proxy}{check}"));
    }
}
