//! `routes`: the ways to one service.

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::{Findings, Place},
};
use crate::model::route::{Route, Way};

use super::{faults, http, keys};

/// Routes of one service.
const MOST_ROUTES: usize = 1000;

/// What a route leads to that says nothing of it.
pub(in crate::decide) enum Usual<'a> {
    /// The service address.
    Address(String),
    /// There is none: why, and what to do.
    None(&'a str),
    /// Something outside, which may be several.
    Several,
}

/// Returns the routes with their places.
pub(in crate::decide) fn routes(
    entry: &Entry<'_>,
    usual: &Usual<'_>,
    found: &mut Findings,
) -> Vec<(Route, Place)> {
    let items = entry.items(found);
    if items.len() > MOST_ROUTES {
        entry.mistake(format!("more than {MOST_ROUTES} routes"), found);
        return Vec::new();
    }
    let read = |it: &Entry<'_>| Some((route(it, usual, found)?, it.place));
    items.iter().filter_map(read).collect()
}

fn route(entry: &Entry<'_>, usual: &Usual<'_>, found: &mut Findings) -> Option<Route> {
    let fields = keys::section(entry, keys::ROUTE, found)?;
    let way = way(&fields, found)?;
    let sends_away = fields.get("redirect").is_some();
    if sends_away && let Some(to) = fields.get("to") {
        let hint = "keep one of the two: who is sent away is not served";
        to.mistake_with("`to` and `redirect` exclude each other", hint, found);
    }
    let to = match sends_away {
        true => Vec::new(),
        false => targets(&fields, usual, found),
    };
    Some(Route {
        way,
        to,
        send_proxy: fields
            .read("send_proxy", found, Entry::truth)
            .unwrap_or(false),
    })
}

fn way(fields: &Fields<'_>, found: &mut Findings) -> Option<Way> {
    match (fields.get("host"), fields.get("tcp")) {
        (Some(_), None) => {
            if let Some(it) = fields.get("accept_proxy") {
                let hint = "for http it is `ingress: {accept_proxy: [NETWORK]}`";
                it.mistake_with("`accept_proxy` belongs to a tcp port", hint, found);
            }
            http::read(fields, found).map(|it| Way::Http(Box::new(it)))
        }
        (None, Some(port)) => {
            for key in keys::HTTP_ONLY {
                if let Some(it) = fields.get(key) {
                    let hint =
                        "a tcp port knows neither names nor paths: leave it out, or use `host`";
                    found.mistake_with(it.place, &it.path, format!("`{key}` needs a `host`"), hint);
                }
            }
            Some(Way::Tcp {
                port: port.port(found)?,
                accept_proxy: fields
                    .read("accept_proxy", found, Entry::truth)
                    .unwrap_or(false),
            })
        }
        (Some(_), Some(tcp)) => {
            let hint = "make two routes of it";
            tcp.mistake_with(
                "a route has a `host` or a `tcp` port, not both",
                hint,
                found,
            );
            None
        }
        (None, None) => {
            let hint = "add `host: example.org`, or `tcp: 2222`";
            let what = "a route needs a `host` or a `tcp` port";
            found.mistake_with(fields.place, &fields.path, what, hint);
            None
        }
    }
}

fn targets(fields: &Fields<'_>, usual: &Usual<'_>, found: &mut Findings) -> Vec<String> {
    let Some(entry) = fields.get("to") else {
        return match usual {
            Usual::Address(address) => vec![address.clone()],
            Usual::None(hint) => {
                let what = "`to` is missing: where does it lead?";
                found.mistake_with(fields.place, &fields.path, what, *hint);
                Vec::new()
            }
            Usual::Several => {
                let hint = "add `to: [HOST:PORT, …]`";
                found.mistake_with(fields.place, &fields.path, "`to` is missing", hint);
                Vec::new()
            }
        };
    };
    let several = matches!(usual, Usual::Several);
    let items = match entry.scalar() {
        None if several => entry.items(found),
        _ => vec![entry],
    };
    items
        .iter()
        .filter_map(|it| faults::target(it, found))
        .collect()
}
