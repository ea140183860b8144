//! Several cluster files, and overlays on them, to one tree.

use std::collections::HashMap;

use crate::decide::definition::{
    findings::{Findings, Place},
    parse::{Parsed, parse_within},
    tree::{Node, Pair, Value},
};
use crate::decide::quote::quoted;
use crate::decide::suggest::nearest;

use super::{LONGEST_FILE_BYTES, MOST_VALUES, START, Source, keys, spot};

/// What is added up over several files; any other key stands in one of them.
const ADDED: [&str; 4] = ["services", "nodes", "doc_sites", "sites"];

/// Returns the files as one map of known keys; None when there is nothing to read.
pub(super) fn together(sources: &[Source], found: &mut Findings) -> Option<Node> {
    let names: Vec<&str> = sources.iter().map(|it| it.name.as_str()).collect();
    let mut whole: Option<Node> = None;
    for (number, source) in (0..).zip(sources) {
        let Some(pairs) = one(source, number, found) else {
            continue;
        };
        let pairs = match whole.take() {
            None => pairs,
            Some(before) if source.overlay => laid_over(keys_of(before), pairs, found),
            Some(before) => added(keys_of(before), pairs, &names, found),
        };
        whole = Some(Node::new(START, Value::Map(pairs)));
    }
    whole
}

/// Returns the keys of one file; what nobody reads is told and left out.
fn one(source: &Source, number: u32, found: &mut Findings) -> Option<Vec<Pair>> {
    let place = Place {
        file: number,
        ..START
    };
    if source.text.len() > LONGEST_FILE_BYTES {
        let what = format!("the file has {} bytes", source.text.len());
        let hint = format!("a cluster file has at most {LONGEST_FILE_BYTES}");
        found.mistake_with(place, "", what, hint);
        return None;
    }
    let before = found.count();
    let Some(parsed) = parse_within(&source.text, number, MOST_VALUES, found) else {
        if found.count() == before && !source.overlay {
            let hint = "`wharf init FILE` writes one with every key explained";
            found.mistake_with(place, "", "the file is empty", hint);
        }
        return None;
    };
    let Parsed { root, anchors } = parsed;
    let noun = root.noun();
    match root.value {
        Value::Map(pairs) => Some(known(pairs, &anchors, found)),
        Value::Empty => Some(Vec::new()),
        Value::Scalar(_) | Value::List(_) => {
            let what = format!("expected a map, found {noun}");
            let hint = "a cluster file starts with `services:`, the list of its services";
            found.mistake_with(place, "", what, hint);
            None
        }
    }
}

/// sc reads no other keys and says nothing of them, so that people keep their anchors there.
/// A key that holds an anchor somebody uses is such a place; one that is near to a known key is a slip.
fn known(pairs: Vec<Pair>, anchors: &[(Place, bool)], found: &mut Findings) -> Vec<Pair> {
    let marks = marks(&pairs, anchors);
    let mut known = Vec::new();
    for (pair, mark) in pairs.into_iter().zip(marks) {
        if keys::TOP.contains(&pair.key.as_str()) {
            known.push(pair);
        } else if !pair.key.starts_with("x-") && mark != Mark::Used {
            stranger(&pair, mark, found);
        }
    }
    known
}

/// What anchors a key holds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Mark {
    None,
    Unused,
    Used,
}

/// An anchor belongs to the last key that begins before it.
fn marks(pairs: &[Pair], anchors: &[(Place, bool)]) -> Vec<Mark> {
    let at = |it: Place| (it.line, it.column);
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|it| at(pairs[*it].place));
    let mut marks = vec![Mark::None; pairs.len()];
    for (place, used) in anchors {
        let before = order.partition_point(|it| at(pairs[*it].place) <= at(*place));
        let Some(index) = before.checked_sub(1).map(|it| order[it]) else {
            continue;
        };
        let mark = if *used { Mark::Used } else { Mark::Unused };
        if mark > marks[index] {
            marks[index] = mark;
        }
    }
    marks
}

fn stranger(pair: &Pair, mark: Mark, found: &mut Findings) {
    if let Some(near) = nearest(&pair.key, keys::TOP.iter().copied()) {
        let what = format!("unknown key {}", quoted(&pair.key));
        let hint = format!("did you mean `{near}`?");
        found.mistake_with(pair.place, &pair.key, what, hint);
    } else if mark == Mark::None {
        let what = format!("nothing reads the key {}", quoted(&pair.key));
        let hint = match keys::reason(&pair.key) {
            Some(reason) => reason.to_owned(),
            None => format!(
                "a note of your own is `x-{}`; known here: {}",
                pair.key,
                keys::TOP.join(", ")
            ),
        };
        found.notice(pair.place, &pair.key, what, Some(hint));
    }
}

fn keys_of(node: Node) -> Vec<Pair> {
    match node.value {
        Value::Map(pairs) => pairs,
        Value::Empty | Value::Scalar(_) | Value::List(_) => Vec::new(),
    }
}

