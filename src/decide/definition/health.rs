//! `health_check`: the one question that gates the start.

use std::time::Duration;

use crate::decide::quote::quoted;
use crate::model::check::{Check, OnFailure, Probe};

use super::{
    ask,
    fields::{Entry, Fields},
    findings::Findings,
    keys, order,
    rhythm::{self, Usual},
    tree::Value,
    values::truth,
};

const KINDS: [&str; 4] = ["tcp", "http", "exec", "notify"];

const USUAL: Usual = Usual {
    interval: Duration::from_secs(10),
    timeout: Duration::from_secs(3),
    rise: 1,
    fall: 3,
    on_failure: OnFailure::Unready,
};
/// One word says nothing of how sure to be; one good answer may be luck.
const WORD_RISE: u32 = 2;

#[derive(Clone, Copy)]
enum Kind {
    Tcp,
    Http,
    Exec,
    Notify,
}

/// Returns the check; `port` is the service's own.
pub(super) fn read(entry: &Entry<'_>, port: Option<u16>, found: &mut Findings) -> Option<Check> {
    match entry.node.value {
        Value::Scalar(_) => word(entry, port, found),
        Value::Empty | Value::List(_) | Value::Map(_) => mapped(entry, port, found),
    }
}

fn word(entry: &Entry<'_>, port: Option<u16>, found: &mut Findings) -> Option<Check> {
    let words = [
        ("tcp", Kind::Tcp),
        ("http", Kind::Http),
        ("notify", Kind::Notify),
    ];
    let kind = entry.choice(&words, found)?;
    let nothing = Fields::nothing(entry);
    let probe = match kind {
        Kind::Tcp => Probe::Tcp {
            host: None,
            port: port.or_else(|| no_port(entry, found))?,
        },
        Kind::Http => Probe::Http(Box::new(ask::read(&nothing, "/".into(), port, found))),
        Kind::Notify | Kind::Exec => Probe::Notify,
    };
    let usual = Usual {
        rise: match kind {
            Kind::Tcp | Kind::Http => WORD_RISE,
            Kind::Notify | Kind::Exec => 1,
        },
        ..USUAL
    };
    Some(rhythm::check(
        "health".into(),
        probe,
        &nothing,
        "interval",
        &usual,
        found,
    ))
}

fn mapped(entry: &Entry<'_>, port: Option<u16>, found: &mut Findings) -> Option<Check> {
    let known = [keys::HEALTH, keys::RHYTHM, keys::ASK].concat();
    let fields = entry.fields(&known, found)?;
    let kind = kind(&fields, found);
    let probe = match kind {
        Kind::Tcp => tcp(&fields, port, found),
        Kind::Http => http(&fields, port, found),
        Kind::Exec => exec(&fields, found),
        Kind::Notify => notify(&fields, found),
    };
    let foreign = foreign(&fields, kind, found);
    let probe = probe.unwrap_or(Probe::Notify);
    let check = rhythm::check("health".into(), probe, &fields, "interval", &USUAL, found);
    (!foreign).then_some(check)
}

/// What is asked: the kind that is named, else what the other keys are about.
fn kind(fields: &Fields<'_>, found: &mut Findings) -> Kind {
    let named: Vec<&str> = KINDS.into_iter().filter(|it| fields.has(it)).collect();
    if named.len() > 1 {
        let what = format!(
            "a health check asks one question, not {}",
            named.join(" and ")
        );
        let hint = "keep one; further questions go to `monitor`";
        found.mistake_with(fields.place, &fields.path, what, hint);
    }
    match named.first() {
        Some(&"tcp") => Kind::Tcp,
        Some(&"exec") => Kind::Exec,
        Some(&"notify") => Kind::Notify,
        None if fields.has("command") => Kind::Exec,
        Some(_) | None => Kind::Http,
    }
}

