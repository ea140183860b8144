//! `store:` of wharf.yaml, and which store a host uses when it says nothing.

use std::path::PathBuf;

use super::{Reading, pairs, unknown};
use crate::decide::definition::{
    findings::Findings,
    tree::{Pair, Value},
};
use crate::model::global::Token;
use crate::model::mistake::Mistake;
use crate::model::store::{CouchPlace, StorePlace};

const KEYS: [&str; 5] = ["url", "user", "password", "password_file", "ca_file"];

/// Returns the store of a host from the text of its wharf.yaml and from `$COUCHDB_URL`, in this
/// order; files when neither names one.
///
/// # Errors
/// The mistakes in the text.
pub fn place(text: Option<&str>, couchdb_url: Option<&str>) -> Result<StorePlace, Vec<Mistake>> {
    let Reading { global, mistakes } = text.map(|it| super::read(it, "")).unwrap_or_default();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(match (global.store, couchdb_url) {
        (Some(place), _) => place,
        (None, Some(url)) => StorePlace::Couch(CouchPlace {
            url: url.to_owned(),
            ..CouchPlace::default()
        }),
        (None, None) => StorePlace::Files,
    })
}

/// `store: files`, `store: {couchdb: URL}` or `store: {couchdb: {url: …, user: …, password: …}}`.
pub(super) fn read(section: &Pair, found: &mut Findings) -> Option<StorePlace> {
    let hint = "write `store: files` or `store: {couchdb: http://HOST:5984/DATABASE}`";
    match text(section) {
        Some("files") => return Some(StorePlace::Files),
        Some(other) => {
            let what = format!("`{other}` is no store");
            found.mistake_with(section.node.place, "store", what, hint);
            return None;
        }
        None => {}
    }
    let mut place = None;
    let inner = pairs(&section.node, "store", found);
    for pair in inner {
        match pair.key.as_str() {
            "couchdb" => place = couch(pair, found),
            _ => unknown(pair, "store", &["couchdb"], found),
        }
    }
    if inner.is_empty() {
        found.mistake_with(section.place, "store", "`store` names none", hint);
    }
    place.map(StorePlace::Couch)
}

fn couch(section: &Pair, found: &mut Findings) -> Option<CouchPlace> {
    if text(section).is_some() {
        let url = url(section, "store.couchdb", found)?;
        return Some(CouchPlace {
            url,
            ..CouchPlace::default()
        });
    }
    let before = found.count();
    let (mut address, mut user, mut password, mut ca_file) = (None, None, None, None);
    for pair in pairs(&section.node, "store.couchdb", found) {
        let path = format!("store.couchdb.{}", pair.key);
        match pair.key.as_str() {
            "url" => address = url(pair, &path, found),
            "user" => user = word(pair, &path, found),
            "password" => password = word(pair, &path, found).map(Token::Text),
            "password_file" => password = file(pair, &path, found).map(Token::File),
            "ca_file" => ca_file = file(pair, &path, found),
            _ => unknown(pair, "store.couchdb", &KEYS, found),
        }
    }
    if found.count() > before {
        return None;
    }
    let Some(url) = address else {
        let hint = "add `url: http://HOST:5984/DATABASE`";
        found.mistake_with(
            section.place,
            "store.couchdb",
            "`couchdb` has no `url`",
            hint,
        );
        return None;
    };
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let what = "a login is `user` with `password` or `password_file`, and one of the two is missing";
            found.mistake_with(
                section.place,
                "store.couchdb",
                what,
                "add it, or leave both out",
            );
            return None;
        }
    };
    Some(CouchPlace {
        url,
        login,
        ca_file,
    })
}

fn url(pair: &Pair, path: &str, found: &mut Findings) -> Option<String> {
    let url = word(pair, path, found)?;
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|it| url.strip_prefix(it));
    let database = rest
        .and_then(|it| it.split_once('/'))
        .map(|(host, name)| (host, name.trim_matches('/')));
    match database {
        Some((host, name))
            if !host.is_empty() && !name.is_empty() && !url.contains([' ', '?', '#']) =>
        {
            Some(url)
        }
        Some(_) | None => {
            // Not repeated here: it may hold a password.
            let what = "this is not the address of a database";
            found.mistake_with(
                pair.node.place,
                path,
                what,
                "write `http://HOST:5984/DATABASE`",
            );
            None
        }
    }
}

