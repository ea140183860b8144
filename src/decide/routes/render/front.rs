//! Where requests come in, and which backend each goes to.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::model::route::{Gate, HttpWay, Tls, Way};

use super::words::text;
use super::{Ground, Named};

/// What serves who asks for a name nobody has.
const NOWHERE: &str = "nothing is served under this name\n";

/// The ports of http and https.
pub(super) fn http(gate: &Gate, ground: &Ground, routes: &[Named<'_>], lines: &mut Vec<String>) {
    let ingress = &gate.ingress;
    lines.push("frontend http".into());
    lines.push(format!("    bind *:{}", ingress.http));
    let files = certificates(gate, routes);
    if !files.is_empty() {
        let files: String = files
            .iter()
            .map(|it| format!(" crt {}", text(it)))
            .collect();
        lines.push(format!(
            "    bind *:{} ssl{files} alpn h2,http/1.1",
            ingress.https
        ));
    }
    own(&[ingress.http, ingress.https], routes, lines);
    for network in &ingress.accept_proxy {
        let rule = "tcp-request connection expect-proxy layer4";
        lines.push(format!("    {rule} if {{ src {network} }}"));
    }
    lines.push("    http-request set-header X-Forwarded-For %[src]".into());
    lines.push("    http-request set-header X-Forwarded-Proto https if { ssl_fc }".into());
    lines.push("    http-request set-header X-Forwarded-Proto http unless { ssl_fc }".into());
    let paused = |it: &Named<'_>| paused(ground, &it.entrance.service);
    chosen(routes, lines, |it, way, condition| {
        let scheme = match way.tls {
            Tls::No => " !{ ssl_fc }",
            Tls::Yes | Tls::Both => "",
        };
        let condition = format!("{condition}{scheme}");
        vec![
            format!("    use_backend maintenance if {condition} {}", paused(it)),
            format!("    use_backend {} if {condition}", it.name),
        ]
    });
    lines.push("    default_backend nowhere".into());
    answers(gate, lines);
}

/// What the ingress answers by itself.
fn answers(gate: &Gate, lines: &mut Vec<String>) {
    let html = "content-type \"text/html; charset=utf-8\"";
    let own = gate.ingress.errors.iter().find(|it| it.0 == 404);
    let (kind, page) = match own {
        Some((_, page)) => (html, page.as_str()),
        None => ("content-type text/plain", NOWHERE),
    };
    lines.push("backend nowhere".into());
    lines.push(format!(
        "    http-request return status 404 {kind} string {}",
        text(page)
    ));
    lines.push("backend maintenance".into());
    lines.push(format!(
        "    http-request return status 503 {html} string {} hdr Retry-After 60",
        text(&gate.ingress.maintenance)
    ));
}

/// Where other nodes hand over what runs here; nobody else is let in.
pub(super) fn peers(gate: &Gate, routes: &[Named<'_>], lines: &mut Vec<String>) {
    if gate.peers.is_empty() {
        return;
    }
    let here = |it: &&Named<'_>| it.entrance.here && !it.route.to.is_empty();
    let here: Vec<_> = routes.iter().filter(here).cloned().collect();
    lines.push("frontend peers".into());
    lines.push(format!("    bind *:{}", gate.ingress.peers));
    known(gate, lines);
    lines.push("    http-request set-src req.hdr(x-forwarded-for)".into());
    chosen(&here, lines, |it, _, condition| {
        vec![format!("    use_backend here.{} if {condition}", it.name)]
    });
    lines.push("    default_backend nowhere".into());
    lines.push("frontend peers-tcp".into());
    lines.push("    mode tcp".into());
    lines.push("    timeout client 1h".into());
    lines.push(format!(
        "    bind *:{} accept-proxy",
        gate.ingress.peers.saturating_add(1)
    ));
    known(gate, lines);
    for it in &here {
        if let Way::Tcp { port, .. } = it.route.way {
            lines.push(format!(
                "    use_backend here.{} if {{ dst_port {port} }}",
                it.name
            ));
        }
    }
}

fn known(gate: &Gate, lines: &mut Vec<String>) {
    let peers = gate.peers.iter().map(|it| format!("    acl peer src {it}"));
    lines.extend(peers);
    lines.push("    tcp-request connection reject unless peer".into());
}

/// A service address nobody balances at the moment is one more address of this host, and the proxy listens on
/// all of them: where the port is the same, it would ask itself, and again, until nothing is left to ask with.
fn own(ports: &[u16], routes: &[Named<'_>], lines: &mut Vec<String>) {
    let here = routes.iter().filter(|it| it.entrance.here && !it.outside());
    let asked = here.flat_map(|it| &it.route.to);
    let asked = asked.filter_map(|it| it.parse::<SocketAddr>().ok());
    // Who is on this host asks by its loopback address.
    let asked = asked.filter(|it| ports.contains(&it.port()) && !it.ip().is_loopback());
    let asked: BTreeSet<IpAddr> = asked.map(|it| it.ip()).collect();
    lines.extend(asked.iter().map(|it| format!("    acl own dst {it}")));
    if !asked.is_empty() {
        lines.push("    tcp-request connection reject if own".into());
    }
}

/// A frontend for each tcp port.
pub(super) fn tcp(gate: &Gate, ground: &Ground, routes: &[Named<'_>], lines: &mut Vec<String>) {
    for it in routes {
        let Way::Tcp { port, accept_proxy } = it.route.way else {
            continue;
        };
        let proxy = if accept_proxy { " accept-proxy" } else { "" };
        lines.push(format!("frontend tcp-{port}"));
        lines.push("    mode tcp".into());
        lines.push("    timeout client 1h".into());
        lines.push(format!("    bind *:{port}{proxy}"));
        own(&[port], routes, lines);
        let paused = paused(ground, &it.entrance.service);
        lines.push(format!("    tcp-request connection reject if {paused}"));
        if !gate.peers.is_empty() {
            // The node it is handed to chooses by the port in the PROXY header.
            lines.push(format!("    tcp-request content set-dst-port int({port})"));
        }
        lines.push(format!("    default_backend {}", it.name));
    }
}

fn certificates<'a>(gate: &'a Gate, routes: &[Named<'a>]) -> Vec<&'a str> {
    let own = routes.iter().filter_map(|it| match &it.route.way {
        Way::Http(way) => way.certificate.as_deref(),
        Way::Tcp { .. } => None,
    });
    let all = gate
        .ingress
        .certificates
        .iter()
        .map(String::as_str)
        .chain(own);
    let mut seen = BTreeSet::new();
    all.filter(|it| seen.insert(*it)).collect()
}

fn paused(ground: &Ground, service: &str) -> String {
    format!("{{ str({service}),map({}) -m found }}", ground.maintenance)
}

/// Names before stars, the longer path before the shorter one.
fn chosen(
    routes: &[Named<'_>],
    lines: &mut Vec<String>,
    each: impl Fn(&Named<'_>, &HttpWay, &str) -> Vec<String>,
) {
    lines.push("    http-request set-var(txn.host) req.hdr(host),field(1,:),lower".into());
    let mut rules = Vec::new();
    for it in routes {
        let Way::Http(way) = &it.route.way else {
            continue;
        };
        let (path, inside) = path(it, way, lines);
        for (acl, rank) in hosts(it, way, lines) {
            let condition = format!("{acl}{inside}");
            rules.push(((rank, std::cmp::Reverse(path)), each(it, way, &condition)));
        }
    }
    // Stable: the rest is as in the file.
    rules.sort_by_key(|it| it.0);
    lines.extend(rules.into_iter().flat_map(|it| it.1));
}

/// The conditions of a route's names, each with its rank: 0 for names, then stars by their length.
fn hosts(it: &Named<'_>, way: &HttpWay, lines: &mut Vec<String>) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for host in &way.hosts {
        let (acl, rank, rule) = match host.strip_prefix('*') {
            None => (format!("h.{}", it.name), 0, format!("str {host}")),
            Some(end) => (
                format!("h{}.{}", end.len(), it.name),
                1000 - end.len(),
                format!("end {end}"),
            ),
        };
        lines.push(format!("    acl {acl} var(txn.host) -m {rule}"));
        if !found.iter().any(|it| it.0 == acl) {
            found.push((acl, rank));
        }
    }
    found
}

/// The length of a route's path, and its condition.
fn path(it: &Named<'_>, way: &HttpWay, lines: &mut Vec<String>) -> (usize, String) {
    if way.path == "/" {
        return (1, String::new());
    }
    let acl = format!("p.{}", it.name);
    lines.push(format!("    acl {acl} path -m str {}", text(&way.path)));
    lines.push(format!(
        "    acl {acl} path -m beg {}",
        text(&format!("{}/", way.path))
    ));
    (way.path.len(), format!(" {acl}"))
}
