//! What is around every page: head, navigation, the sum.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{assets, bits, way};
use crate::model::glance::Sign;
use crate::model::web::frame::Frame;
use crate::model::web::sum::Sum;

/// What a page needs beside its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Wants<'a> {
    /// Scripts and styles only this kind of page loads.
    pub(super) scripts: &'a [&'a str],
    pub(super) styles: &'a [&'a str],
    /// What of the cluster it is about: `*`, `service/web`, `node/n1`; empty: it does not change by itself.
    pub(super) live: &'a str,
}

/// Seconds after which a page is loaded again where no script does better.
const REFRESH: u32 = 15;

/// Returns the whole document.
pub(super) fn page(frame: &Frame, title: &str, wants: Wants<'_>, main: &Markup) -> String {
    let title = &bits::said(title);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="csrf" content=(frame.csrf);
                title { (full_title(frame, title)) }
                link #icon rel="icon" type="image/svg+xml" href=(icon(frame.sum.worst())) data-icons=(icons());
                link rel="stylesheet" href=(assets::address("page.css"));
                @for style in wants.styles { link rel="stylesheet" href=(assets::address(style)); }
                @if !wants.live.is_empty() && frame.viewer.is_some() {
                    noscript { meta http-equiv="refresh" content=(REFRESH); }
                }
                script type="module" src=(assets::address("page.js")) {}
                @for script in wants.scripts { script type="module" src=(assets::address(script)) {} }
            }
            body data-live=(wants.live) data-moment=[(!wants.live.is_empty()).then_some(frame.moment)] data-title=(title) data-now=(frame.now) {
                a .skip href="#main" { "Skip to content" }
                (header(frame))
                main #main tabindex="-1" { (main) }
                @if frame.viewer.is_some() { (keys()) }
            }
        }
    }
    .into_string()
}

fn full_title(frame: &Frame, title: &str) -> String {
    let name = if frame.cluster.is_empty() {
        "wharf"
    } else {
        &frame.cluster
    };
    format!("{}{title} · {}", sum_words(&frame.sum), bits::said(name))
}

/// What a tab shows first when something is wrong: `2 failing, 1 unknown: `.
fn sum_words(sum: &Sum) -> String {
    let parts = [
        (sum.failing, "failing"),
        (sum.away, "away"),
        (sum.unknown, "unknown"),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|it| it.0 > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("{}: ", parts.join(", ")),
    }
}

/// Returns the sum as tabs show it: the words before the page's own title, and the icon.
pub(super) fn tab(frame: &Frame) -> (String, &'static str) {
    (sum_words(&frame.sum), bits::word(frame.sum.worst()))
}

fn icon(sign: Sign) -> String {
    assets::address(&format!("{}.svg", bits::word(sign)))
}

/// Sign and address of each, for the script.
fn icons() -> String {
    let all = [Sign::Failing, Sign::Unknown, Sign::Changing, Sign::Good];
    let pairs = all.map(|it| format!("{}={}", bits::word(it), icon(it)));
    pairs.join(" ")
}

fn header(frame: &Frame) -> Markup {
    html! {
        header .top {
            a .brand href="/" { (PreEscaped(LOGO)) span { "wharf" } }
            @if let Some(viewer) = &frame.viewer {
                span .cluster title="the cluster’s file" { (bits::said(&frame.cluster)) }
                (navigation(frame))
                div .right {
                    (sum(frame))
                    button #help-button type="button" .quiet hidden aria-label="keys" title="keys: ?" { "?" }
                    form .who method="post" action="/logout" {
                        input type="hidden" name="csrf" value=(frame.csrf);
                        span title=(viewer.role.name()) { (bits::said(&viewer.name)) }
                        button .quiet { "Log out" }
                    }
                }
            }
        }
    }
}

fn navigation(frame: &Frame) -> Markup {
    let mut pages = vec![
        ("/", "Overview"),
        ("/logs", "Logs"),
        ("/diagram", "Diagram"),
        ("/runs", "Deploys"),
    ];
    if frame.may_type() {
        pages.push(("/terminal", "Terminal"));
    }
    if frame.may_edit() {
        pages.push(("/config", "Config"));
    }
    let here = frame.path.split('?').next().unwrap_or_default();
    let is_here = |page: &str| match page {
        "/" => here == "/" || here.starts_with("/service/") || here.starts_with("/node/"),
        "/runs" => {
            here.starts_with("/runs") || here.starts_with("/plan") || here.starts_with("/act")
        }
        page => here.starts_with(page),
    };
    html! {
        nav aria-label="Pages" {
            @for (page, name) in pages {
                a href=(page) aria-current=[is_here(page).then_some("page")] { (name) }
            }
        }
    }
}

/// The sum of everything, each part a way to what it counts.
pub(super) fn sum(frame: &Frame) -> Markup {
    let parts = [
        (frame.sum.failing, Sign::Failing),
        (frame.sum.unknown, Sign::Unknown),
        (frame.sum.changing, Sign::Changing),
        (frame.sum.good, Sign::Good),
    ];
    html! {
        div #sum .sum {
            @for (count, sign) in parts.into_iter().filter(|it| it.0 > 0) {
                @let word = bits::word(sign);
                a href=(way::with("/", &[("show", word)])) title=(format!("{count} {word}")) {
                    (bits::mark(sign)) b { (count) } span .word { (word) }
                }
            }
        }
    }
}

/// What the keyboard does, shown by `?`.
fn keys() -> Markup {
    let rows = [
        ("j k", "next, previous"),
        ("Enter", "open"),
        ("/", "filter"),
        ("Esc", "leave the filter, close"),
        ("g o", "overview"),
        ("g l", "logs"),
        ("g d", "diagram"),
        ("g r", "deploys"),
        ("g t", "terminal"),
        ("f", "follow the log"),
        ("?", "this list"),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            dl .keys { @for (key, what) in rows { dt { @for part in key.split(' ') { kbd { (part) } } } dd { (what) } } }
            form method="dialog" { button { "Close" } }
        }
    }
}

/// A bollard with a rope, in one stroke.
const LOGO: &str = "<svg class=\"logo\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M7 20V9a5 5 0 0 1 10 0v11M4 20h16M5 12.5h14\"/></svg>";
