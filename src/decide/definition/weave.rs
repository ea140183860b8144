//! Lists and maps while they are being read: duplicate keys found, `<<` merged in.

use std::collections::HashMap;

use crate::decide::quote::quoted;

use super::{
    findings::{Findings, Place},
    tree::{Node, Pair, Value},
};

/// A list or map whose end has not come yet.
pub(super) enum Open {
    List {
        place: Place,
        anchor: usize,
        items: Vec<Node>,
    },
    Map(OpenMap),
}

pub(super) struct OpenMap {
    place: Place,
    anchor: usize,
    pairs: Vec<Pair>,
    /// Key to its line, for duplicates.
    lines: HashMap<String, usize>,
    merged: Vec<Node>,
    pending: Pending,
}

/// What the next value belongs to.
enum Pending {
    /// Nothing: the next value is a key.
    Key,
    Value(String, Place),
    Merge,
    /// A key that cannot be used; its value is dropped.
    Dropped,
}

impl Open {
    pub(super) fn list(place: Place, anchor: usize) -> Open {
        Open::List {
            place,
            anchor,
            items: Vec::new(),
        }
    }

    pub(super) fn map(place: Place, anchor: usize) -> Open {
        Open::Map(OpenMap {
            place,
            anchor,
            pairs: Vec::new(),
            lines: HashMap::new(),
            merged: Vec::new(),
            pending: Pending::Key,
        })
    }

    pub(super) fn add(&mut self, node: Node, found: &mut Findings) {
        match self {
            Open::List { items, .. } => items.push(node),
            Open::Map(map) => map.add(node, found),
        }
    }
}

impl OpenMap {
    pub(super) fn takes_key(&self) -> bool {
        matches!(self.pending, Pending::Key)
    }

    pub(super) fn key(&mut self, key: String, merge: bool, place: Place, found: &mut Findings) {
        if merge {
            self.pending = Pending::Merge;
            return;
        }
        if self.pairs.is_empty() && self.merged.is_empty() {
            self.place = place;
        }
        if let Some(first) = self.lines.insert(key.clone(), place.line) {
            let what = format!("the key {} stands here a second time", quoted(&key));
            let hint = format!("it stands in line {first} already: keep one of the two");
            found.mistake_with(place, &key, what, hint);
            self.pending = Pending::Dropped;
        } else {
            self.pending = Pending::Value(key, place);
        }
    }

    fn add(&mut self, node: Node, found: &mut Findings) {
        match std::mem::replace(&mut self.pending, Pending::Key) {
            // An alias, a list or a map where a key belongs.
            Pending::Key => {
                self.pending = Pending::Dropped;
                if let Value::Scalar(text) = &node.value {
                    self.key(text.clone(), false, node.place, found);
                } else {
                    let what = format!("{} cannot be a key", node.noun());
                    found.mistake(node.place, "", what);
                }
            }
            Pending::Value(key, place) => self.pairs.push(Pair { key, place, node }),
            Pending::Merge => self.merge(node, found),
            Pending::Dropped => {}
        }
    }

    fn merge(&mut self, node: Node, found: &mut Findings) {
        let place = node.place;
        match node.value {
            Value::Map(_) => self.merged.push(node),
            Value::List(items) => {
                for item in items {
                    self.merge_one(item, found);
                }
            }
            Value::Empty | Value::Scalar(_) => no_map(place, found),
        }
    }

    fn merge_one(&mut self, node: Node, found: &mut Findings) {
        if matches!(node.value, Value::Map(_)) {
            self.merged.push(node);
        } else {
            no_map(node.place, found);
        }
    }

    /// Its own keys win over merged ones, an earlier merge over a later one.
    fn into_pairs(mut self) -> Vec<Pair> {
        for node in self.merged {
            let Value::Map(pairs) = node.value else {
                continue;
            };
            for pair in pairs {
                if self.lines.contains_key(&pair.key) {
                    continue;
                }
                self.lines.insert(pair.key.clone(), pair.place.line);
                self.pairs.push(pair);
            }
        }
        self.pairs
    }
}

fn no_map(place: Place, found: &mut Findings) {
    let hint = "write `<<: *name` where a map is marked `&name`";
    found.mistake_with(place, "", "`<<` merges maps only", hint);
}

/// Returns the finished value and the anchor it is marked with (0: none).
pub(super) fn close(open: Open) -> (Node, usize) {
    match open {
        Open::List {
            place,
            anchor,
            items,
        } => (Node::new(place, Value::List(items)), anchor),
        Open::Map(map) => {
            let (place, anchor) = (map.place, map.anchor);
            (Node::new(place, Value::Map(map.into_pairs())), anchor)
        }
    }
}
