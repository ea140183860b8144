//! The text of /etc/wharf/alerts.yaml to what it means, with all of its mistakes at once.
//!
//! ```yaml
//! channels:
//!   ops: {mail: [ops@example.org]}                       # by the host's own sendmail
//!   chat: {webhook: {url_file: /etc/wharf/chat.url, shape: slack}}
//! to: [ops]            # of services that name nobody; without it, all
//! for: 60s             # how long something must be wrong before anybody is told
//! ```

use std::time::Duration;

use crate::decide::definition::fields::{Entry, Fields};
use crate::decide::definition::findings::{Findings, Place};
use crate::decide::definition::parse::parse;
use crate::decide::quote::quoted;
use crate::model::channel::{AlertSettings, Channel, Mail, Rules, Way};
use crate::model::mistake::Mistake;

use super::ways;

/// Letters of a channel's name; it stands in Message-IDs and file names.
const LONGEST_NAME: usize = 40;
/// Letters an hour that anybody could mean.
const MOST_HOURLY: u64 = 1_000;
/// Onsets that anybody could mean; more are not kept.
const MOST_ONSETS: u64 = 100;

pub(in crate::decide) const TOP: &[&str] = &[
    "channels",
    "to",
    "for",
    "remind",
    "batch",
    "flapping",
    "again",
    "hourly",
    "expire",
    "forget",
    "heartbeat",
    "daily",
    "cluster",
    "node",
];
pub(in crate::decide) const FLAPPING: &[&str] = &["times", "within", "stable"];

/// What the file means, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Present only when there are no mistakes.
    pub settings: Option<AlertSettings>,
    /// In the order of the file.
    pub mistakes: Vec<Mistake>,
}

/// Returns what this text means.
pub fn read(text: &str) -> Reading {
    let mut found = Findings::default();
    let settings = parse(text, &mut found).and_then(|root| {
        let place = Place {
            line: 1,
            column: 1,
            width: 1,
            ..Place::default()
        };
        let entry = Entry {
            path: String::new(),
            place,
            node: &root,
        };
        section(&entry, &mut found)
    });
    if settings.is_none() && found.is_clean() {
        let hint = "name at least one channel: `channels: {ops: {mail: [you@example.org]}}`";
        found.mistake_with(Place::default(), "", "the file is empty", hint);
    }
    let (mistakes, _) = found.done();
    Reading {
        settings: settings.filter(|_| mistakes.is_empty()),
        mistakes,
    }
}

/// Keys of other files mean nothing here.
fn no_reason(_: &str) -> Option<&'static str> {
    None
}

/// Returns what a map with the file's keys means, wherever it stands.
pub(in crate::decide) fn section(entry: &Entry<'_>, found: &mut Findings) -> Option<AlertSettings> {
    let fields = entry.fields_or(TOP, no_reason, found)?;
    let channels = fields.need("channels", found, channels).unwrap_or_default();
    Some(AlertSettings {
        cluster: fields.read("cluster", found, Entry::word),
        node: fields.read("node", found, Entry::word),
        rules: rules(&fields, &channels, found),
        post: post(&channels),
        channels,
    })
}

/// As the first channel that is mail, to nobody yet.
fn post(channels: &[Channel]) -> Mail {
    let mails = channels.iter().filter_map(|it| match &it.way {
        Way::Mail(mail) => Some(mail.clone()),
        Way::Webhook(_) | Way::Exec(_) => None,
    });
    Mail {
        to: Vec::new(),
        ..mails.take(1).next().unwrap_or_default()
    }
}

fn channels(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<Channel>> {
    let all = entry.open(found)?.all();
    if all.is_empty() {
        entry.mistake_with(
            "no channel is named",
            "add `ops: {mail: [you@example.org]}`",
            found,
        );
    }
    let mut channels = Vec::new();
    for (name, entry) in all {
        let letter = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        if !name.chars().all(letter) || name.len() > LONGEST_NAME {
            let what = format!("{} is no name of a channel", quoted(name));
            let hint = "letters, digits, `-` and `_`, at most 40";
            found.mistake_with(entry.place, &entry.path, what, hint);
        }
        let name = name.to_owned();
        channels.extend(ways::read(&entry, found).map(|way| Channel { name, way }));
    }
    Some(channels)
}

fn rules(fields: &Fields<'_>, channels: &[Channel], found: &mut Findings) -> Rules {
    let usual = Rules::default();
    let mut time = |key, usual| fields.read(key, found, Entry::duration).unwrap_or(usual);
    let mut rules = Rules {
        wait: time("for", usual.wait),
        batch: time("batch", usual.batch),
        again: time("again", usual.again),
        expire: time("expire", usual.expire),
        forget: time("forget", usual.forget),
        heartbeat: off(fields, "heartbeat", usual.heartbeat, found),
        daily: off(fields, "daily", usual.daily, found),
        remind: fields
            .read("remind", found, times)
            .unwrap_or(usual.remind.clone()),
        ..usual
    };
    if let Some(hourly) = fields.read("hourly", found, |it, found| {
        it.whole(1..=MOST_HOURLY, found)
    }) {
        rules.hourly = usize::try_from(hourly).unwrap_or(rules.hourly);
    }
    if let Some(entry) = fields.get("flapping") {
        flapping(&entry, &mut rules, found);
    }
    if let Some(entry) = fields.get("to") {
        rules.to = recipients(&entry, found).unwrap_or_default();
        for name in &rules.to {
            if !channels.iter().any(|it| it.name == *name) && found.is_clean() {
                let names: Vec<_> = channels.iter().map(|it| it.name.as_str()).collect();
                let what = format!("there is no channel {}", quoted(name));
                entry.mistake_with(what, format!("there are: {}", names.join(", ")), found);
            }
        }
    }
    rules
}

/// A duration, or `off`.
fn off(fields: &Fields<'_>, key: &str, usual: Duration, found: &mut Findings) -> Duration {
    let read = |it: &Entry<'_>, found: &mut Findings| match it.scalar() {
        Some("off" | "no" | "never" | "false") => Some(Duration::ZERO),
        _ => it.duration(found),
    };
    fields.read(key, found, read).unwrap_or(usual)
}

fn flapping(entry: &Entry<'_>, rules: &mut Rules, found: &mut Findings) {
    let Some(fields) = entry.fields_or(FLAPPING, no_reason, found) else {
        return;
    };
    let times = fields.read("times", found, |it, found| it.whole(2..=MOST_ONSETS, found));
    rules.flapping = times
        .and_then(|it| usize::try_from(it).ok())
        .unwrap_or(rules.flapping);
    rules.within = fields
        .read("within", found, Entry::time)
        .unwrap_or(rules.within);
    rules.stable = fields
        .read("stable", found, Entry::time)
        .unwrap_or(rules.stable);
}

/// A list of durations, each longer than the one before; an empty one means none.
pub(in crate::decide) fn times(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<Duration>> {
    let mut times: Vec<Duration> = Vec::new();
    for item in entry.items(found) {
        let time = item.time(found)?;
        if times.last().is_some_and(|before| *before >= time) {
            item.mistake_with(
                "it is no longer than the one before",
                "write them in the order in which they come: `[1h, 4h, 24h]`",
                found,
            );
        }
        times.push(time);
    }
    Some(times)
}

/// The name of a channel, or a list of them.
pub(in crate::decide) fn recipients(
    entry: &Entry<'_>,
    found: &mut Findings,
) -> Option<Vec<String>> {
    entry.one_or_more(found)
}
