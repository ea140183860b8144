//! Who asked for a host and path, or for a port, first: a second one is a mistake that names both.

use std::collections::HashMap;

use crate::decide::definition::findings::{Findings, Place};
use crate::model::route::{Ingress, Route, Way};

/// What only one route may have.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Claim {
    Page(String, String),
    Port(u16),
}

/// All claims so far: whose, and where it stands.
#[derive(Default)]
pub(in crate::decide) struct Claims {
    first: HashMap<Claim, (String, Place)>,
}

/// Says where a place is, seen from another one.
pub(in crate::decide) type Spot<'a> = &'a dyn Fn(Place, Place) -> String;

impl Claims {
    /// Returns the claims of the ingress itself.
    pub(in crate::decide) fn of(ingress: &Ingress, place: Place) -> Claims {
        let next = ingress.peers.saturating_add(1);
        let ports = [ingress.http, ingress.https, ingress.peers, next];
        let own = |port: &u16| (Claim::Port(*port), ("`ingress`".to_owned(), place));
        Claims {
            first: ports.iter().map(own).collect(),
        }
    }

    /// Notes what a route claims, or tells who has it.
    pub(in crate::decide) fn add(
        &mut self,
        service: &str,
        route: &Route,
        place: Place,
        spot: Spot<'_>,
        found: &mut Findings,
    ) {
        for claim in of(route) {
            let what = match &claim {
                Claim::Page(host, path) => format!("{host}{path}"),
                Claim::Port(port) => format!("tcp port {port}"),
            };
            let Some((other, first)) = self.first.get(&claim) else {
                self.first.insert(claim, (service.to_owned(), place));
                continue;
            };
            let whose = match other.starts_with('`') {
                true => format!("{what} of `{service}` is taken by {other}"),
                false if other == service => format!("`{service}` has {what} twice"),
                false => format!("{what} is taken: both `{other}` and `{service}` ask for it"),
            };
            let hint = format!("the other one stands in {}", spot(*first, place));
            found.mistake_with(place, "", whose, hint);
        }
    }
}

fn of(route: &Route) -> Vec<Claim> {
    match &route.way {
        Way::Tcp { port, .. } => vec![Claim::Port(*port)],
        Way::Http(it) => {
            let page = |host: &String| Claim::Page(host.clone(), it.path.clone());
            it.hosts.iter().map(page).collect()
        }
    }
}
