//! YAML as a tree in which each value knows its place and scalars stay as they were typed.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Location, Spanned};

use crate::model::mistake::Mistake;

/// Where something stands: line and column from 1, width in characters; all 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) width: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Nothing,
    Text(String),
    List,
    Map(Vec<Pair>),
}

#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn pairs(&self) -> Option<&[Pair]> {
        match &self.value {
            Value::Map(pairs) => Some(pairs),
            Value::Nothing | Value::Text(_) | Value::List => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Nothing | Value::Map(_) | Value::List => None,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.value, Value::Nothing)
    }
}

/// Returns the tree, or the one mistake that keeps the text from being YAML.
pub(super) fn parse(text: &str) -> Result<Node, Mistake> {
    if text
        .lines()
        .all(|it| it.trim().is_empty() || it.trim_start().starts_with('#'))
    {
        return Ok(Node {
            place: Place::default(),
            value: Value::Nothing,
        });
    }
    let raw: Spanned<Raw> = serde_yaml::from_str(text).map_err(|why| unreadable(&why))?;
    Ok(node(raw, text))
}

/// A value before its place is known.
enum Raw {
    Nothing,
    Text(String),
    /// A number or truth value; how it was typed is in the text at its place.
    Plain,
    List,
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let place = place(raw.referenced);
    let value = match raw.value {
        Raw::Nothing => Value::Nothing,
        Raw::Text(text) => Value::Text(text),
        Raw::Plain => Value::Text(typed(text, place)),
        Raw::List => Value::List,
        Raw::Map(pairs) => Value::Map(pairs.into_iter().map(|it| pair(it, text)).collect()),
    };
    Node { place, value }
}

fn pair((key, value): (Spanned<String>, Spanned<Raw>), text: &str) -> Pair {
    let mut place = place(key.referenced);
    place.width = place.width.max(key.value.chars().count());
    Pair {
        key: key.value,
        place,
        node: node(value, text),
    }
}

fn typed(text: &str, place: Place) -> String {
    let line = text
        .lines()
        .nth(place.line.saturating_sub(1))
        .unwrap_or_default();
    let from = line.chars().skip(place.column.saturating_sub(1));
    from.take(place.width).collect::<String>().trim().to_owned()
}

fn place(location: Location) -> Place {
    Place {
        line: location.line() as usize,
        column: location.column() as usize,
        width: location.span().len() as usize,
    }
}

fn unreadable(why: &serde_yaml::Error) -> Mistake {
    let place = why.location().map(place).unwrap_or_default();
    let why = why.without_snippet().to_string();
    let first = why.lines().next().unwrap_or_default();
    Mistake {
        line: place.line,
        column: place.column,
        width: place.width.max(1),
        path: String::new(),
        what: format!("not readable as YAML: {first}"),
        hint: None,
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Raw, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Raw::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Raw, A::Error> {
        let mut found = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            found.push(pair);
        }
        Ok(Raw::Map(found))
    }
}