fn text(pair: &Pair) -> Option<&str> {
    match &pair.node.value {
        Value::Scalar(text) => Some(text),
        Value::Empty | Value::List(_) | Value::Map(_) => None,
    }
}

fn word(pair: &Pair, path: &str, found: &mut Findings) -> Option<String> {
    match text(pair) {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        Some(_) | None => {
            let what = format!("`{}` wants a text", pair.key);
            found.mistake_with(
                pair.node.place,
                path,
                what,
                "write one, or leave the key out",
            );
            None
        }
    }
}

fn file(pair: &Pair, path: &str, found: &mut Findings) -> Option<PathBuf> {
    let text = word(pair, path, found)?;
    if !text.starts_with('/') {
        let what = format!("`{}` is not an absolute path", pair.key);
        let hint = "write it from the root, as in `/etc/wharf/couchdb.password`";
        found.mistake_with(pair.node.place, path, what, hint);
        return None;
    }
    Some(PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::global::read;

    fn store(text: &str) -> Option<StorePlace> {
        let reading = read(text, "n1");
        assert_eq!(reading.mistakes, Vec::new(), "{text}");
        reading.global.store
    }

    #[test]
    fn a_store_is_named_in_three_ways() {
        assert_eq!(store("x-a: 1\n"), None);
        assert_eq!(store("store: files\n"), Some(StorePlace::Files));
        let url = "https://u:p@db:6984/services".to_owned();
        let short = store(&format!("store: {{couchdb: '{url}'}}\n"));
        assert_eq!(
            short,
            Some(StorePlace::Couch(CouchPlace {
                url: url.clone(),
                ..CouchPlace::default()
            }))
        );
        let long = format!(
            "store:\n  couchdb:\n    url: {url}\n    user: me\n    password_file: /run/p\n    ca_file: /run/ca\n"
        );
        let login = Some(("me".to_owned(), Token::File("/run/p".into())));
        assert_eq!(
            store(&long),
            Some(StorePlace::Couch(CouchPlace {
                url,
                login,
                ca_file: Some("/run/ca".into())
            }))
        );
    }

    #[test]
    fn what_is_wrong_is_said_where_it_stands_without_the_password() {
        for (text, expected) in [
            ("store: sqlite\n", "1:8: `sqlite` is no store"),
            (
                "store: {couchdb: 'http://me:secret@db'}\n",
                "this is not the address of a database",
            ),
            (
                "store: {couchdb: {user: a, password: secret}}\n",
                "`couchdb` has no `url`",
            ),
            (
                "store: {couchdb: {url: 'http://d/s', user: a}}\n",
                "one of the two is missing",
            ),
            (
                "store: {couchdb: {url: 'http://d/s', user: a, password_file: p}}\n",
                "not an absolute path",
            ),
            (
                "store: {couchdb: {url: 'http://d/s', ca_file: ca.pem}}\n",
                "`ca_file` is not an absolute path",
            ),
            ("store: {mongodb: x}\n", "unknown key `mongodb`"),
        ] {
            let told: Vec<_> = read(text, "n1")
                .mistakes
                .iter()
                .map(ToString::to_string)
                .collect();
            assert!(
                told.iter().any(|it| it.contains(expected)),
                "{text}: {told:?}"
            );
            assert!(!told.concat().contains("secret"), "{told:?}");
        }
    }

    #[test]
    fn the_file_comes_before_the_variable() {
        let named = Some("http://d/s");
        assert_eq!(place(Some("store: files\n"), named), Ok(StorePlace::Files));
        let found = place(Some("x-a: 1\n"), named);
        assert!(matches!(found, Ok(StorePlace::Couch(it)) if it.url == "http://d/s"));
        assert_eq!(place(None, None), Ok(StorePlace::Files));
        assert_eq!(place(Some("store: x\n"), named).unwrap_err().len(), 1);
    }
}
