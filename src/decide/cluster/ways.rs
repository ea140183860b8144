//! The ways in: `ingress` on top, `routes` of services, and the addresses nodes reach each other by.

use std::net::IpAddr;

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::{Findings, Place},
};
use crate::decide::routes::caddyfile::{Told, translate};
use crate::decide::routes::claims::Claims;
use crate::decide::routes::haproxy_env;
use crate::decide::routes::read::{Usual, routes};
use crate::decide::routes::settings::{self, Settings};
use crate::model::balance::Protocol;
use crate::model::cluster::{Cluster, Node, Workload};
use crate::model::route::{HttpWay, Ingress, Route, Routed, Tls, Way};

use super::{Known, START};

/// What is known of the ways so far.
pub(super) struct Ways {
    pub(super) ingress: Ingress,
    pub(super) routed: Vec<Routed>,
    claims: Claims,
}

impl Ways {
    /// Reads `ingress`, whose routes are claimed first.
    pub(super) fn read(top: &Fields<'_>, known: &Known<'_>, found: &mut Findings) -> Ways {
        let entry = top.get("ingress");
        let place = entry.as_ref().map_or(START, |it| it.place);
        let read = entry.and_then(|it| settings::read(&it, found));
        let Settings { ingress, outside } = read.unwrap_or_default();
        let mut ways = Ways {
            claims: Claims::of(&ingress, place),
            routed: Vec::new(),
            ingress,
        };
        for (name, routes) in &outside {
            for (route, place) in routes {
                let spot = |a, b| known.spot(a, b);
                ways.claims.add(name, route, *place, &spot, found);
                ways.certified(&route.way, *place, found);
            }
        }
        ways
    }

    /// Reads the routes of a service.
    pub(super) fn of_service(
        &mut self,
        fields: &Fields<'_>,
        (name, nodes, workload): (&str, &[String], &Workload),
        known: &Known<'_>,
        found: &mut Findings,
    ) {
        let mut read = carried(fields, workload, found);
        if let Some(entry) = fields.get("routes") {
            read.extend(routes(&entry, &usual(workload), found));
        }
        if read.is_empty() {
            return;
        }
        for (route, place) in &read {
            let spot = |a, b| known.spot(a, b);
            self.claims.add(name, route, *place, &spot, found);
            self.certified(&route.way, *place, found);
        }
        self.routed.push(Routed {
            service: name.to_owned(),
            nodes: nodes.to_vec(),
            routes: read.into_iter().map(|it| it.0).collect(),
        });
    }

    /// Without any certificate nothing could be shown to who comes with https.
    fn certified(&self, way: &Way, place: Place, found: &mut Findings) {
        let Way::Http(way) = way else {
            return;
        };
        let HttpWay {
            tls, certificate, ..
        } = way.as_ref();
        if *tls != Tls::No && certificate.is_none() && self.ingress.certificates.is_empty() {
            let hint = "add `certificate: /etc/ssl/private/example.org.pem`, a file on the nodes, or `ingress: {certificates: […]}`";
            found.mistake_with(place, "", "there is no certificate for https", hint);
        }
    }
}

/// The routes cluster's services carry among their environment; a path in its place is somebody's own.
fn carried(fields: &Fields<'_>, workload: &Workload, found: &mut Findings) -> Vec<(Route, Place)> {
    let mut routes = Vec::new();
    if let Some((text, carrier)) = carrier("CADDYFILE", fields, workload) {
        let all = translate(text);
        let words = |it: &Told| {
            (
                format!("line {} of CADDYFILE: {}", it.line, it.what),
                it.next,
            )
        };
        carrier.refuse(all.refused.iter().map(words), found);
        carrier.notice(all.left_out.iter().map(words), found);
        for (line, route) in all.routes {
            let what = format!("line {line} of CADDYFILE: where is $CONTAINER?");
            routes.push(carrier.led(route, what, workload, found));
        }
    }
    if let Some((text, carrier)) = carrier("HAPROXY", fields, workload) {
        let all = haproxy_env::translate(text);
        let words = |it: (String, &'static str)| (format!("HAPROXY, {}", it.0), it.1);
        carrier.refuse(all.refused.into_iter().map(words), found);
        carrier.notice(all.left_out.into_iter().map(words), found);
        for route in all.routes {
            let what = "HAPROXY: where does it lead?".to_owned();
            routes.push(carrier.led(route, what, workload, found));
        }
    }
    routes
}

/// A variable that carries routes, and where it stands.
struct Carrier {
    place: Place,
    path: String,
}

fn carrier<'a>(
    variable: &'static str,
    fields: &Fields<'_>,
    workload: &'a Workload,
) -> Option<(&'a str, Carrier)> {
    let text = match workload {
        Workload::Managed(it) | Workload::Runner(it) => {
            it.service.container.environment.get(variable)
        }
        Workload::Scripted(_) => None,
    };
    let text = text.filter(|it| it.contains(['{', ':']) && !it.starts_with('/'))?;
    let environment = fields.get("environment");
    let carrier = Carrier {
        place: environment.map_or(fields.place, |it| it.place),
        path: format!("{}.environment.{variable}", fields.path),
    };
    Some((text, carrier))
}

