//! One turn of the book: incidents age, and the letters that are due are written.

use std::collections::BTreeMap;

use super::addresses::is_address;
use super::standing::{News, Standing, due_reminders, news, standing, unknown};
use super::{covered, hear};
use crate::model::alert::{
    Book, Change, Incident, Item, Key, Letter, Occasion, Postbox, Silence, Stage, Told,
};
use crate::model::channel::Rules;

/// The window of the ceiling of letters, in seconds; as long as what is above it is held back.
const HOUR: u64 = 3600;
/// More nodes than this with news at the same time are one letter: it is the network, or all of them.
const MOST_NODES: usize = 3;
/// How exactly the end of a silence is noted, in seconds: the book is not written for each of them.
const COVER_STEP: u64 = 10;
/// Threads one letter names, at most.
const MOST_THREADS: usize = 20;

/// What the journal is told of a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    Opened { key: Key, what: String },
    Closed { key: Key, after: u64 },
}

/// Takes the turn of this second. `channels` are the names of those that are configured; after a letter
/// was delivered the next turn may write another one at once.
pub fn turn(
    book: &mut Book,
    channels: &[String],
    rules: &Rules,
    silences: &[Silence],
    now: u64,
) -> Vec<Happening> {
    keep_channels(book, channels, now);
    let mut happened = age(book, rules, silences, now);
    for channel in channels {
        write(book, channel, channels, rules, silences, now);
    }
    happened.extend(forget_closed(book, channels, rules, now));
    happened
}

/// Whether something is under way, so that the next turn should come soon.
pub fn is_restless(book: &Book) -> bool {
    !book.incidents.is_empty() || !book.letters.is_empty() || !book.changing.is_empty()
}

fn keep_channels(book: &mut Book, channels: &[String], now: u64) {
    book.letters.retain(|it| channels.contains(&it.channel));
    book.postboxes.retain(|name, _| channels.contains(name));
    for it in &mut book.incidents {
        it.told.retain(|name, _| channels.contains(name));
    }
    for name in channels {
        let fresh = || Postbox {
            last: now,
            daily: now,
            ..Postbox::default()
        };
        book.postboxes.entry(name.clone()).or_insert_with(fresh);
    }
}

fn age(book: &mut Book, rules: &Rules, silences: &[Silence], now: u64) -> Vec<Happening> {
    book.changing.retain(|it| it.until > now);
    let keys: Vec<Key> = book.incidents.iter().map(|it| it.key.clone()).collect();
    let hidden: Vec<bool> = keys
        .iter()
        .map(|it| covered(book, silences, it, now))
        .collect();
    let mut happened = Vec::new();
    for (it, hidden) in book.incidents.iter_mut().zip(hidden) {
        if it.flapping.is_some() && now.saturating_sub(it.turned) >= rules.stable.as_secs() {
            it.flapping = None;
            it.onsets.clear();
        }
        if it.bad && now.saturating_sub(it.heard) >= rules.forget.as_secs() {
            (it.bad, it.forgotten, it.turned) = (false, true, now);
        }
        if it.bad && hidden && now.saturating_sub(it.covered) >= COVER_STEP {
            it.covered = now;
        }
        let shown = match standing(it, rules, now) {
            Standing::Open(_) | Standing::Flapping(_) => !hidden,
            Standing::Quiet | Standing::Over(_) => false,
        };
        if shown && it.opened.is_none() {
            it.opened = Some(now);
            let (key, what) = (it.key.clone(), it.report.what.clone());
            happened.push(Happening::Opened { key, what });
        }
    }
    happened
}

/// To whom an incident goes: to whom the definition says, else to whom the host says, else to all.
pub(super) fn recipients<'a>(
    it: &'a Incident,
    rules: &'a Rules,
    channels: &'a [String],
) -> impl Iterator<Item = &'a String> {
    let named = match &it.wish.to {
        Some(own) => Some(own),
        None => Some(&rules.to).filter(|it| !it.is_empty()),
    };
    let begun = |name: &String| {
        let told = it.told.get(name);
        told.is_some_and(|told| told.stage != Stage::Closed)
    };
    channels.iter().filter(move |name| {
        let meant = named.map_or(!is_address(name), |it| it.contains(name));
        meant || begun(name)
    })
}

