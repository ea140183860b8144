//! `ack`: somebody knows of a warning.

use std::path::Path;
use std::time::Duration;

use super::fleet;
use super::fleet_words::AckWish;
use crate::cluster::acks;
use crate::cluster::load::Loaded;
use crate::decide::amounts;
use crate::host::{clock, surroundings};
use crate::model::glance::{Ack, Kind};
use crate::say;

/// The cluster file by its whole path: what is known of one cluster is nothing to another.
pub(super) fn name(loaded: &Loaded) -> String {
    let file: &Path = &loaded.file;
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    whole.display().to_string()
}

/// Writes down, takes back or shows what is known.
pub(super) fn ack(typed: &AckWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        let next = "give it with -f FILE, or in WHARF_FILE";
        say::error("wharf ack needs a cluster file", Some(next));
        return super::USAGE;
    };
    let loaded = match fleet::opened(&wish, typed.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let now = clock::wall().as_secs();
    let Some(target) = &typed.target else {
        return shown(&loaded, now, typed.json);
    };
    let ack = match meant(&loaded, target, typed, now) {
        Ok(ack) => ack,
        Err((what, next)) => {
            say::error(&what, Some(&next));
            return super::USAGE;
        }
    };
    let done = match typed.remove {
        true => acks::take_back(&ack).map(|it| {
            if it {
                ""
            } else {
                "nothing of it was acknowledged"
            }
        }),
        false => acks::keep(ack, now).map(|()| ""),
    };
    match done {
        Ok("") => super::DONE,
        Ok(what) => {
            say::error(what, Some("wharf ack -f FILE shows what is"));
            super::REFUSED
        }
        Err(why) => {
            say::error(&why.to_string(), None);
            super::REFUSED
        }
    }
}

fn shown(loaded: &Loaded, now: u64, json: bool) -> u8 {
    match acks::of(&name(loaded), now) {
        Ok(all) if json => say::answer_line(&serde_json::to_string(&all).unwrap_or_default()),
        Ok(all) => say::answer(&say::fleet::acks(&all)),
        Err(why) => {
            say::error(&why.to_string(), None);
            return super::REFUSED;
        }
    }
    super::DONE
}

/// Names that the file does not have are slips.
fn meant(
    loaded: &Loaded,
    target: &str,
    typed: &AckWish,
    now: u64,
) -> Result<Ack, (String, String)> {
    let (service, node) = match target.rsplit_once('@') {
        Some((service, node)) => (Some(service), node),
        None => (None, target),
    };
    let nodes = service.map_or_else(|| Some(loaded.nodes()), |it| loaded.nodes_of(it));
    let nodes = nodes.ok_or_else(|| {
        (
            format!("the file has no such service: {target}"),
            "SERVICE@NODE or NODE".to_owned(),
        )
    })?;
    if !nodes.iter().any(|it| it.name == node) {
        let names: Vec<&str> = nodes.iter().map(|it| it.name.as_str()).collect();
        return Err((
            format!("{target}: no such node"),
            format!("one of {}", names.join(", ")),
        ));
    }
    let time = amounts::duration(&typed.time).filter(|it| *it >= Duration::from_secs(1));
    let time = time.ok_or_else(|| {
        (
            format!("--for {}: no time", typed.time),
            "45m, 2h, 7d".to_owned(),
        )
    })?;
    if typed.comment.is_empty() && !typed.remove {
        return Err((
            "why does nobody need to look?".to_owned(),
            "say it with -m".to_owned(),
        ));
    }
    Ok(Ack {
        file: name(loaded),
        node: node.to_owned(),
        service: service.map(str::to_owned),
        kind: Kind::ALL
            .into_iter()
            .find(|it| Some(it.name()) == typed.kind.as_deref()),
        comment: typed.comment.clone(),
        who: surroundings::who(),
        until: now + time.as_secs(),
    })
}
