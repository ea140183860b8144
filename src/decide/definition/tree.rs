//! A tree of values in which each knows its place in the file.

use super::findings::Place;

/// One value as typed.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
    /// Nodes in it, itself included; what an alias costs.
    pub(super) size: usize,
    /// Levels in it, itself included.
    pub(super) depth: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Empty,
    /// Text, number or truth value: the letters as typed. What they mean is up to the key.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Pair>),
}

#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn new(place: Place, value: Value) -> Node {
        let (size, depth) = match &value {
            Value::Empty | Value::Scalar(_) => (0, 0),
            Value::List(items) => (
                items.iter().map(|it| it.size).sum(),
                items.iter().map(|it| it.depth).max().unwrap_or(0),
            ),
            Value::Map(pairs) => (
                pairs.iter().map(|it| it.node.size).sum(),
                pairs.iter().map(|it| it.node.depth).max().unwrap_or(0),
            ),
        };
        Node {
            place,
            value,
            size: size + 1,
            depth: depth + 1,
        }
    }

    /// What it is, for a sentence that says something else was expected.
    pub(super) fn noun(&self) -> &'static str {
        match self.value {
            Value::Empty => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
