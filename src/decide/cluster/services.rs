//! `services`: what runs, and on which nodes.

use std::collections::HashMap;

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::{Findings, Place},
    tree::{Node, Value},
};
use crate::decide::quote::quoted;
use crate::model::cluster::{Placed, Waves};

use super::{Known, book::Book, keys, links, section, waves, ways::Ways, workload};

/// Services of one cluster.
const MOST_SERVICES: usize = 10_000;

/// Returns the services, in the order of the file.
pub(super) fn read(
    entry: &Entry<'_>,
    book: &mut Book,
    usual: &Waves,
    ways: &mut Ways,
    known: &Known<'_>,
    found: &mut Findings,
) -> Vec<Placed> {
    let items = match entry.node.value {
        Value::Empty => Vec::new(),
        Value::Scalar(_) | Value::List(_) | Value::Map(_) => entry.items(found),
    };
    if items.is_empty() && found.is_clean() {
        let hint = "a service is `- name: …` with its `nodes`";
        found.notice(
            entry.place,
            "services",
            "there are no services",
            Some(hint.to_owned()),
        );
    }
    if items.len() > MOST_SERVICES {
        entry.mistake(format!("more than {MOST_SERVICES} services"), found);
        return Vec::new();
    }
    let mut places = HashMap::new();
    let mut services = Vec::new();
    for item in &items {
        let Some(service) = one(item, book, usual, ways, known, found) else {
            continue;
        };
        twice(&service, item, &mut places, known, found);
        services.push(service);
    }
    services
}

/// Returns where each service refers to a definition in a file of its own, and the path typed there.
pub(super) fn references(root: &Node) -> Vec<(Place, &str)> {
    let Some(Value::List(services)) = child(root, "services").map(|it| &it.value) else {
        return Vec::new();
    };
    let files = services.iter().filter_map(|it| child(it, keys::FILE));
    let typed = files.filter_map(|it| match &it.value {
        Value::Scalar(path) => Some((it.place, path.as_str())),
        Value::Empty | Value::List(_) | Value::Map(_) => None,
    });
    typed.collect()
}

fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Value::Map(pairs) = &node.value else {
        return None;
    };
    pairs.iter().find(|it| it.key == key).map(|it| &it.node)
}

fn one(
    entry: &Entry<'_>,
    book: &mut Book,
    usual: &Waves,
    ways: &mut Ways,
    known: &Known<'_>,
    found: &mut Findings,
) -> Option<Placed> {
    let fields = section(entry, &keys::service(), found)?;
    let name = fields.need("name", found, Entry::word);
    let nodes = nodes(&fields, book, known, found);
    let workload = workload::read(&fields, name.as_deref().unwrap_or_default(), known, found);
    if let (Some(name), Some(workload)) = (&name, &workload) {
        ways.of_service(&fields, (name, &nodes, workload), known, found);
    }
    Some(Placed {
        nodes,
        links: links::read(&fields, found),
        waves: fields.read("deploy_in", found, |it, found| {
            waves::read(it, usual, found)
        }),
        pre_deploy: workload::pre_deploy(&fields, found),
        push_image: workload::pushes(&fields, found),
        name: name?,
        workload: workload?,
    })
}

/// Names, one or a list, or labels.
fn nodes(
    fields: &Fields<'_>,
    book: &mut Book,
    known: &Known<'_>,
    found: &mut Findings,
) -> Vec<String> {
    let Some(entry) = fields.get("nodes") else {
        // Told where the list is there and empty as well.
        nowhere(fields, fields.place, found);
        return Vec::new();
    };
    match entry.node.value {
        Value::Map(_) => labelled(&entry, book, found),
        Value::Empty | Value::Scalar(_) | Value::List(_) => {
            let names = named(&entry, book, known, found);
            if names.is_empty() && matches!(entry.node.value, Value::List(_)) {
                nowhere(fields, entry.place, found);
            }
            names
        }
    }
}

fn nowhere(fields: &Fields<'_>, place: Place, found: &mut Findings) {
    let what = "the service is on no node";
    let hint = "`nodes: [NAME, …]` says where it belongs".to_owned();
    found.notice(place, &fields.path, what, Some(hint));
}

fn named(
    entry: &Entry<'_>,
    book: &mut Book,
    known: &Known<'_>,
    found: &mut Findings,
) -> Vec<String> {
    let items = match entry.scalar() {
        Some(_) => vec![entry.clone()],
        None => entry.items(found),
    };
    let mut names = Vec::new();
    let mut places: HashMap<String, Place> = HashMap::new();
    for item in &items {
        let Some(name) = book.named(item, found) else {
            continue;
        };
        match places.insert(name.clone(), item.place) {
            None => names.push(name),
            Some(first) => {
                let hint = format!("it stands in {} already", known.spot(first, item.place));
                item.mistake_with(format!("{} stands here twice", quoted(&name)), hint, found);
            }
        }
    }
    names
}

/// `{zone: a, disk: [ssd, nvme]}`: each label, with one of its values.
fn labelled(entry: &Entry<'_>, book: &Book, found: &mut Findings) -> Vec<String> {
    let before = found.count();
    let all = entry.open(found).map(|it| it.all()).unwrap_or_default();
    let mut wanted = Vec::new();
    for (key, value) in all {
        wanted.push((key.to_owned(), value.one_or_more(found).unwrap_or_default()));
    }
    let nodes = book.labelled(&wanted);
    if (wanted.is_empty() || nodes.is_empty()) && found.count() == before {
        let hint = "labels stand under `nodes`: `nodes: {NAME: {labels: {zone: a}}}`";
        entry.mistake_with("no node has these labels", hint, found);
        return Vec::new();
    }
    nodes
}

/// Two services of one name can live on different nodes, as in sc; never on the same one.
fn twice(
    service: &Placed,
    entry: &Entry<'_>,
    places: &mut HashMap<(String, String), Place>,
    known: &Known<'_>,
    found: &mut Findings,
) {
    let place = child(entry.node, "name").map_or(entry.place, |it| it.place);
    let pairs = service
        .nodes
        .iter()
        .map(|it| (service.name.clone(), it.clone()));
    for (name, node) in pairs {
        let what = format!("{} is on {node} twice", quoted(&name));
        if let Some(first) = places.insert((name, node), place) {
            let hint = format!("the other one stands in {}", known.spot(first, place));
            found.mistake_with(place, &entry.path, what, hint);
            return;
        }
    }
}