/// What this channel is to be told, by the incident's place in the book.
fn gathered(
    book: &Book,
    channel: &String,
    channels: &[String],
    rules: &Rules,
    silences: &[Silence],
    now: u64,
) -> Vec<(usize, News)> {
    let mine = |it: &Incident| recipients(it, rules, channels).any(|name| name == channel);
    let all = book.incidents.iter().enumerate();
    all.filter(|(_, it)| mine(it))
        .filter_map(|(place, it)| {
            let hidden = covered(book, silences, &it.key, now);
            Some((place, news(it, channel, rules, hidden, now)?))
        })
        .collect()
}

/// Writes at most one letter: while one is on its way, or stuck, the next one gathers what is new.
fn write(
    book: &mut Book,
    channel: &String,
    channels: &[String],
    rules: &Rules,
    silences: &[Silence],
    now: u64,
) {
    if book.letters.iter().any(|it| it.channel == *channel) {
        return;
    }
    let found = gathered(book, channel, channels, rules, silences, now);
    let Some(postbox) = book.postboxes.get_mut(channel) else {
        return;
    };
    postbox.written.retain(|at| now.saturating_sub(*at) < HOUR);
    let Some((occasion, chosen)) = chosen(book, channel, found, rules, now) else {
        return;
    };
    let letter = composed(book, channel, occasion, &chosen, rules, now);
    book.letters.push(letter);
}

/// Decides what this turn's letter is about; None: there is none.
fn chosen(
    book: &mut Book,
    channel: &String,
    found: Vec<(usize, News)>,
    rules: &Rules,
    now: u64,
) -> Option<(Occasion, Vec<(usize, News)>)> {
    let nodes: Vec<&str> = book
        .incidents
        .iter()
        .map(|it| it.key.node.as_str())
        .collect();
    let due = due_nodes(&found, &nodes, rules, now);
    let of_due: Vec<(usize, News)> = match due.len() > MOST_NODES {
        true => found.clone(),
        false => {
            let first = due.first().map(String::as_str);
            let mine = |it: &&(usize, News)| Some(nodes[it.0]) == first;
            found.iter().filter(mine).copied().collect()
        }
    };
    let postbox = book.postboxes.get_mut(channel)?;
    if let Some(since) = postbox.held {
        if now < since + HOUR {
            return None;
        }
        postbox.held = None;
        return (!found.is_empty()).then_some((Occasion::HeldBack, found));
    }
    if !due.is_empty() {
        if postbox.written.len() >= rules.hourly {
            postbox.held = Some(now);
            return None;
        }
        return Some((Occasion::News, of_due));
    }
    let passed = |last: u64, every: std::time::Duration| {
        !every.is_zero() && now.saturating_sub(last) >= every.as_secs()
    };
    let missed: Vec<_> = found
        .into_iter()
        .filter(|it| it.1.since.is_none())
        .collect();
    if passed(postbox.daily, rules.daily) {
        postbox.daily = now;
        let worth = !missed.is_empty()
            || !postbox.blips.is_empty()
            || !postbox.owed.is_empty()
            || postbox.beyond > 0;
        if worth {
            return Some((Occasion::Daily, missed));
        }
    }
    // An address is there for one service's sake; that telling works is told to the host's own channels.
    let beats = !is_address(channel) && passed(postbox.last, rules.heartbeat);
    beats.then_some((Occasion::Heartbeat, missed))
}

/// The nodes of which a window of gathering has passed.
fn due_nodes(found: &[(usize, News)], nodes: &[&str], rules: &Rules, now: u64) -> Vec<String> {
    let passed = |it: &News| {
        it.since
            .is_some_and(|since| now >= since + rules.batch.as_secs())
    };
    let mut due: Vec<String> = Vec::new();
    for (place, it) in found {
        let node = nodes[*place];
        if passed(it) && !due.iter().any(|it| it == node) {
            due.push(node.to_owned());
        }
    }
    due
}

