//! `alert`: what is wrong, who was told, and whether telling works.

use std::io;
use std::path::PathBuf;

use serde_json::json;

use super::alert_watch;
use super::alert_words::{AlertWish, SilenceWish};
use super::{BAD_DEFINITION, DONE, INTERNAL, REFUSED, USAGE};
use crate::alert::ground::{Ground, Unusable};
use crate::alert::{Pump, follow, silences, trial};
use crate::decide::amounts;
use crate::host::{clock, surroundings};
use crate::model::alert::{Book, Silence};
use crate::model::channel::AlertSettings;
use crate::say;

/// The longest silence: one that was forgotten must end.
const LONGEST_SILENCE: u64 = 30 * 86_400;

pub(super) async fn alert(wish: AlertWish) -> u8 {
    let ground = Ground::here();
    match wish {
        AlertWish::List { json } => list(&ground, json),
        AlertWish::Test { channel, json } => test(&ground, channel.as_deref(), json).await,
        AlertWish::Silence(wish) => silence(&ground, &wish),
        AlertWish::Check { file, json } => check(ground, file, json),
        AlertWish::Watch(wish) => alert_watch::watch(ground, &wish).await,
        AlertWish::Pump { once } => pump(ground, once).await,
    }
}

async fn pump(ground: Ground, once: bool) -> u8 {
    let settings = match settings(&ground, false) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    ended(pumped(ground, settings, once).await)
}

/// Returns the exit code after saying why it ended.
pub(super) fn ended(how: io::Result<()>) -> u8 {
    match how {
        Ok(()) => DONE,
        Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
            let next = "systemctl status wharf-alert.service shows it";
            say::error(&why.to_string(), Some(next));
            REFUSED
        }
        Err(why) => {
            say::error(&why.to_string(), None);
            INTERNAL
        }
    }
}

async fn pumped(ground: Ground, settings: AlertSettings, once: bool) -> io::Result<()> {
    let _lease = ground.claim()?;
    let mut pump = Pump::open(ground, settings, say::letter::write)?;
    match once {
        true => follow::once(&mut pump).await,
        false => follow::run(&mut pump).await,
    }
}

fn list(ground: &Ground, json: bool) -> u8 {
    let now = clock::wall().as_secs();
    let silences = silences::all(ground, now);
    match both(ground) {
        Ok(book) if json => say::answer(&say::words::pretty(&say::alerts::json(&book, &silences))),
        Ok(book) => say::answer(&say::alerts::render(&book, &silences, now)),
        Err(why) => {
            say::error(&why.to_string(), None);
            return INTERNAL;
        }
    }
    DONE
}

/// This host's book, and the one about others where there is one.
fn both(ground: &Ground) -> io::Result<Book> {
    let (mut book, others) = (ground.book()?, ground.of_others().book()?);
    book.incidents.extend(others.incidents);
    book.letters.extend(others.letters);
    book.changing.extend(others.changing);
    for (name, it) in others.postboxes {
        book.postboxes
            .entry(format!("{name} (others)"))
            .or_insert(it);
    }
    Ok(book)
}

async fn test(ground: &Ground, channel: Option<&str>, json: bool) -> u8 {
    let settings = match settings(ground, json) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    let outcomes = trial::send(&settings, channel, say::letter::write).await;
    if outcomes.is_empty() {
        let names: Vec<_> = settings
            .channels
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        let next = format!("there are: {}", names.join(", "));
        let what = format!("there is no channel {}", channel.unwrap_or_default());
        say::error(&what, Some(&next));
        return USAGE;
    }
    if json {
        say::answer(&say::words::pretty(&json!(outcomes)));
    }
    for it in outcomes.iter().filter(|_| !json) {
        match &it.why {
            None => say::answer_line(&format!("{}: taken", it.channel)),
            Some(why) => say::answer_line(&format!(
                "{}: not taken: {}",
                it.channel,
                say::words::plain(why)
            )),
        }
    }
    match outcomes.iter().any(|it| it.why.is_some()) {
        true => REFUSED,
        false => DONE,
    }
}

fn silence(ground: &Ground, typed: &SilenceWish) -> u8 {
    let now = clock::wall().as_secs();
    let time = amounts::duration(&typed.time).map(|it| it.as_secs());
    let Some(time) = time.filter(|it| (1..=LONGEST_SILENCE).contains(it)) else {
        let what = format!("--for {}: no time from 1s to 30d", typed.time);
        say::error(&what, Some("write it like 30m, 2h or 1d"));
        return USAGE;
    };
    let silence = Silence {
        node: typed.node.clone(),
        service: typed.service.clone(),
        from: now,
        until: now + time,
        why: typed.why.clone(),
        who: surroundings::who(),
    };
    let done = match typed.end {
        true => silences::end(ground, &silence),
        false => silences::keep(ground, &silence).map(|()| true),
    };
    match done {
        Ok(true) if typed.end => say::answer_line("ended"),
        Ok(true) => say::answer_line(&say::words::plain(&say::alerts::silence(&silence, now))),
        Ok(false) => {
            say::error(
                "there is no such silence",
                Some("wharf alert list shows them"),
            );
            return REFUSED;
        }
        Err(why) => {
            say::error(&why.to_string(), None);
            return INTERNAL;
        }
    }
    DONE
}

fn check(mut ground: Ground, file: Option<PathBuf>, json: bool) -> u8 {
    if let Some(file) = file {
        ground.file = file;
    }
    match settings(&ground, json) {
        Ok(settings) => {
            let many = settings.channels.len();
            let names: Vec<_> = settings
                .channels
                .iter()
                .map(|it| it.name.as_str())
                .collect();
            match json {
                true => say::answer_line("[]"),
                false => say::answer_line(&format!(
                    "{}: {many} channel(s): {}",
                    ground.file.display(),
                    names.join(", ")
                )),
            }
            DONE
        }
        Err(code) => code,
    }
}

/// Returns the settings, or the exit code after their mistakes were told.
pub(super) fn settings(ground: &Ground, json: bool) -> Result<AlertSettings, u8> {
    ground.settings().map_err(|why| {
        tell(why, json);
        BAD_DEFINITION
    })
}

/// Says why there are no alerts.
pub(super) fn tell(why: Unusable, json: bool) {
    match why {
        Unusable::Missing(file) => {
            let next = "write one: `channels: {ops: {mail: [you@example.org]}}` is enough";
            say::error(&format!("there is no {}", file.display()), Some(next));
        }
        Unusable::Unreadable { file, why } => {
            say::error(&format!("{}: {why}", file.display()), None);
        }
        Unusable::Wrong { mistakes, .. } if json => {
            say::answer(&say::words::pretty(&say::mistakes::json(&mistakes)));
        }
        Unusable::Wrong {
            file,
            text,
            mistakes,
        } => {
            let file = file.display().to_string();
            say::talk(&say::mistakes::render(
                &file,
                &text,
                &mistakes,
                say::talk_colour(),
            ));
        }
    }
}
