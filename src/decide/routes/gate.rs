//! A cluster as one node's ingress sees it.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::model::cluster::Cluster;
use crate::model::route::{Entrance, Gate, Ingress, OUTSIDE, Route, Routed, Way};

/// Returns what tells one gate from another: 64 hex digits.
pub fn hash(gate: &Gate) -> String {
    let text = serde_json::to_vec(gate).unwrap_or_default();
    let digest = Sha256::digest(&text);
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

/// Returns what a route is asked for by: `shop.example.org/api`, `tcp 2222`.
pub fn asked(route: &Route) -> Vec<String> {
    match &route.way {
        Way::Tcp { port, .. } => vec![format!("tcp {port}")],
        Way::Http(it) => it
            .hosts
            .iter()
            .map(|host| format!("{host}{}", it.path))
            .collect(),
    }
}

/// Returns what the ingress of this node is to be; None where the file has no routes at all.
pub fn gate(cluster: &Cluster, node: &str) -> Option<Gate> {
    if cluster.routed.is_empty() && cluster.ingress.outside.is_empty() {
        return None;
    }
    let others = cluster.addresses.iter().filter(|it| it.0 != node);
    let own = cluster.routed.iter().map(|it| entrance(cluster, it, node));
    let outside = cluster.ingress.outside.iter().map(|it| Entrance {
        service: format!("{OUTSIDE}{}", it.name),
        here: true,
        elsewhere: Vec::new(),
        routes: it.routes.clone(),
    });
    Some(Gate {
        node: node.to_owned(),
        peers: others.map(|it| it.1).collect(),
        entrances: own.chain(outside).collect(),
        ingress: Ingress {
            outside: Vec::new(),
            ..cluster.ingress.clone()
        },
    })
}

fn entrance(cluster: &Cluster, routed: &Routed, node: &str) -> Entrance {
    let others = routed.nodes.iter().filter(|it| *it != node);
    Entrance {
        service: routed.service.clone(),
        here: routed.nodes.iter().any(|it| it == node),
        elsewhere: others
            .filter_map(|it| Some((it.clone(), address(cluster, it)?)))
            .collect(),
        routes: routed.routes.clone(),
    }
}

fn address(cluster: &Cluster, node: &str) -> Option<IpAddr> {
    cluster
        .addresses
        .iter()
        .find(|it| it.0 == node)
        .map(|it| it.1)
}
