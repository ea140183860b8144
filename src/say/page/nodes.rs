//! Nodes at a glance: load, memory, disks, pressure, how long they are up, how old that is.

use maud::{Markup, html};

use super::{bits, way};
use crate::model::fleet::{Disk, Host};
use crate::model::glance::{Head, Sign};
use crate::model::web::frame::Frame;
use crate::model::web::shown::Live;
use crate::say::words;

/// Shares from which a meter is shown hot; the warnings have limits of their own.
const HOT: f64 = 90.0;

/// Returns the table of nodes, those that are away first.
pub(super) fn table(frame: &Frame, live: &Live) -> Markup {
    let mut heads: Vec<&Head> = live.glance.nodes.iter().collect();
    heads.sort_by_key(|it| sign(it, live.at.get(&it.node).copied()));
    html! {
        section .nodes aria-labelledby="nodes-title" {
            h2 #nodes-title { "Nodes" }
            div .scroll tabindex="0" role="region" aria-labelledby="nodes-title" {
                table .dense {
                    thead { tr {
                        th scope="col" { "Node" } th scope="col" { "Load" } th scope="col" { "Memory" }
                        th scope="col" { "Disks" }
                        th scope="col" title="share of the last minute in which something waited: processor, memory, disk" { "Waiting" }
                        th .num scope="col" { "Up" } th scope="col" { "wharf" } th .num scope="col" { "Heard" }
                    } }
                    tbody { @for head in heads { (row(frame, live, head)) } }
                }
            }
        }
    }
}

/// Returns a node's row; its id is `n-NAME`.
pub(super) fn row(frame: &Frame, live: &Live, head: &Head) -> Markup {
    let at = live.at.get(&head.node).copied();
    html! {
        tr id=(format!("n-{}", head.node)) .(state(frame, head, at)) data-node=(head.node) data-at=[at] data-name=(head.node) {
            th scope="row" { (bits::mark(sign(head, at))) a href=(way::node(&head.node)) { (bits::said(&head.node)) } }
            @match &head.host {
                Some(host) if head.unreached.is_none() => (told(head, host)),
                Some(_) | None => td colspan="6" .why { (away(head, at)) },
            }
            td .num .heard { (heard(frame, at)) }
        }
    }
}

/// `away` where it does not answer, whatever it said before; `stale` where it was heard of too long ago.
pub(super) fn state(frame: &Frame, head: &Head, at: Option<u64>) -> &'static str {
    let old = at.is_some_and(|it| frame.now.saturating_sub(it) > bits::STALE);
    match (sign(head, at), old) {
        (Sign::Failing, _) => "away",
        (_, true) => "stale",
        (_, false) => "fresh",
    }
}

pub(super) fn sign(head: &Head, at: Option<u64>) -> Sign {
    match (&head.host, &head.unreached, at) {
        (_, Some(_), _) | (None, None, Some(_)) => Sign::Failing,
        (Some(_), None, _) => Sign::Good,
        (None, None, None) => Sign::Unknown,
    }
}

pub(super) fn heard(frame: &Frame, at: Option<u64>) -> Markup {
    html! { @match at { Some(at) => (bits::ago(at, frame.now)), None => "–" } }
}

pub(super) fn away(head: &Head, at: Option<u64>) -> Markup {
    html! {
        @match (&head.unreached, at) {
            (Some(why), _) => { b { "away" } ": " (bits::said(&why.what)) },
            (None, Some(_)) => b { "away" },
            (None, None) => "not asked yet",
        }
        @if let Some(next) = &head.next { " · next: " (bits::command(next)) }
    }
}

fn told(head: &Head, host: &Host) -> Markup {
    html! {
        td { (load(host)) }
        td { (memory(host)) }
        td { (disks(host)) }
        td .pressure { (pressure(host)) }
        td .num { (bits::lasting(host.uptime.clamp(0.0, 1e12) as u64)) }
        td .mono { (head.wharf.as_deref().map_or("–".to_owned(), bits::said)) }
    }
}

pub(super) fn load(host: &Host) -> Markup {
    let percent = host.load[0] * 100.0 / f64::from(host.cpus.max(1));
    let label = format!(
        "load {:.2} on {}",
        host.load[0],
        bits::counted(host.cpus as usize, "processor")
    );
    html! { span .gauge title=(label) { (bits::meter(percent, HOT, &label)) span { (format!("{:.2}", host.load[0])) small { "/" (host.cpus) " load" } } } }
}

pub(super) fn memory(host: &Host) -> Markup {
    let used = host.memory_total.saturating_sub(host.memory_available);
    let percent = used as f64 * 100.0 / host.memory_total.max(1) as f64;
    let label = format!(
        "memory {} of {}",
        words::bytes(used),
        words::bytes(host.memory_total)
    );
    html! { span .gauge title=(label) { (bits::meter(percent, HOT, &label)) span { (words::bytes(used)) small { "/" (words::bytes(host.memory_total)) " mem" } } } }
}

pub(super) fn disks(host: &Host) -> Markup {
    html! { @for disk in &host.disks { (gauge(disk)) } }
}

fn gauge(disk: &Disk) -> Markup {
    let percent = full(disk);
    let label = format!(
        "{} {percent:.0}% full, {} free",
        bits::said(&disk.mount),
        words::bytes(disk.available)
    );
    html! { span .gauge .disk title=(label) { (bits::meter(percent, HOT, &label)) span { (bits::said(&disk.mount)) " " (format!("{percent:.0}%")) } } }
}

/// Percent.
pub(super) fn full(disk: &Disk) -> f64 {
    let total = disk.used.saturating_add(disk.available).max(1);
    disk.used as f64 * 100.0 / total as f64
}

pub(super) fn pressure(host: &Host) -> Markup {
    let Some(it) = host.pressure else {
        return html! { "–" };
    };
    html! {
        @for (name, share) in [("cpu", it.cpu), ("mem", it.memory), ("io", it.io)] {
            span .psi .hot[share >= 10.0] { small { (name) } " " (format!("{share:.0}%")) } " "
        }
    }
}
