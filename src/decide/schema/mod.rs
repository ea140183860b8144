//! JSON Schemas of cluster files and definitions, for editors: made from the tables of their keys.
//!
//! They say which keys there are and what shape a value has; what values mean to each other is left
//! to the readers, which also say it better.

mod alerts;
mod cluster;
mod definition;
mod routes;
mod sections;

use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One key: its name, what may stand there, and what it is for.
struct Key(&'static str, Kind, &'static str);

/// The shape of a value. Nothing may stand everywhere: a key without a value counts as left out.
#[derive(Clone, Copy)]
enum Kind {
    /// Text, number or truth value.
    Scalar,
    Truth,
    /// A number, be it typed as a text.
    Number,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of single values.
    Scalars,
    /// One single value or a list of them.
    OneOrMore,
    /// A map of such values by names of one's own.
    Named(&'static Kind),
    /// A map with the keys of this section.
    Section(&'static str),
    /// A list of such maps.
    Sections(&'static str),
    Either(&'static [Kind]),
    /// What the key itself explains.
    Anything,
}

/// A map with known keys: its path, and the groups of its keys.
struct Section {
    path: &'static str,
    groups: &'static [&'static [Key]],
    /// Keys that must be there.
    needed: &'static [&'static str],
    /// Whether keys beyond these are somebody's own business.
    open: bool,
}

/// Returns the schema of a cluster file.
pub fn cluster() -> Value {
    let sections = cluster::SECTIONS.iter().chain(sections::INNER);
    document("A cluster file of wharf", &cluster::TOP, sections)
}

/// Returns the schema of a definition in a file of its own.
pub fn service() -> Value {
    document(
        "A service definition of wharf",
        &definition::TOP,
        sections::INNER.iter(),
    )
}

/// Returns each section of both files with its keys, as the schemas know them.
pub fn known_keys() -> (Keys, Keys) {
    let cluster = [&cluster::TOP].into_iter().chain(cluster::SECTIONS);
    let definition = [&definition::TOP].into_iter().chain(sections::INNER);
    (cluster.map(keys).collect(), definition.map(keys).collect())
}

/// Sections by path, and their keys.
pub type Keys = Vec<(&'static str, Vec<&'static str>)>;

fn keys(section: &Section) -> (&'static str, Vec<&'static str>) {
    (section.path, all(section).map(|it| it.0).collect())
}

fn all(section: &Section) -> impl Iterator<Item = &'static Key> {
    section.groups.iter().flat_map(|it| it.iter())
}

fn document<'a>(title: &str, top: &Section, inner: impl Iterator<Item = &'a Section>) -> Value {
    let mut schema = map(top);
    let definitions: Map<String, Value> = inner.map(|it| (it.path.to_owned(), map(it))).collect();
    schema["$defs"] = Value::Object(definitions);
    let mut whole = json!({"$schema": DIALECT, "title": title});
    if let (Value::Object(whole), Value::Object(schema)) = (&mut whole, schema) {
        whole.extend(schema);
    }
    whole
}

fn map(section: &Section) -> Value {
    let properties: Map<String, Value> = all(section)
        .map(|Key(name, kind, what)| ((*name).to_owned(), described(*kind, what)))
        .collect();
    let mut map = json!({
        "type": ["object", "null"],
        "properties": properties,
        "patternProperties": {"^x-": true},
        "additionalProperties": section.open,
    });
    if !section.needed.is_empty() {
        map["required"] = json!(section.needed);
    }
    map
}

fn described(kind: Kind, what: &str) -> Value {
    let mut schema = shape(kind);
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), what.into());
    }
    schema
}

fn shape(kind: Kind) -> Value {
    match kind {
        Kind::Scalar => json!({"type": ["string", "number", "boolean", "null"]}),
        Kind::Truth => {
            json!({"enum": [true, false, "true", "false", "yes", "no", "on", "off", null]})
        }
        Kind::Number => json!({"type": ["number", "string", "null"]}),
        Kind::Choice(words) => {
            let words = words.iter().map(|it| Value::from(*it));
            json!({"enum": words.chain([Value::Null]).collect::<Vec<_>>()})
        }
        Kind::Scalars => json!({"type": ["array", "null"], "items": shape(Kind::Scalar)}),
        Kind::OneOrMore => shape(Kind::Either(&[Kind::Scalar, Kind::Scalars])),
        Kind::Named(value) => {
            json!({"type": ["object", "null"], "additionalProperties": shape(*value)})
        }
        Kind::Section(path) => json!({"$ref": format!("#/$defs/{path}")}),
        Kind::Sections(path) => {
            json!({"type": ["array", "null"], "items": shape(Kind::Section(path))})
        }
        Kind::Either(kinds) => {
            json!({"anyOf": kinds.iter().map(|it| shape(*it)).collect::<Vec<_>>()})
        }
        Kind::Anything => json!({}),
    }
}
