//! A route of a host: what must be asked for, and what is done to it.

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::Findings,
};
use crate::model::route::{HttpWay, Tls};

use super::faults;

/// Hosts of one route, and logins and headers.
const MOST: usize = 100;

/// Returns the way; None when its hosts are wrong.
pub(super) fn read(fields: &Fields<'_>, found: &mut Findings) -> Option<HttpWay> {
    let hosts = fields.read("host", found, hosts)?;
    let certificate = fields.read("certificate", found, faults::certificate);
    let tls = fields.read("tls", found, tls);
    let usual = if certificate.is_some() {
        Tls::Yes
    } else {
        Tls::No
    };
    let pairs = |key, how: Pair, found: &mut Findings| {
        fields
            .read(key, found, |it, found| all(it, how, found))
            .unwrap_or_default()
    };
    Some(HttpWay {
        hosts,
        path: fields
            .read("path", found, faults::path)
            .unwrap_or_else(|| "/".to_owned()),
        tls: tls.unwrap_or(usual),
        redirect: fields.read("redirect", found, faults::redirect),
        logins: pairs("basic_auth", faults::login, found),
        request_headers: pairs("request_headers", faults::header, found),
        response_headers: pairs("response_headers", faults::header, found),
        certificate,
    })
}

type Pair = fn(&str, &Entry<'_>, &mut Findings) -> Option<(String, String)>;

fn all(entry: &Entry<'_>, how: Pair, found: &mut Findings) -> Option<Vec<(String, String)>> {
    let all = entry.open(found)?.all();
    if all.len() > MOST {
        entry.mistake(format!("more than {MOST} of them"), found);
        return None;
    }
    Some(
        all.iter()
            .filter_map(|(name, value)| how(name, value, found))
            .collect(),
    )
}

fn hosts(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let items = match entry.scalar() {
        Some(_) => vec![entry.clone()],
        None => entry.items(found),
    };
    if items.len() > MOST {
        entry.mistake(format!("more than {MOST} names"), found);
        return None;
    }
    let hosts: Vec<_> = items
        .iter()
        .filter_map(|it| faults::host(it, found))
        .collect();
    (!hosts.is_empty()).then_some(hosts)
}

fn tls(entry: &Entry<'_>, found: &mut Findings) -> Option<Tls> {
    if entry.scalar() == Some("both") {
        return Some(Tls::Both);
    }
    match entry.scalar() {
        Some("true" | "yes" | "on") => Some(Tls::Yes),
        Some("false" | "no" | "off") => Some(Tls::No),
        _ => {
            entry.wrong("true, false or both", found);
            None
        }
    }
}