/// Reports keys of a request in a check that makes none, and a command where none runs.
fn foreign(fields: &Fields<'_>, kind: Kind, found: &mut Findings) -> bool {
    let fits = |key: &str| match kind {
        Kind::Http => key != "command",
        Kind::Tcp => ["port", "host"].contains(&key),
        Kind::Exec => key == "command",
        Kind::Notify => false,
    };
    let keys = keys::ASK.iter().chain(&["command"]);
    let strange: Vec<_> = keys
        .filter(|it| !fits(it))
        .filter_map(|it| fields.get(it).map(|entry| (it, entry)))
        .collect();
    for (key, entry) in &strange {
        let noun = match kind {
            Kind::Tcp => "a tcp check, which only connects",
            Kind::Http => "an http check",
            Kind::Exec => "a check that runs a command",
            Kind::Notify => "a check by notification, which waits for the program's own word",
        };
        found.mistake(
            entry.place,
            &entry.path,
            format!("`{key}` means nothing in {noun}"),
        );
    }
    !strange.is_empty()
}

fn tcp(fields: &Fields<'_>, port: Option<u16>, found: &mut Findings) -> Option<Probe> {
    let inner = inner(fields, "tcp", &["port", "host"], found);
    let source = inner.as_ref().unwrap_or(fields);
    let typed = fields
        .get("tcp")
        .filter(|it| it.scalar().is_some_and(|it| truth(it).is_none()));
    let port = match typed {
        Some(entry) => entry.port(found),
        None => match source.get("port") {
            Some(entry) => entry.port(found),
            None => port.or_else(|| no_port(&fields.as_entry("tcp")?, found)),
        },
    };
    Some(Probe::Tcp {
        host: source.read("host", found, ask::host),
        port: port?,
    })
}

fn http(fields: &Fields<'_>, port: Option<u16>, found: &mut Findings) -> Option<Probe> {
    let inner = inner(fields, "http", keys::ASK, found);
    let source = inner.as_ref().unwrap_or(fields);
    let typed = fields
        .get("http")
        .filter(|it| it.scalar().is_some_and(|it| truth(it).is_none()));
    let path = match (typed, source.get("path")) {
        (Some(short), Some(long)) => {
            long.mistake_with("the path is given twice", "keep one of the two", found);
            ask::path(&short, found)
        }
        (Some(entry), None) | (None, Some(entry)) => ask::path(&entry, found),
        (None, None) => Some("/".to_owned()),
    };
    let ask = ask::read(source, path.unwrap_or_default(), port, found);
    Some(Probe::Http(Box::new(ask)))
}

/// `http: {path: /}`: the request's keys may stand one level deeper.
fn inner<'a>(
    fields: &Fields<'a>,
    key: &str,
    known: &[&str],
    found: &mut Findings,
) -> Option<Fields<'a>> {
    let entry = fields.get(key)?;
    match entry.node.value {
        Value::Map(_) => entry.fields(known, found),
        Value::List(_) => {
            entry.wrong("true, a value or a map", found);
            None
        }
        Value::Empty | Value::Scalar(_) => None,
    }
}

fn exec(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    let short = fields
        .get("exec")
        .filter(|it| it.scalar().and_then(truth) != Some(true));
    let argv = match (short, fields.get("command")) {
        (Some(_), Some(long)) => {
            long.mistake_with(
                "the command is given twice",
                "keep `exec: [program, argument]`",
                found,
            );
            None
        }
        (Some(entry), None) | (None, Some(entry)) => entry.command(found),
        (None, None) => {
            fields.missing("command", found);
            None
        }
    };
    argv.map(|it| Probe::Exec(order::plain(it)))
}

fn notify(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    if let Some(entry) = fields.get("notify")
        && entry.truth(found) == Some(false)
    {
        entry.mistake_with("`notify: false` asks nothing", "leave the key out", found);
    }
    Some(Probe::Notify)
}

fn no_port(entry: &Entry<'_>, found: &mut Findings) -> Option<u16> {
    let what = format!("{} needs a port to connect to", quoted("tcp"));
    entry.mistake_with(
        what,
        "add `port: 8080`, the container's, to the service",
        found,
    );
    None
}
