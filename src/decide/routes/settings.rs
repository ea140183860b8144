//! `ingress`: what holds for all routes.

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::{Findings, Place},
};
use crate::decide::quote::quoted;
use crate::model::route::{Ingress, Outside, Route};

use super::read::{Usual, routes};
use super::{faults, keys};

/// Statuses the proxy itself answers with.
const STATUSES: [u16; 16] = [
    200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 502, 503, 504,
];
/// Bytes of a page: with its head it has to fit into one of the proxy's buffers, 16 KiB.
const LONGEST_PAGE: usize = 12 << 10;

/// What stands below the key; the outside's routes with their places, to look for doubles.
#[derive(Default)]
pub(in crate::decide) struct Settings {
    pub(in crate::decide) ingress: Ingress,
    pub(in crate::decide) outside: Vec<(String, Vec<(Route, Place)>)>,
}

/// Returns the settings.
pub(in crate::decide) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Settings> {
    let fields = keys::section(entry, keys::INGRESS, found)?;
    let usual = Ingress::default();
    let port =
        |key, usual, found: &mut Findings| fields.read(key, found, Entry::port).unwrap_or(usual);
    let mut ingress = Ingress {
        http: port("http", usual.http, found),
        https: port("https", usual.https, found),
        peers: port("peers", usual.peers, found),
        certificates: list(&fields, "certificates", faults::certificate, found),
        accept_proxy: list(&fields, "accept_proxy", network, found),
        errors: fields
            .read("error_pages", found, errors)
            .unwrap_or_default(),
        maintenance: fields
            .read("maintenance_page", found, page)
            .unwrap_or(usual.maintenance),
        outside: Vec::new(),
    };
    ports(&ingress, entry, found);
    let outside = fields.read("outside", found, |it, found| Some(outside(it, found)));
    let outside = outside.unwrap_or_default();
    ingress.outside = outside.iter().map(|it| bare(&it.0, &it.1)).collect();
    Some(Settings { ingress, outside })
}

fn bare(name: &str, routes: &[(Route, Place)]) -> Outside {
    Outside {
        name: name.to_owned(),
        routes: routes.iter().map(|it| it.0.clone()).collect(),
    }
}

fn ports(it: &Ingress, entry: &Entry<'_>, found: &mut Findings) {
    let all = [it.http, it.https, it.peers, it.peers.saturating_add(1)];
    let twice = (1..all.len()).any(|index| all[..index].contains(&all[index]));
    if twice {
        let hint = "`http`, `https` and `peers` differ; the port after `peers` is in use as well";
        found.mistake_with(entry.place, &entry.path, "one port cannot be two", hint);
    }
}

fn list(
    fields: &Fields<'_>,
    key: &str,
    how: fn(&Entry<'_>, &mut Findings) -> Option<String>,
    found: &mut Findings,
) -> Vec<String> {
    let Some(entry) = fields.get(key) else {
        return Vec::new();
    };
    let items = match entry.scalar() {
        Some(_) => vec![entry],
        None => entry.items(found),
    };
    items.iter().filter_map(|it| how(it, found)).collect()
}

fn network(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    let (address, bits) = typed.split_once('/').unwrap_or((&typed, "0"));
    let most = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => Some(32),
        Ok(std::net::IpAddr::V6(_)) => Some(128),
        Err(_) => None,
    };
    let bits = bits.parse::<u8>().ok();
    if most.zip(bits).is_none_or(|(most, bits)| bits > most) {
        entry.wrong("a network like `10.0.0.0/8`, or an address", found);
        return None;
    }
    Some(typed)
}

fn errors(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<(u16, String)>> {
    let mut pages = Vec::new();
    for (status, value) in entry.open(found)?.all() {
        let number = status
            .parse::<u16>()
            .ok()
            .filter(|it| STATUSES.contains(it));
        match (number, page(&value, found)) {
            (Some(number), Some(page)) => pages.push((number, page)),
            (None, _) => {
                let known: Vec<_> = STATUSES.iter().map(u16::to_string).collect();
                let what = format!("there is no page for {}", quoted(status));
                let hint = format!("there is one for {}", known.join(", "));
                found.mistake_with(value.place, &value.path, what, hint);
            }
            (Some(_), None) => {}
        }
    }
    Some(pages)
}

fn page(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let text = entry.word(found)?;
    if text.len() > LONGEST_PAGE {
        let what = format!(
            "the page has {} bytes; it may have {LONGEST_PAGE}",
            text.len()
        );
        entry.mistake_with(what, "pictures and styles go elsewhere", found);
        return None;
    }
    Some(text)
}

fn outside(entry: &Entry<'_>, found: &mut Findings) -> Vec<(String, Vec<(Route, Place)>)> {
    let mut all = Vec::new();
    for item in entry.items(found) {
        let Some(fields) = keys::section(&item, keys::OUTSIDE, found) else {
            continue;
        };
        let name = fields.need("name", found, name);
        let routes = fields.need("routes", found, |it, found| {
            Some(routes(it, &Usual::Several, found))
        });
        all.extend(name.zip(routes));
    }
    all
}

/// It becomes part of the proxy's own names.
fn name(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let name = entry.word(found)?;
    if let Some((_, hint)) = crate::decide::cluster::unit_fault(&name) {
        entry.mistake_with(format!("{} cannot be its name", quoted(&name)), hint, found);
        return None;
    }
    Some(name)
}
