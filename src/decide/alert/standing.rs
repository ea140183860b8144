//! How an incident stands, and what of that a channel does not know yet.

use std::time::Duration;

use crate::model::alert::{Change, Incident, Stage};
use crate::model::channel::Rules;

/// With the second since which it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Bad, not yet for long enough.
    Quiet,
    Open(u64),
    Flapping(u64),
    Over(u64),
}

/// Something a channel is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) change: Change,
    /// The letter's window begins here; None: it only goes along with another letter.
    pub(super) since: Option<u64>,
}

pub(super) fn standing(it: &Incident, rules: &Rules, now: u64) -> Standing {
    if let Some(at) = it.flapping {
        return Standing::Flapping(at);
    }
    if !it.bad {
        return Standing::Over(it.turned);
    }
    let at = it.turned.max(it.covered) + wait(it, rules);
    match now >= at {
        true => Standing::Open(at),
        false => Standing::Quiet,
    }
}

fn wait(it: &Incident, rules: &Rules) -> u64 {
    match it.key.trouble.at_once() {
        true => 0,
        false => it.wish.wait.unwrap_or(rules.wait.as_secs()),
    }
}

/// Returns what this channel is to be told; `covered` incidents begin and remind in nobody's ear, but
/// what was told as bad is always told as over.
pub(super) fn news(
    it: &Incident,
    channel: &str,
    rules: &Rules,
    covered: bool,
    now: u64,
) -> Option<News> {
    let told = it.told.get(channel);
    let stage = told.map_or(Stage::Closed, |told| told.stage);
    let after = told.map_or(0, |told| told.opened + rules.again.as_secs());
    let due = |change, at| {
        Some(News {
            change,
            since: Some(at),
        })
    };
    match (stage, standing(it, rules, now)) {
        (Stage::Open | Stage::Flapping, Standing::Over(at)) => due(over(it), at),
        (Stage::Closed, Standing::Over(_)) => unknown(it, channel).then_some(News {
            change: Change::Missed,
            // Whoever wants to hear at once wants to hear of what was quickly over as well.
            since: it.opened.filter(|_| it.wish.wait == Some(0)),
        }),
        _ if covered => None,
        (Stage::Closed, Standing::Open(at)) => due(Change::Opened, at.max(after)),
        (Stage::Closed, Standing::Flapping(at)) => due(Change::Flapping, at.max(after)),
        (Stage::Open, Standing::Flapping(at)) => due(Change::Flapping, at),
        (Stage::Flapping, Standing::Open(at)) => due(Change::Settled, at),
        (Stage::Open, Standing::Open(_)) => reminder(it, channel, rules, now),
        (Stage::Flapping, Standing::Flapping(_)) | (_, Standing::Quiet) => None,
    }
}

/// It was bad long enough to be told, and this channel heard nothing of it.
pub(super) fn unknown(it: &Incident, channel: &str) -> bool {
    let told = it.told.get(channel);
    it.opened
        .is_some_and(|opened| told.is_none_or(|told| told.episode != opened))
}

fn over(it: &Incident) -> Change {
    match (it.forgotten, it.stopped) {
        (true, _) => Change::Forgotten,
        (false, true) => Change::Stopped,
        (false, false) => Change::Closed,
    }
}

fn reminder(it: &Incident, channel: &str, rules: &Rules, now: u64) -> Option<News> {
    let told = it.told.get(channel)?;
    let due = due_reminders(it, rules, told.opened, now);
    let last = due.last().filter(|_| due.len() > told.reminders)?;
    Some(News {
        change: Change::Reminder,
        since: Some(*last),
    })
}

/// When the reminders were due of something told at `opened`, until now.
pub(super) fn due_reminders(it: &Incident, rules: &Rules, opened: u64, now: u64) -> Vec<u64> {
    let usual = || rules.remind.iter().map(Duration::as_secs).collect();
    let after = it.wish.remind.clone().unwrap_or_else(usual);
    let times = after.iter().map(|it| opened + it);
    times.filter(|it| *it <= now).collect()
}
