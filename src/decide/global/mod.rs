//! The text of /etc/wharf/wharf.yaml to what it means, with all of its mistakes at once.
//!
//! ```yaml
//! influxdb:
//!   token: …            # or token_file: /path, whose first line it is
//!   location: http://localhost:8086/
//!   org: …              # this host's name when left out
//!   bucket: monitoring
//! ```
//! The keys and defaults are those of service_runner's `global_config.yaml`.

mod tree;

use std::path::PathBuf;

use crate::model::{
    global::{Global, Influx, Token},
    mistake::Mistake,
};
use tree::{Node, Pair, Place};

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
    let mut reading = Reading::default();
    let top = match tree::parse(text) {
        Ok(top) => top,
        Err(mistake) => {
            reading.mistakes.push(mistake);
            return reading;
        }
    };
    let found = &mut reading.mistakes;
    for pair in pairs(&top, "", found) {
        match pair.key.as_str() {
            "influxdb" => reading.global.influxdb = influx(pair, host, found),
            key if key.starts_with("x-") => {}
            _ => found.push(unknown(pair, "", &["influxdb"])),
        }
    }
    reading.mistakes.sort_by_key(|it| (it.line, it.column));
    reading
}

const KEYS: [&str; 5] = ["token", "token_file", "location", "org", "bucket"];

fn influx(section: &Pair, host: &str, found: &mut Vec<Mistake>) -> Option<Influx> {
    let before = found.len();
    let (mut token, mut file) = (None, None);
    let mut influx = Influx {
        token: Token::Text(String::new()),
        location: LOCATION.to_owned(),
        org: host.to_owned(),
        bucket: BUCKET.to_owned(),
    };
    for pair in pairs(&section.node, "influxdb", found) {
        if !KEYS.contains(&pair.key.as_str()) {
            found.push(unknown(pair, "influxdb", &KEYS));
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
    (found.len() == before).then_some(influx)
}

type Typed<'a> = Option<(&'a Pair, String)>;

fn token(section: &Pair, token: Typed, file: Typed, found: &mut Vec<Mistake>) -> Option<Token> {
    match (token, file) {
        (Some(_), Some((pair, _))) => {
            let what = "`token` and `token_file` are both given";
            found.push(at(
                pair.place,
                "influxdb.token_file",
                what,
                "keep one of them",
            ));
            None
        }
        (Some((pair, value)), None) if !value.chars().all(|it| it.is_ascii_graphic()) => {
            let what = "a token has no blanks and no letters beyond ASCII";
            found.push(at(pair.node.place, "influxdb.token", what, "copy it again"));
            None
        }
        (Some((_, value)), None) => Some(Token::Text(value)),
        (None, Some((pair, value))) if !value.starts_with('/') => {
            let what = "`token_file` is not an absolute path";
            let hint = "write it from the root, as in `/etc/wharf/influxdb.token`";
            found.push(at(pair.node.place, "influxdb.token_file", what, hint));
            None
        }
        (None, Some((_, value))) => Some(Token::File(PathBuf::from(value))),
        (None, None) => {
            // A token typed wrongly is reported where it stands, not here.
            let typed = |it: &Pair| it.key.starts_with("token");
            if !section.node.pairs().is_some_and(|it| it.iter().any(typed)) {
                let hint = "add `token: …`, or `token_file: /path` to keep it out of this file";
                found.push(at(
                    section.place,
                    "influxdb",
                    "`influxdb` has no token",
                    hint,
                ));
            }
            None
        }
    }
}

fn location(pair: &Pair, value: String, found: &mut Vec<Mistake>) -> String {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|it| value.strip_prefix(it))
        .map(|rest| rest.split('/').next().unwrap_or_default());
    let fine = host.is_some_and(|it| !it.is_empty() && !it.starts_with(':'));
    if !fine || value.contains(['?', '#', ' ']) {
        let what = format!("`{value}` is not the address of an InfluxDB");
        let hint = "write `http://HOST:8086/` or `https://HOST/`";
        found.push(at(pair.node.place, "influxdb.location", what, hint));
    }
    match value.ends_with('/') {
        true => value,
        false => value + "/",
    }
}

/// The pairs of a map; an empty file or section has none.
fn pairs<'a>(node: &'a Node, path: &str, found: &mut Vec<Mistake>) -> &'a [Pair] {
    if let Some(pairs) = node.pairs() {
        return pairs;
    }
    if !node.is_nothing() {
        let noun = if path.is_empty() { "the file" } else { path };
        let what = format!("{noun} is not a map");
        found.push(at(node.place, path, what, "write `key: value` lines"));
    }
    &[]
}

fn text(pair: &Pair, found: &mut Vec<Mistake>) -> Option<String> {
    let path = format!("influxdb.{}", pair.key);
    match pair.node.text() {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        Some(_) | None => {
            let what = format!("`{}` wants a text", pair.key);
            let hint = "write one, or leave the key out for its default";
            found.push(at(pair.node.place, &path, what, hint));
            None
        }
    }
}

fn unknown(pair: &Pair, section: &str, known: &[&str]) -> Mistake {
    let path = match section.is_empty() {
        true => pair.key.clone(),
        false => format!("{section}.{}", pair.key),
    };
    let names = known.join("`, `");
    let hint = format!("known here: `{names}`");
    at(
        pair.place,
        &path,
        format!("unknown key `{}`", pair.key),
        hint,
    )
}

fn at(place: Place, path: &str, what: impl Into<String>, hint: impl Into<String>) -> Mistake {
    Mistake {
        line: place.line,
        column: place.column,
        width: place.width,
        path: path.to_owned(),
        what: what.into(),
        hint: Some(hint.into()),
    }
}

#[cfg(test)]
mod tests;
