//! `ports`, `svc_uris`, `doc_sites`: where people look at a service.

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::Findings,
};
use crate::decide::quote::quoted;
use crate::model::cluster::{Links, Site};

use super::{keys, naming, section};

/// Both names sc had for it.
const SITES: [&str; 2] = ["doc_sites", "sites"];

/// Returns the links of one service.
pub(super) fn read(fields: &Fields<'_>, found: &mut Findings) -> Links {
    Links {
        ports: fields.read("ports", found, ports).unwrap_or_default(),
        uris: fields.read("svc_uris", found, uris).unwrap_or_default(),
        sites: sites(fields, found),
    }
}

/// Returns the pages named under either of the keys.
pub(super) fn sites(fields: &Fields<'_>, found: &mut Findings) -> Vec<Site> {
    let lists = SITES.iter().filter_map(|it| fields.get(it));
    let items: Vec<_> = lists.flat_map(|it| it.items(found)).collect();
    items.iter().filter_map(|it| site(it, found)).collect()
}

fn site(entry: &Entry<'_>, found: &mut Findings) -> Option<Site> {
    let fields = section(entry, keys::SITE, found)?;
    let name = fields.need("name", found, Entry::word);
    let url = fields.need("url", found, link);
    Some(Site {
        name: name?,
        url: url?,
    })
}

fn link(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let url = entry.word(found)?;
    if let Some((what, hint)) = naming::link_fault(&url) {
        entry.mistake_with(format!("{}: {what}", quoted(&url)), hint, found);
        return None;
    }
    Some(url)
}

fn ports(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<u16>> {
    let items = one_or_more(entry, found);
    Some(items.iter().filter_map(|it| it.port(found)).collect())
}

fn uris(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let items = one_or_more(entry, found);
    Some(items.iter().filter_map(|it| link(it, found)).collect())
}

fn one_or_more<'a>(entry: &Entry<'a>, found: &mut Findings) -> Vec<Entry<'a>> {
    match entry.scalar() {
        Some(_) => vec![entry.clone()],
        None => entry.items(found),
    }
}