impl Carrier {
    fn refuse(&self, told: impl Iterator<Item = (String, &'static str)>, found: &mut Findings) {
        for (what, next) in told {
            found.mistake_with(self.place, &self.path, what, next);
        }
    }

    fn notice(&self, told: impl Iterator<Item = (String, &'static str)>, found: &mut Findings) {
        for (what, next) in told {
            found.notice(self.place, &self.path, what, Some(next.to_owned()));
        }
    }

    /// Leads a route that leads nowhere yet to the service; `lost` is told where that is nowhere.
    fn led(
        &self,
        mut route: Route,
        lost: String,
        workload: &Workload,
        found: &mut Findings,
    ) -> (Route, Place) {
        let leads = match &route.way {
            Way::Http(it) => it.redirect.is_none(),
            Way::Tcp { .. } => true,
        };
        if leads && route.to.is_empty() {
            match usual(workload) {
                Usual::Address(address) => route.to.push(address),
                Usual::None(hint) => self.refuse(std::iter::once((lost, hint)), found),
                Usual::Several => {}
            }
        }
        (route, self.place)
    }
}

fn usual(workload: &Workload) -> Usual<'static> {
    match workload {
        Workload::Managed(it) => {
            let mut addresses = it.service.rollout.addresses.iter();
            match addresses.find(|it| it.protocol == Protocol::Tcp) {
                Some(address) => Usual::Address(address.at.to_string()),
                None => Usual::None("the service has no tcp address: add `to: PORT`"),
            }
        }
        Workload::Runner(_) => Usual::None(
            "add `to: PORT`, which the container publishes on its node, or give the service an `address`",
        ),
        Workload::Scripted(_) => Usual::None("add `to: PORT`, which the service listens on"),
    }
}

/// Reads where other nodes reach this one.
pub(super) fn address(entry: &Entry<'_>, found: &mut Findings) -> Option<IpAddr> {
    let address = entry.word(found)?.parse().ok();
    if address.is_none() {
        entry.wrong("an address like `10.0.0.11`", found);
    }
    address
}

/// What ssh is given may be an address itself.
pub(super) fn of_destination(node: &Node) -> Option<IpAddr> {
    let text = node
        .destination
        .strip_prefix("ssh://")
        .unwrap_or(&node.destination);
    let host = text.rsplit('@').next().unwrap_or_default();
    let host = host
        .strip_prefix('[')
        .and_then(|it| it.split(']').next())
        .unwrap_or(host);
    let bare = host
        .rsplit_once(':')
        .filter(|it| !it.0.contains(':'))
        .map_or(host, |it| it.0);
    bare.parse().ok()
}

/// Where requests are handed from node to node, each has an address.
pub(super) fn reachable(cluster: &Cluster, nodes: Option<&Entry<'_>>, found: &mut Findings) {
    if cluster.nodes.len() < 2 || cluster.routed.is_empty() {
        return;
    }
    let has = |node: &&Node| cluster.addresses.iter().any(|it| it.0 == node.name);
    let Some(first) = cluster.nodes.iter().find(|it| !has(it)) else {
        return;
    };
    let place = nodes.map_or(START, |it| it.place);
    let what = format!(
        "{} has no address other nodes could hand requests to",
        first.name
    );
    let hint = format!(
        "add it: `nodes: {{{}: {{address: 10.0.0.11}}}}`",
        first.name
    );
    found.mistake_with(place, "nodes", what, hint);
}
