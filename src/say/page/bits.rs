//! The small things pages are made of: marks, times, sizes, meters.

use std::time::Duration;

use maud::{Markup, html};

use crate::model::glance::Sign;
use crate::model::revision::RevisionId;
use crate::model::stamp;
use crate::say::words;

/// Seconds after which what a node said is no longer taken for how it is.
pub(super) const STALE: u64 = 30;

/// A sign's word, which is also its class.
pub(super) fn word(sign: Sign) -> &'static str {
    match sign {
        Sign::Failing => "failing",
        Sign::Unknown => "unknown",
        Sign::Changing => "changing",
        Sign::Good => "good",
    }
}

/// Shape and colour of a sign; whoever does not see it reads the word beside it, or hears it.
pub(super) fn mark(sign: Sign) -> Markup {
    html! { i .m .(word(sign)) {} }
}

/// The same where nothing beside it says the word.
pub(super) fn lone_mark(sign: Sign) -> Markup {
    html! { i .m .(word(sign)) role="img" aria-label=(word(sign)) {} }
}

/// What somebody else wrote, without what could move a cursor or turn the direction of writing.
pub(super) fn said(text: &str) -> String {
    let turned = |it: char| matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    words::plain(text)
        .chars()
        .map(|it| if turned(it) { '\u{fffd}' } else { it })
        .collect()
}

/// `2026-11-21 08:45:00Z` of seconds since 1970.
pub(super) fn absolute(at: u64) -> String {
    let stamp = stamp::format(at.saturating_mul(1_000_000_000));
    format!("{}Z", stamp.get(..19).unwrap_or_default().replace('T', " "))
}

/// How long ago, with the time itself for who asks; the script keeps it going.
pub(super) fn ago(at: u64, now: u64) -> Markup {
    let text = words::age(Duration::from_secs(now.saturating_sub(at)));
    let machine = absolute(at).replace(' ', "T");
    html! { time datetime=(machine) title=(absolute(at)) data-t=(at) { (text) } }
}

/// Seconds as they are said.
pub(super) fn lasting(seconds: u64) -> String {
    words::age(Duration::from_secs(seconds))
}

/// `3-0123456` of a whole revision.
pub(super) fn short(revision: &str) -> String {
    let parsed = revision.parse::<RevisionId>();
    parsed.map_or_else(|_| said(revision), |it| it.short())
}

/// How full something is: a share of 100, drawn without any style of its own.
pub(super) fn meter(percent: f64, warns_at: f64, label: &str) -> Markup {
    let full = percent.clamp(0.0, 100.0);
    let class = if percent >= warns_at {
        "bar hot"
    } else {
        "bar"
    };
    html! {
        svg class=(class) viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect .track width="100" height="6" {}
            rect .fill width=(format!("{full:.1}")) height="6" {}
        }
    }
}

/// A line to be typed, with a button that copies it.
pub(super) fn command(line: &str) -> Markup {
    html! { span .cmd { code { (said(line)) } button type="button" .copy data-copy=(said(line)) hidden { "copy" } } }
}

/// `1 node`, `3 nodes`.
pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

/// Sentences that have to be said though nobody asked.
pub(super) fn notices(all: &[String]) -> Markup {
    html! {
        @if !all.is_empty() {
            div .notices role="status" { @for notice in all { p { (said(notice)) } } }
        }
    }
}
