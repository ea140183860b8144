//! The text of /etc/wharf/wharf.yaml to what it means, with all of its mistakes at once.
//!
//! ```yaml
//! influxdb:
//!   token: …            # or token_file: /path, whose first line it is
//!   location: http://localhost:8086/
//!   org: …              # this host's name when left out
//!   bucket: monitoring
//! store: files          # or {couchdb: http://HOST:5984/services}; without it $COUCHDB_URL
//! ```
//! The keys and defaults are those of service_runner's `global_config.yaml`.

pub mod store;

use std::path::PathBuf;

use crate::decide::definition::{
    findings::Findings,
    parse::parse,
    tree::{Node, Pair, Value},
};
use crate::model::{
    global::{Global, Influx, Token},
    mistake::Mistake,
};

const LOCATION: &str = "http://localhost:8086/";
const BUCKET: &str = "monitoring";

/// What the file means, and what is wrong with it. With mistakes, `global` holds what is right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub global: Global,
    /// In the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// Returns what this text means on the host of this name.
pub fn read(text: &str, host: &str) -> Reading {
    let (mut global, mut found) = (Global::default(), Findings::default());
    if let Some(top) = parse(text, &mut found) {
        for pair in pairs(&top, "", &mut found) {
            match pair.key.as_str() {
                "influxdb" => global.influxdb = influx(pair, host, &mut found),
                "store" => global.store = store::read(pair, &mut found),
                key if key.starts_with("x-") => {}
                _ => unknown(pair, "", &["influxdb", "store"], &mut found),
            }
        }
    }
    let (mistakes, _) = found.done();
    Reading { global, mistakes }
}

const KEYS: [&str; 5] = ["token", "token_file", "location", "org", "bucket"];

fn influx(section: &Pair, host: &str, found: &mut Findings) -> Option<Influx> {
    let before = found.count();
    let (mut token, mut file) = (None, None);
    let mut influx = Influx {
        token: Token::Text(String::new()),
        location: LOCATION.to_owned(),
        org: host.to_owned(),
        bucket: BUCKET.to_owned(),
    };
    for pair in pairs(&section.node, "influxdb", found) {
        if !KEYS.contains(&pair.key.as_str()) {
            unknown(pair, "influxdb", &KEYS, found);
            continue;
        }
        let Some(value) = text(pair, found) else {
            continue;
        };
        match pair.key.as_str() {
            "token" => token = Some((pair, value)),
            "token_file" => file = Some((pair, value)),
            "location" => influx.location = location(pair, value, found),
            "org" => influx.org = value,
            _ => influx.bucket = value,
        }
    }
    influx.token = self::token(section, token, file, found)?;
    (found.count() == before).then_some(influx)
}

type Typed<'a> = Option<(&'a Pair, String)>;

fn token(section: &Pair, token: Typed, file: Typed, found: &mut Findings) -> Option<Token> {
    match (token, file) {
        (Some(_), Some((pair, _))) => {
            let what = "`token` and `token_file` are both given";
            found.mistake_with(pair.place, "influxdb.token_file", what, "keep one of them");
            None
        }
        (Some((pair, value)), None) if !value.chars().all(|it| it.is_ascii_graphic()) => {
            let what = "a token has no blanks and no letters beyond ASCII";
            found.mistake_with(pair.node.place, "influxdb.token", what, "copy it again");
            None
        }
        (Some((_, value)), None) => Some(Token::Text(value)),
        (None, Some((pair, value))) if !value.starts_with('/') => {
            let what = "`token_file` is not an absolute path";
            let hint = "write it from the root, as in `/etc/wharf/influxdb.token`";
            found.mistake_with(pair.node.place, "influxdb.token_file", what, hint);
            None
        }
        (None, Some((_, value))) => Some(Token::File(PathBuf::from(value))),
        (None, None) => {
            // A token typed wrongly is reported where it stands, not here.
            let typed = |it: &Pair| it.key.starts_with("token");
            let tried = matches!(&section.node.value, Value::Map(it) if it.iter().any(typed));
            if !tried {
                let hint = "add `token: …`, or `token_file: /path` to keep it out of this file";
                found.mistake_with(section.place, "influxdb", "`influxdb` has no token", hint);
            }
            None
        }
    }
}

fn location(pair: &Pair, value: String, found: &mut Findings) -> String {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|it| value.strip_prefix(it))
        .map(|rest| rest.split('/').next().unwrap_or_default());
    let fine = host.is_some_and(|it| !it.is_empty() && !it.starts_with(':'));
    if !fine || value.contains(['?', '#', ' ']) {
        let what = format!("`{value}` is not the address of an InfluxDB");
        let hint = "write `http://HOST:8086/` or `https://HOST/`";
        found.mistake_with(pair.node.place, "influxdb.location", what, hint);
    }
    match value.ends_with('/') {
        true => value,
        false => value + "/",
    }
}

/// The pairs of a map; an empty file or section has none.
fn pairs<'a>(node: &'a Node, path: &str, found: &mut Findings) -> &'a [Pair] {
    if let Value::Map(pairs) = &node.value {
        return pairs;
    }
    if !matches!(node.value, Value::Empty) {
        let noun = if path.is_empty() { "the file" } else { path };
        let what = format!("{noun} is not a map");
        found.mistake_with(node.place, path, what, "write `key: value` lines");
    }
    &[]
}

fn text(pair: &Pair, found: &mut Findings) -> Option<String> {
    let path = format!("influxdb.{}", pair.key);
    match &pair.node.value {
        Value::Scalar(text) if !text.is_empty() => Some(text.clone()),
        Value::Scalar(_) | Value::Empty | Value::List(_) | Value::Map(_) => {
            let what = format!("`{}` wants a text", pair.key);
            let hint = "write one, or leave the key out for its default";
            found.mistake_with(pair.node.place, &path, what, hint);
            None
        }
    }
}

fn unknown(pair: &Pair, section: &str, known: &[&str], found: &mut Findings) {
    let path = match section.is_empty() {
        true => pair.key.clone(),
        false => format!("{section}.{}", pair.key),
    };
    let what = format!("unknown key `{}`", pair.key);
    let hint = format!("known here: `{}`", known.join("`, `"));
    found.mistake_with(pair.place, &path, what, hint);
}

#[cfg(test)]
mod tests;
