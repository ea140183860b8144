//! The nodes of a cluster: those under `nodes`, and those services name first.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::decide::definition::{
    fields::Entry,
    findings::{Findings, Place},
    tree::Value,
};
use crate::decide::quote::quoted;
use crate::decide::suggest::nearest;
use crate::model::cluster::Node;

use super::{Known, keys, naming, section, ways};

/// Nodes of one cluster.
const MOST_NODES: usize = 10_000;
/// Names a slip is compared with.
const MOST_COMPARED: usize = 200;
/// Who ssh logs in as on a node of which no more than the name is typed: as in sc.
const USER: &str = "root";

/// All nodes so far.
#[derive(Default)]
pub(super) struct Book {
    pub(super) nodes: Vec<Node>,
    index: HashMap<String, usize>,
    addresses: HashMap<String, IpAddr>,
    kind: Kind,
}

/// How much `nodes` says of a name that is not under it.
#[derive(Clone, Copy, Default, PartialEq)]
enum Kind {
    /// There is no such key: nodes are what services name, as in sc.
    #[default]
    Open,
    /// A list: others are told.
    Listed,
    /// A map: others are mistakes.
    Whole,
}

impl Book {
    /// Returns the nodes under the key.
    pub(super) fn read(entry: &Entry<'_>, known: &Known<'_>, found: &mut Findings) -> Book {
        let mut book = Book::default();
        match entry.node.value {
            Value::Map(_) => book.mapped(entry, found),
            Value::List(_) => book.listed(entry, known, found),
            Value::Empty | Value::Scalar(_) => {
                entry.wrong("a list of names, or a map of them", found);
            }
        }
        book
    }

    fn mapped(&mut self, entry: &Entry<'_>, found: &mut Findings) {
        self.kind = Kind::Whole;
        for (name, value) in entry.open(found).map(|it| it.all()).unwrap_or_default() {
            if name.starts_with("x-") {
                continue;
            }
            if let Some((what, hint)) = naming::node_fault(name) {
                let what = format!("{}: {what}", quoted(name));
                found.mistake_with(value.place, &value.path, what, hint);
                continue;
            }
            let (node, address) = described(name, &value, found);
            self.addresses
                .extend(address.map(|it| (name.to_owned(), it)));
            self.add(node, value.place, found);
        }
    }

    fn listed(&mut self, entry: &Entry<'_>, known: &Known<'_>, found: &mut Findings) {
        self.kind = Kind::Listed;
        let mut places: HashMap<String, Place> = HashMap::new();
        for item in entry.items(found) {
            let Some(name) = name(&item, found) else {
                continue;
            };
            if let Some(first) = places.insert(name.clone(), item.place) {
                let hint = format!("it stands in {} already", known.spot(first, item.place));
                item.mistake_with(format!("{} stands here twice", quoted(&name)), hint, found);
                continue;
            }
            self.add(plain(&name), item.place, found);
        }
    }

    fn add(&mut self, node: Node, place: Place, found: &mut Findings) {
        if self.nodes.len() == MOST_NODES {
            let what = format!("more than {MOST_NODES} nodes");
            found.mistake(place, "nodes", what);
        }
        if self.nodes.len() < MOST_NODES {
            self.index.insert(node.name.clone(), self.nodes.len());
            self.nodes.push(node);
        }
    }

    /// Takes a name a service gives; whether it is one.
    pub(super) fn named(&mut self, entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
        let name = name(entry, found)?;
        if self.index.contains_key(&name) {
            return Some(name);
        }
        let what = format!("{} is not among `nodes`", quoted(&name));
        match self.kind {
            Kind::Open => {}
            Kind::Listed => {
                let hint = self.meant(&name);
                found.notice(entry.value_place(), &entry.path, what, hint);
            }
            Kind::Whole => {
                let hint = self.meant(&name);
                let hint = hint.unwrap_or_else(|| format!("add `{name}:` there"));
                entry.mistake_with(what, hint, found);
                return None;
            }
        }
        self.add(plain(&name), entry.place, found);
        Some(name)
    }

    fn meant(&self, name: &str) -> Option<String> {
        let known = self.nodes.iter().map(|it| it.name.as_str());
        nearest(name, known.take(MOST_COMPARED)).map(|it| format!("did you mean `{it}`?"))
    }

    /// Returns where each node is reached by the others, as far as it is known.
    pub(super) fn addresses(&self) -> Vec<(String, IpAddr)> {
        let known = |node: &Node| {
            let typed = self.addresses.get(&node.name).copied();
            Some((
                node.name.clone(),
                typed.or_else(|| ways::of_destination(node))?,
            ))
        };
        self.nodes.iter().filter_map(known).collect()
    }

    /// Returns the nodes with these labels, in the order of the file.
    pub(super) fn labelled(&self, wanted: &[(String, Vec<String>)]) -> Vec<String> {
        let has = |node: &Node, (key, values): &(String, Vec<String>)| {
            let label = node.labels.iter().find(|it| it.0 == *key);
            label.is_some_and(|it| values.contains(&it.1))
        };
        let chosen = |it: &&Node| wanted.iter().all(|label| has(it, label));
        let chosen = self.nodes.iter().filter(chosen);
        chosen.map(|it| it.name.clone()).collect()
    }
}

fn plain(name: &str) -> Node {
    Node {
        name: name.to_owned(),
        destination: format!("{USER}@{name}"),
        labels: Vec::new(),
    }
}

/// A node with its way there, or with labels as well.
fn described(name: &str, value: &Entry<'_>, found: &mut Findings) -> (Node, Option<IpAddr>) {
    let mut node = plain(name);
    let mut address = None;
    let way = match value.node.value {
        Value::Empty => None,
        Value::Scalar(_) => destination(value, found),
        Value::List(_) | Value::Map(_) => section(value, keys::NODE, found).and_then(|fields| {
            node.labels = fields.read("labels", found, labels).unwrap_or_default();
            address = fields.read("address", found, ways::address);
            fields.read("ssh", found, destination)
        }),
    };
    node.destination = way.unwrap_or(node.destination);
    (node, address)
}

fn destination(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    if let Some((what, hint)) = naming::destination_fault(&typed) {
        entry.mistake_with(format!("{}: {what}", quoted(&typed)), hint, found);
        return None;
    }
    Some(typed)
}

fn labels(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<(String, String)>> {
    let all = entry.open(found)?.all();
    let label = |(key, value): &(&str, Entry<'_>)| Some(((*key).to_owned(), value.word(found)?));
    Some(all.iter().filter_map(label).collect())
}

fn name(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let name = entry.word(found)?;
    if let Some((what, hint)) = naming::node_fault(&name) {
        entry.mistake_with(format!("{}: {what}", quoted(&name)), hint, found);
        return None;
    }
    Some(name)
}
