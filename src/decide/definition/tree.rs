//! A tree of values in which each knows its place in the file.

use super::findings::Place;

/// One value as typed.
#[derive(Clone, Debug)]
pub(in crate::decide) struct Node {
    pub(in crate::decide) place: Place,
    pub(in crate::decide) value: Value,
    /// Nodes in it, itself included; what an alias costs.
    pub(in crate::decide) size: usize,
    /// Levels in it, itself included.
    pub(in crate::decide) depth: usize,
}

#[derive(Clone, Debug)]
pub(in crate::decide) enum Value {
    Empty,
    /// Text, number or truth value: the letters as typed. What they mean is up to the key.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Pair>),
}

#[derive(Clone, Debug)]
pub(in crate::decide) struct Pair {
    pub(in crate::decide) key: String,
    pub(in crate::decide) place: Place,
    pub(in crate::decide) node: Node,
}

impl Node {
    pub(in crate::decide) fn new(place: Place, value: Value) -> Node {
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
    pub(in crate::decide) fn noun(&self) -> &'static str {
        match self.value {
            Value::Empty => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
