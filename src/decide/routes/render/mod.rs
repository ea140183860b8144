//! A gate to the whole configuration of HAProxy.
//!
//! Frontends only choose a backend; whatever is done to a request is done there, so that one service's
//! lines never stand between those of another. A backend named `here.…` is what other nodes are let to.

mod back;
mod front;
mod words;

use crate::model::route::{Entrance, Gate, OUTSIDE, Route, Way};

use words::{address, text};

/// How long connections of a configuration that was replaced may stay: a WebSocket closes then.
const HARD_STOP: &str = "15m";
/// Replaced configurations kept beside each other for such connections.
const MOST_RELOADS: u8 = 20;

/// Where on the node things are that the configuration names.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Services in maintenance, one a line.
    pub maintenance: String,
    /// The socket of the runtime API.
    pub admin: String,
}

/// One route with the name of its backend.
#[derive(Clone)]
struct Named<'a> {
    name: String,
    entrance: &'a Entrance,
    route: &'a Route,
}

impl Named<'_> {
    /// Whether it leads to what is no service of ours.
    fn outside(&self) -> bool {
        self.entrance.service.starts_with(OUTSIDE)
    }
}

/// Returns the configuration; the same gate gives the same text.
pub fn render(gate: &Gate, ground: &Ground) -> String {
    let routes = named(gate);
    let mut lines = head(gate, ground);
    front::http(gate, ground, &routes, &mut lines);
    front::peers(gate, &routes, &mut lines);
    front::tcp(gate, ground, &routes, &mut lines);
    for route in &routes {
        back::both(gate, route, &mut lines);
    }
    lines.join("\n") + "\n"
}

fn named(gate: &Gate) -> Vec<Named<'_>> {
    gate.entrances.iter().flat_map(of).collect()
}

fn of(entrance: &Entrance) -> impl Iterator<Item = Named<'_>> {
    // The proxy's names have no `@`.
    let service = entrance.service.replace('@', ":");
    let routes = entrance.routes.iter().enumerate();
    routes.map(move |(number, route)| Named {
        name: format!("{service}.{number}"),
        entrance,
        route,
    })
}

fn head(gate: &Gate, ground: &Ground) -> Vec<String> {
    let mut lines: Vec<String> = [
        "# Written by wharf from the cluster file; the next deploy writes it anew.",
        "global",
        "    log stderr format raw daemon notice",
        &format!("    hard-stop-after {HARD_STOP}"),
        &format!("    mworker-max-reloads {MOST_RELOADS}"),
        &format!(
            "    stats socket {} mode 600 level admin expose-fd listeners",
            text(&ground.admin)
        ),
        "    ssl-default-bind-options ssl-min-ver TLSv1.2",
        "    tune.ssl.default-dh-param 2048",
        "defaults",
        "    mode http",
        "    log global",
        "    timeout connect 3s",
        "    timeout client 1m",
        "    timeout server 1m",
        "    timeout tunnel 1h",
        "    timeout http-request 30s",
        "    timeout queue 10s",
        // Each request opens its own connection to the service address, so that it goes where the
        // balancer says, and a revision that is drained has nothing idle to wait for.
        "    option http-server-close",
        "    option redispatch",
        "    retries 3",
        "    retry-on conn-failure empty-response",
        "    default-server init-addr last,libc,none",
    ]
    .map(str::to_owned)
    .to_vec();
    for (status, page) in &gate.ingress.errors {
        lines.push(format!(
            "    http-error status {status} content-type \"text/html; charset=utf-8\" string {}",
            text(page)
        ));
    }
    lines
}

/// What other nodes of a route's service are reached by.
fn peers_port(gate: &Gate, route: &Route) -> u16 {
    match route.way {
        Way::Http(_) => gate.ingress.peers,
        Way::Tcp { .. } => gate.ingress.peers.saturating_add(1),
    }
}

fn elsewhere(gate: &Gate, it: &Named<'_>) -> Vec<(String, String)> {
    let port = peers_port(gate, it.route);
    let nodes = it.entrance.elsewhere.iter();
    nodes
        .map(|(name, at)| (name.replace('@', ":"), address(*at, port)))
        .collect()
}