/// A further file beside those before it.
fn added(
    mut before: Vec<Pair>,
    more: Vec<Pair>,
    names: &[&str],
    found: &mut Findings,
) -> Vec<Pair> {
    for pair in more {
        let Some(old) = before.iter_mut().find(|it| it.key == pair.key) else {
            before.push(pair);
            continue;
        };
        if ADDED.contains(&pair.key.as_str()) {
            let node = std::mem::replace(&mut old.node, Node::new(old.place, Value::Empty));
            old.node = both(node, pair, names, found);
        } else {
            twice(&pair, old.place, names, found);
        }
    }
    before
}

fn twice(pair: &Pair, first: Place, names: &[&str], found: &mut Findings) {
    let what = format!("the key {} stands here a second time", quoted(&pair.key));
    let hint = format!(
        "it stands in {} already: keep one of the two",
        spot(names, first, pair.place)
    );
    found.mistake_with(pair.place, &pair.key, what, hint);
}

/// Lists and maps of the same thing in two files.
fn both(before: Node, more: Pair, names: &[&str], found: &mut Findings) -> Node {
    let place = before.place;
    let value = match (before.value, more.node.value) {
        (Value::List(mut items), Value::List(others)) => {
            items.extend(others);
            Value::List(items)
        }
        (Value::Map(pairs), Value::Map(others)) => Value::Map(mapped(pairs, others, names, found)),
        (Value::Map(pairs), Value::List(items)) => {
            Value::Map(mapped(pairs, named(items), names, found))
        }
        (Value::List(items), Value::Map(others)) => {
            Value::Map(mapped(named(items), others, names, found))
        }
        (Value::Empty, other) | (other, Value::Empty) => other,
        // Reported where it is read.
        (value, Value::Scalar(_)) | (value @ Value::Scalar(_), _) => value,
    };
    Node::new(place, value)
}

fn mapped(
    mut pairs: Vec<Pair>,
    others: Vec<Pair>,
    names: &[&str],
    found: &mut Findings,
) -> Vec<Pair> {
    let mut known: HashMap<String, Place> =
        pairs.iter().map(|it| (it.key.clone(), it.place)).collect();
    for pair in others {
        match known.get(&pair.key) {
            Some(first) => twice(&pair, *first, names, found),
            None => {
                known.insert(pair.key.clone(), pair.place);
                pairs.push(pair);
            }
        }
    }
    pairs
}

/// A list of names as a map of names that say no more.
fn named(items: Vec<Node>) -> Vec<Pair> {
    let pair = |it: Node| match it.value {
        Value::Scalar(key) => Some(Pair {
            key,
            place: it.place,
            node: Node::new(it.place, Value::Empty),
        }),
        Value::Empty | Value::List(_) | Value::Map(_) => None,
    };
    items.into_iter().filter_map(pair).collect()
}

/// An overlay on what stands before it; a key without a value takes the key away.
fn laid_over(before: Vec<Pair>, over: Vec<Pair>, found: &mut Findings) -> Vec<Pair> {
    let mut pairs = before;
    for new in over {
        let Some(index) = pairs.iter().position(|it| it.key == new.key) else {
            pairs.push(new);
            continue;
        };
        if matches!(new.node.value, Value::Empty) {
            pairs.remove(index);
            continue;
        }
        let old = std::mem::replace(&mut pairs[index].node, Node::new(new.place, Value::Empty));
        let services = new.key == "services";
        pairs[index].place = new.place;
        pairs[index].node = match services {
            true => services_over(old, new.node, found),
            false => value_over(old, new.node, found),
        };
    }
    pairs
}

fn value_over(old: Node, new: Node, found: &mut Findings) -> Node {
    match (old.value, new.value) {
        (Value::Map(before), Value::Map(over)) => {
            Node::new(new.place, Value::Map(laid_over(before, over, found)))
        }
        (_, value) => Node::new(new.place, value),
    }
}

fn services_over(old: Node, new: Node, found: &mut Findings) -> Node {
    let (mut services, over) = match (old.value, new.value) {
        (Value::List(services), Value::List(over)) => (services, over),
        (_, value) => return Node::new(new.place, value),
    };
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, service) in services.iter().enumerate() {
        if let Some(name) = name(service) {
            places.entry(name.to_owned()).or_default().push(index);
        }
    }
    for service in over {
        let same = name(&service).and_then(|it| places.get(it));
        match same.map_or(&[][..], Vec::as_slice) {
            [] => services.push(service),
            [index] => {
                let empty = Node::new(service.place, Value::Empty);
                let old = std::mem::replace(&mut services[*index], empty);
                services[*index] = value_over(old, service, found);
            }
            several => {
                let what = format!("{} services have this name", several.len());
                let hint = "an overlay cannot tell which is meant: give them names of their own";
                found.mistake_with(service.place, "services", what, hint);
            }
        }
    }
    Node::new(new.place, Value::List(services))
}

/// The name a service gives itself.
pub(super) fn name(service: &Node) -> Option<&str> {
    let Value::Map(pairs) = &service.value else {
        return None;
    };
    let pair = pairs.iter().find(|it| it.key == "name")?;
    match &pair.node.value {
        Value::Scalar(name) => Some(name),
        Value::Empty | Value::List(_) | Value::Map(_) => None,
    }
}
