//! What was heard, noted: an incident begins, goes on, or turns for the better.

use std::collections::BTreeMap;

use super::{MOST_INCIDENTS, covered};
use crate::model::alert::{Book, Heard, Incident, Key, Silence, Trouble};
use crate::model::channel::{Rules, Wish};
use crate::model::rollout::Report;

/// The longest a deploy is waited for, in seconds: one that was cut off must not silence a service for ever.
const LONGEST_CHANGE: u64 = 900;
/// Times of onsets kept, however many count as flapping.
const MOST_ONSETS: usize = 100;

/// Notes what was heard at that time.
pub fn hear(book: &mut Book, heard: Heard, when: u64, rules: &Rules, silences: &[Silence]) {
    match heard {
        Heard::Bad {
            key, wish, report, ..
        } => worse(book, key, wish, *report, when, rules, silences),
        Heard::Good(key) => better(book, when, false, |it| it.key == key),
        Heard::Stopped {
            node,
            service,
            part,
        } => better(book, when, true, |it| {
            let own = it.key.node == node && it.key.service == service;
            own && match it.key.trouble {
                Trouble::Down => it.key.part == part,
                Trouble::Check => it.key.part.starts_with(&part),
                Trouble::Node
                | Trouble::Docker
                | Trouble::Rollout
                | Trouble::Store
                | Trouble::Balancer
                | Trouble::Definition
                | Trouble::Resource => false,
            }
        }),
        Heard::Left {
            node,
            service,
            revision,
        } => better(book, when, true, |it| {
            of_instance(it, &node, &service) && it.key.part.contains(&revision)
        }),
        Heard::Only {
            node,
            service,
            revision,
        } => better(book, when, true, |it| {
            of_instance(it, &node, &service) && !it.key.part.contains(&revision)
        }),
        Heard::Changing { node, service } => changing(book, node, service, when),
        Heard::Changed { node, service } => book
            .changing
            .retain(|it| it.node.as_ref() != Some(&node) || it.service.as_ref() != Some(&service)),
    }
}

/// Kinds of blips told apart; the rest is one sum.
const MOST_BLIPS: usize = 200;

/// Adds to what recovered by itself.
pub(super) fn count(blips: &mut BTreeMap<String, u32>, label: String, count: u32) {
    let known = blips.contains_key(&label) || blips.len() < MOST_BLIPS;
    let label = if known { label } else { "others".to_owned() };
    let sum = blips.entry(label).or_default();
    *sum = sum.saturating_add(count);
}

/// Whether a report from the journal would be news: the incident begins, or begins again, and is not
/// going to and fro.
pub fn wants_report(book: &Book, key: &Key) -> bool {
    let known = book.incidents.iter().find(|it| it.key == *key);
    known.is_none_or(|it| !it.bad && it.flapping.is_none())
}

fn of_instance(it: &Incident, node: &str, service: &str) -> bool {
    let own = it.key.node == node && it.key.service == service;
    own && matches!(it.key.trouble, Trouble::Down | Trouble::Check) && !it.key.part.is_empty()
}

fn worse(
    book: &mut Book,
    key: Key,
    wish: Wish,
    report: Report,
    when: u64,
    rules: &Rules,
    silences: &[Silence],
) {
    let covered = covered(book, silences, &key, when);
    let place = match book.incidents.iter().position(|it| it.key == key) {
        Some(place) => place,
        None => match begun(book, key, when) {
            Some(place) => place,
            None => return,
        },
    };
    let it = &mut book.incidents[place];
    it.wish = wish;
    it.heard = when;
    if it.bad {
        renewed(&mut it.report, report);
        return;
    }
    if it.opened.is_none() && it.flapping.is_none() {
        it.since = when;
    }
    it.report = report;
    it.bad = true;
    it.stopped = false;
    it.forgotten = false;
    it.turned = when;
    it.count += 1;
    if covered {
        it.covered = when;
        return;
    }
    it.onsets
        .retain(|at| when.saturating_sub(*at) < rules.within.as_secs());
    if it.onsets.len() < MOST_ONSETS {
        it.onsets.push(when);
    }
    if it.onsets.len() >= rules.flapping && it.flapping.is_none() {
        it.flapping = Some(when);
    }
}

/// The last word on what is wrong; what only an earlier one knew stays.
fn renewed(before: &mut Report, now: Report) {
    let answer = before.answer.take();
    let lines = std::mem::take(&mut before.last_lines);
    let exit = before.exit.take();
    *before = now;
    before.answer = before.answer.take().or(answer);
    before.exit = before.exit.take().or(exit);
    if before.last_lines.is_empty() {
        before.last_lines = lines;
    }
}

/// Returns where the new incident stands; None when there are too many.
fn begun(book: &mut Book, key: Key, when: u64) -> Option<usize> {
    if book.incidents.len() >= MOST_INCIDENTS {
        for it in book.postboxes.values_mut() {
            it.beyond += 1;
        }
        return None;
    }
    book.incidents.push(Incident {
        id: identity(&key, when),
        key,
        wish: Wish::default(),
        report: Report::default(),
        bad: false,
        stopped: false,
        forgotten: false,
        since: when,
        turned: when,
        heard: when,
        covered: 0,
        count: 0,
        onsets: Vec::new(),
        flapping: None,
        opened: None,
        told: BTreeMap::new(),
    });
    Some(book.incidents.len() - 1)
}

/// Letters, digits, dots and dashes: it stands in Message-IDs.
fn identity(key: &Key, when: u64) -> String {
    let text = format!(
        "{when}.{}.{}.{}.{}",
        key.trouble.name(),
        key.service,
        key.part,
        key.node
    );
    let safe = text.chars().map(|it| match it {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => it,
        _ => '.',
    });
    let text: String = safe.collect();
    let parts = text.split('.').filter(|it| !it.is_empty());
    parts.collect::<Vec<_>>().join(".")
}

fn better(book: &mut Book, when: u64, stopped: bool, which: impl Fn(&Incident) -> bool) {
    let mut relieved = Vec::new();
    for it in book.incidents.iter_mut().filter(|it| which(it)) {
        it.heard = when;
        if it.bad {
            it.bad = false;
            it.stopped = stopped;
            it.turned = when;
            relieved.push(it.key.clone());
        }
    }
    for key in relieved {
        uncover(book, &key, when);
    }
}

/// What a greater trouble explained gets its time to recover from now on.
fn uncover(book: &mut Book, greater: &Key, when: u64) {
    let greater = book.incidents.iter().find(|it| it.key == *greater).cloned();
    let Some(greater) = greater else { return };
    for it in book.incidents.iter_mut().filter(|it| it.bad) {
        if super::explains(&greater, &it.key) {
            it.covered = it.covered.max(when);
        }
    }
}

fn changing(book: &mut Book, node: String, service: String, when: u64) {
    book.changing.retain(|it| it.until > when);
    book.changing.push(Silence {
        node: Some(node),
        service: Some(service),
        from: when,
        until: when + LONGEST_CHANGE,
        why: "a deploy changes it".to_owned(),
        who: "wharf".to_owned(),
    });
}
