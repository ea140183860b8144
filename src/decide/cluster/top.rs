//! The top of a cluster file: every section read, and what they say together.

use crate::decide::alert::settings;
use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::Findings,
};
use crate::decide::quote::quoted;
use crate::model::cluster::{Cluster, Hooks, Waves};

use super::{Known, START, book::Book, keys, links, naming, section, services, waves, ways};

/// This program's own, as `min_version` is compared with.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns the cluster; when mistakes were found it may be half of one.
pub(super) fn read(entry: &Entry<'_>, known: &Known<'_>, found: &mut Findings) -> Option<Cluster> {
    let top = entry.open(found)?;
    if let Some(entry) = top.get("min_version") {
        version(&entry, found);
    }
    let mut book = match top.get("nodes") {
        Some(entry) => Book::read(&entry, known, found),
        None => Book::default(),
    };
    let waves = top.read("rollout", found, |it, found| {
        waves::read(it, &Waves::default(), found)
    });
    let waves = waves.unwrap_or_default();
    let mut ways = ways::Ways::read(&top, known, found);
    let services = match top.as_entry("services") {
        Some(entry) => services::read(&entry, &mut book, &waves, &mut ways, known, found),
        None => {
            let hint = "add `services:`, the list of what runs where";
            found.mistake_with(START, "services", "`services` is missing", hint);
            Vec::new()
        }
    };
    let cluster = Cluster {
        addresses: book.addresses(),
        ingress: ways.ingress,
        routed: ways.routed,
        nodes: book.nodes,
        services,
        waves,
        hooks: top.read("hooks", found, hooks).unwrap_or_default(),
        ssh_config: ssh_config(&top, known, found),
        alerts: top.read("alerts", found, settings::section),
        diagram: top.read("mermaid_diagram", found, Entry::text),
        doc_sites: links::sites(&top, found),
    };
    ways::reachable(&cluster, top.get("nodes").as_ref(), found);
    Some(cluster)
}

fn hooks(entry: &Entry<'_>, found: &mut Findings) -> Option<Hooks> {
    let fields = section(entry, keys::HOOKS, found)?;
    Some(Hooks {
        before: fields.read("before", found, Entry::word),
        after: fields.read("after", found, Entry::word),
        failed: fields.read("failed", found, Entry::word),
    })
}

/// A path beside the file it stands in; `~/` is left to who knows whose home it is.
fn ssh_config(top: &Fields<'_>, known: &Known<'_>, found: &mut Findings) -> Option<String> {
    let entry = top.get("ssh_config")?;
    let typed = entry.word(found)?;
    if typed.starts_with("~/") {
        return Some(typed);
    }
    let file = known.names.get(entry.node.place.file as usize)?;
    Some(naming::beside(file, &typed))
}

fn version(entry: &Entry<'_>, found: &mut Findings) {
    let typed = entry.scalar().and_then(numbers);
    match (typed, numbers(VERSION)) {
        (None, _) => entry.wrong("a version like `0.1` or `0.1.2`", found),
        (Some(typed), Some(own)) if typed > own => {
            let asked = quoted(entry.scalar().unwrap_or_default());
            let what = format!("this file asks for wharf {asked}, and this is {VERSION}");
            entry.mistake_with(what, "install a newer wharf", found);
        }
        (Some(_), _) => {}
    }
}

/// Two or three numbers; what is left out is 0.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    let parts: Vec<&str> = version.split('.').collect();
    if parts.len() > numbers.len() {
        return None;
    }
    for (number, part) in numbers.iter_mut().zip(parts) {
        let digits = !part.is_empty() && part.chars().all(|it| it.is_ascii_digit());
        *number = part.parse().ok().filter(|_| digits)?;
    }
    Some(numbers)
}
