//! What is open, what is on its way and what is silenced, for `wharf alert list`.

use serde_json::{Value, json};

use super::letter::{lasting, moment};
use super::table_rows;
use super::words::plain;
use crate::model::alert::{Book, Incident, Letter, Silence, Stage};

/// Returns the lists as text.
pub fn render(book: &Book, silences: &[Silence], now: u64) -> String {
    let mut text = match book
        .incidents
        .iter()
        .any(|it| it.bad || it.flapping.is_some())
    {
        true => table_rows(&incidents(book, now)),
        false => "nothing is wrong\n".to_owned(),
    };
    for it in &book.letters {
        text += &format!("spool: {}\n", letter(it, now));
    }
    for (name, it) in &book.postboxes {
        if let Some(since) = it.held {
            let since = lasting(now.saturating_sub(since));
            text += &format!("held back: {name} has had its letters of the hour, for {since}\n");
        }
    }
    for it in silences.iter().chain(&book.changing) {
        text += &format!("silence: {}\n", silence(it, now));
    }
    plain(&text)
}

fn incidents(book: &Book, now: u64) -> Vec<[String; 5]> {
    let head = ["WHAT", "STATE", "SINCE", "TOLD", "BECAUSE"].map(str::to_owned);
    let open = book
        .incidents
        .iter()
        .filter(|it| it.bad || it.flapping.is_some());
    let row = |it: &Incident| {
        [
            it.key.label(),
            state(it).to_owned(),
            lasting(now.saturating_sub(it.since)),
            told(it),
            it.report.what.lines().next().unwrap_or_default().to_owned(),
        ]
    };
    std::iter::once(head).chain(open.map(row)).collect()
}

fn state(it: &Incident) -> &'static str {
    match (it.flapping, it.opened) {
        (Some(_), _) => "flapping",
        (None, Some(_)) => "open",
        (None, None) => "waiting",
    }
}

fn told(it: &Incident) -> String {
    let told = it.told.iter().filter(|it| it.1.stage != Stage::Closed);
    let names: Vec<&str> = told.map(|it| it.0.as_str()).collect();
    match names.is_empty() {
        true => "-".to_owned(),
        false => names.join(","),
    }
}

fn letter(it: &Letter, now: u64) -> String {
    let age = lasting(now.saturating_sub(it.made));
    let items = it.items.len();
    match &it.why {
        None => format!(
            "a message to {} with {items} incidents, {age} old",
            it.channel
        ),
        Some(why) => format!(
            "a message to {} with {items} incidents, {age} old, tried {} times: {why}",
            it.channel, it.tries
        ),
    }
}

/// Returns the silence in one line.
pub fn silence(it: &Silence, now: u64) -> String {
    let node = it.node.as_ref().map(|it| format!("@{it}"));
    let left = lasting(it.until.saturating_sub(now));
    let until = moment(it.until);
    let what = it.service.as_deref().unwrap_or("everything");
    let mut text = format!(
        "{what}{} for {left}, until {until}",
        node.unwrap_or_default()
    );
    if !it.why.is_empty() {
        text += &format!(": {}", it.why);
    }
    format!("{text} ({})", it.who)
}

/// Returns the lists for programs.
pub fn json(book: &Book, silences: &[Silence]) -> Value {
    let all: Vec<&Silence> = silences.iter().chain(&book.changing).collect();
    json!({
        "incidents": book.incidents,
        "spool": book.letters,
        "channels": book.postboxes,
        "silences": all,
    })
}
