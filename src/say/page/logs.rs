//! The journals of all nodes as one: filters, the last lines, the same as a command.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, way};
use crate::model::stamp;
use crate::model::web::frame::Frame;
use crate::model::web::shown::{LogRow, LogWish, LogsPage};

const LEVELS: [(&str, &str); 5] = [
    ("", "every level"),
    ("err", "errors"),
    ("warning", "warnings and worse"),
    ("info", "no debug"),
    ("debug", "all, debug too"),
];
const STREAMS: [(&str, &str); 3] = [
    ("", "both streams"),
    ("stdout", "stdout"),
    ("stderr", "stderr"),
];

/// Returns the page.
pub fn logs(frame: &Frame, shown: &LogsPage) -> String {
    let wants = Wants {
        scripts: &["logs.js"],
        ..Wants::default()
    };
    let main = html! {
        div .logs-page {
            h1 .unseen { "Logs" }
            (filters(shown))
            (bits::notices(&shown.notices))
            (tools(shown))
            div #log .log tabindex="0" role="log" aria-label="Lines" aria-live="off"
                data-stream=(address("/api/v1/logs/stream", &shown.wish)) {
                ol #lines .lines { @for row in &shown.rows { (line(row)) } }
            }
            p #no-lines .empty hidden[!shown.rows.is_empty()] { "No line matches. The journal of a node has what a container wrote since it started; a wider time or another level may show more." }
        }
    };
    page(frame, "Logs", wants, &main)
}

fn filters(shown: &LogsPage) -> Markup {
    let wish = &shown.wish;
    let names = |all: &[String]| {
        all.iter()
            .map(|it| (it.clone(), bits::said(it)))
            .collect::<Vec<_>>()
    };
    let fixed = |all: &[(&str, &str)]| {
        all.iter()
            .map(|(value, name)| ((*value).to_owned(), (*name).to_owned()))
            .collect::<Vec<_>>()
    };
    let all = |name: &str| vec![(String::new(), name.to_owned())];
    html! {
        form #log-form .log-form method="get" action="/logs" {
            (select("service", "Service", &wish.service, &[all("all services"), names(&shown.services)].concat()))
            (select("node", "Node", &wish.node, &[all("all nodes"), names(&shown.nodes)].concat()))
            (select("level", "Level", &wish.level, &fixed(&LEVELS)))
            (select("stream", "Stream", &wish.stream, &fixed(&STREAMS)))
            label { span .unseen { "Text" } input type="search" name="text" value=(wish.text) placeholder="text  /" maxlength="200" autocomplete="off" spellcheck="false" #filter; }
            label { span .unseen { "Since" } input name="since" value=(wish.since) placeholder="since: 1h, 09:30" size="12" maxlength="40"; }
            label { span .unseen { "Until" } input name="until" value=(wish.until) placeholder="until" size="8" maxlength="40"; }
            button { "Show" }
        }
    }
}

fn select(name: &str, title: &str, chosen: &str, options: &[(String, String)]) -> Markup {
    html! {
        label { span .unseen { (title) }
            select name=(name) { @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } } }
        }
    }
}

fn tools(shown: &LogsPage) -> Markup {
    html! {
        div .log-tools {
            button #follow type="button" hidden aria-pressed="false" { "Follow" }
            span #log-state .dim role="status" { (bits::counted(shown.rows.len(), "line")) }
            span .right {
                a .button .quiet href=(address("/logs", &shown.wish)) { "Permalink" }
                a .button .quiet href=(address("/api/v1/logs/download", &shown.wish)) download="" { "Download" }
                @if !shown.command.is_empty() { (bits::command(&shown.command)) }
            }
        }
    }
}

fn address(page: &str, wish: &LogWish) -> String {
    way::with(
        page,
        &[
            ("service", &wish.service),
            ("node", &wish.node),
            ("level", &wish.level),
            ("stream", &wish.stream),
            ("text", &wish.text),
            ("since", &wish.since),
            ("until", &wish.until),
        ],
    )
}

/// A line, as the script makes it too.
fn line(row: &LogRow) -> Markup {
    let stamp = stamp::format(row.t.saturating_mul(1000));
    let time = stamp.get(11..23).unwrap_or_default();
    html! {
        li .(level(row.priority)) .err[row.stream == "stderr"] data-t=(row.t) data-node=(row.node) data-unit=(row.unit)
            data-rev=(row.revision) data-p=(row.priority) data-s=(row.stream) data-cursor=(row.cursor) {
            time title=(stamp) { (time) }
            span .from title=(bits::said(&format!("{} {}", row.unit, row.revision))) { (bits::said(&row.node)) " " (bits::said(&short_unit(&row.unit))) }
            span .text { (bits::said(&row.text)) }
        }
    }
}

/// `runner@web.service` is `web` to whoever reads a log of it.
fn short_unit(unit: &str) -> String {
    let name = unit.trim_end_matches(".service");
    match name.strip_prefix("runner@") {
        Some(name) => name.to_owned(),
        None => name
            .split_once('@')
            .map_or(name.to_owned(), |(service, instance)| {
                format!("{service}@{}", bits::short(instance))
            }),
    }
}

fn level(priority: u8) -> &'static str {
    match priority {
        0..=3 => "l-err",
        4 => "l-warn",
        5 | 6 => "l-info",
        7.. => "l-debug",
    }
}