fn composed(
    book: &mut Book,
    channel: &String,
    occasion: Occasion,
    chosen: &[(usize, News)],
    rules: &Rules,
    now: u64,
) -> Letter {
    let about = match chosen.first() {
        Some((place, _)) => book.incidents[*place].id.clone(),
        None => "wharf".to_owned(),
    };
    let id = format!("{now}.{channel}.{about}");
    let postbox = book.postboxes.entry(channel.clone()).or_default();
    let mut items = std::mem::take(&mut postbox.owed);
    let mut threads = Vec::new();
    for (place, it) in chosen {
        let incident = &mut book.incidents[*place];
        items.push(item(incident, it.change));
        let thread = mark(incident, channel, it.change, &id, rules, now);
        if thread != id && !threads.contains(&thread) && threads.len() < MOST_THREADS {
            threads.push(thread);
        }
    }
    if occasion == Occasion::Heartbeat {
        let open = book
            .incidents
            .iter()
            .filter(|it| it.opened.is_some() && it.bad);
        items.extend(open.map(|it| item(it, Change::Reminder)));
    }
    items.sort_by(|one, other| (one.change, &one.key).cmp(&(other.change, &other.key)));
    postbox.written.push(now);
    postbox.last = now;
    let blips = match occasion {
        Occasion::News | Occasion::Test => BTreeMap::new(),
        Occasion::HeldBack | Occasion::Daily | Occasion::Heartbeat => {
            std::mem::take(&mut postbox.blips)
        }
    };
    Letter {
        id,
        channel: channel.clone(),
        occasion,
        items,
        blips,
        beyond: std::mem::take(&mut postbox.beyond),
        expired: std::mem::take(&mut postbox.expired),
        threads,
        made: now,
        tries: 0,
        next: now,
        why: None,
    }
}

fn item(it: &Incident, change: Change) -> Item {
    Item {
        change,
        key: it.key.clone(),
        since: it.since,
        until: (!it.bad).then_some(it.turned),
        count: it.count,
        report: it.report.clone(),
    }
}

/// Notes what the channel is told, and returns the thread it belongs to.
fn mark(
    it: &mut Incident,
    channel: &str,
    change: Change,
    letter: &str,
    rules: &Rules,
    now: u64,
) -> String {
    let episode = it.opened.unwrap_or(now);
    let before = it.told.get(channel).cloned();
    let fresh = || Told {
        stage: Stage::Closed,
        opened: 0,
        episode,
        reminders: 0,
        thread: letter.to_owned(),
    };
    let mut told = before.unwrap_or_else(fresh);
    match change {
        Change::Opened => (told.stage, told.opened, told.reminders) = (Stage::Open, now, 0),
        Change::Flapping if told.stage == Stage::Open => told.stage = Stage::Flapping,
        Change::Flapping => (told.stage, told.opened, told.reminders) = (Stage::Flapping, now, 0),
        Change::Settled => told.stage = Stage::Open,
        Change::Reminder => {
            told.reminders = due_reminders(it, rules, told.opened, now).len();
        }
        Change::Closed | Change::Stopped | Change::Forgotten | Change::Missed => {
            told.stage = Stage::Closed;
        }
    }
    told.episode = episode;
    let thread = told.thread.clone();
    it.told.insert(channel.to_owned(), told);
    thread
}

/// Lets go of what is over and known to be so by everybody who is to know.
fn forget_closed(book: &mut Book, channels: &[String], rules: &Rules, now: u64) -> Vec<Happening> {
    let mut happened = Vec::new();
    let mut blips: Vec<(String, String, u32)> = Vec::new();
    for it in book
        .incidents
        .iter_mut()
        .filter(|it| !it.bad && it.flapping.is_none())
    {
        let waiting = recipients(it, rules, channels).any(|name| {
            let told = it.told.get(name);
            told.is_some_and(|told| told.stage != Stage::Closed) || unknown(it, name)
        });
        if !waiting && it.opened.take().is_some() {
            let (key, after) = (it.key.clone(), it.turned.saturating_sub(it.since));
            happened.push(Happening::Closed { key, after });
            // What comes next is another story, and counts from its beginning.
            it.count = 0;
        }
    }
    let settled = |it: &Incident| {
        !it.bad
            && it.flapping.is_none()
            && it.opened.is_none()
            && now.saturating_sub(it.turned) >= rules.stable.as_secs()
    };
    let blip = |it: &&Incident| settled(it) && it.count > 0 && !it.stopped;
    for it in book.incidents.iter().filter(blip) {
        for name in recipients(it, rules, channels) {
            blips.push((name.clone(), it.key.label(), it.count));
        }
    }
    for (name, label, count) in blips {
        let postbox = book.postboxes.entry(name).or_default();
        hear::count(&mut postbox.blips, label, count);
    }
    book.incidents.retain(|it| !settled(it));
    happened
}
