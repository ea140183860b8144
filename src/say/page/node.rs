//! One node: how it stands, the last hour, what runs on it.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, nodes, way};
use crate::model::glance::{Cell, Sign};
use crate::model::web::frame::Frame;
use crate::model::web::shown::NodePage;
use crate::say::words;

/// Returns the page.
pub fn node(frame: &Frame, shown: &NodePage) -> String {
    let live = format!("node/{}", shown.head.node);
    let wants = Wants {
        live: &live,
        scripts: &["charts.js"],
        styles: &["charts.css"],
    };
    let main = html! {
        (head(frame, shown))
        @for warning in shown.warnings.iter().filter(|it| it.acknowledged.is_none()) {
            p .trouble { i .m .failing {} b { (bits::said(&warning.target())) } " " (bits::said(&warning.what)) }
        }
        (standing(shown))
        (charts(shown))
        (services(frame, shown))
        (versions(shown))
    };
    page(frame, &bits::said(&shown.head.node), wants, &main)
}

fn head(frame: &Frame, shown: &NodePage) -> Markup {
    let name = &shown.head.node;
    let sign = nodes::sign(&shown.head, shown.at);
    html! {
        div .page-head .(nodes::state(frame, &shown.head, shown.at)) data-node=(name) data-at=[shown.at] {
            h1 { (bits::lone_mark(sign)) (bits::said(name)) }
            span .dim .mono { (bits::said(&shown.head.destination)) }
            @for (key, value) in &shown.labels { span .tag { (bits::said(key)) "=" (bits::said(value)) } }
            span .dim { "heard " (nodes::heard(frame, shown.at)) @if shown.at.is_some() { " ago, in " (shown.head.took_ms) " ms" } }
            div .buttons {
                a .button href=(way::with("/logs", &[("node", name)])) { "Logs" }
                @if frame.may_type() { a .button href=(way::with("/terminal", &[("node", name)])) { "Shell" } }
            }
        }
    }
}

fn standing(shown: &NodePage) -> Markup {
    let there = shown
        .head
        .host
        .as_ref()
        .filter(|_| shown.head.unreached.is_none());
    let Some(host) = there else {
        return html! { p .trouble { (nodes::away(&shown.head, shown.at)) } };
    };
    html! {
        dl .facts {
            div { dt { "Load" } dd { (nodes::load(host)) small { (format!("{:.2} {:.2}", host.load[1], host.load[2])) } } }
            div { dt { "Memory" } dd { (nodes::memory(host)) } }
            @for disk in &host.disks {
                div { dt { "Disk " (bits::said(&disk.mount)) } dd {
                    span .gauge { (bits::meter(nodes::full(disk), 90.0, &format!("{:.0}% full", nodes::full(disk)))) span { (words::bytes(disk.used)) small { "/" (words::bytes(disk.used.saturating_add(disk.available))) } } }
                    small .mono { (bits::said(&disk.device)) }
                } }
            }
            div { dt { "Waiting" } dd .pressure { (nodes::pressure(host)) } }
            div { dt { "Up" } dd { (bits::lasting(host.uptime.clamp(0.0, 1e12) as u64)) } }
            @if shown.head.clock_ahead.abs() >= 1.0 { div { dt { "Clock" } dd { (format!("{:+.0} s", shown.head.clock_ahead)) } } }
        }
    }
}

/// Drawn by the script from the last hour, as far as somebody looked.
fn charts(shown: &NodePage) -> Markup {
    let all = [
        ("load", "Load"),
        ("memory", "Memory"),
        ("disks", "Disks"),
        ("network", "Network"),
        ("pressure", "Waiting"),
    ];
    html! {
        section #charts .charts aria-labelledby="charts-title" data-series=(format!("/api/v1/nodes/{}/series", way::part(&shown.head.node))) {
            h2 #charts-title { "Last hour" }
            noscript { p .empty { "The charts need the script. The numbers above do not." } }
            p #charts-empty .empty hidden { "Nothing yet: the last hour is kept while somebody looks." }
            div .grid { @for (id, name) in all { figure data-chart=(id) hidden { figcaption { (name) } div .plot {} } } }
        }
    }
}

fn services(frame: &Frame, shown: &NodePage) -> Markup {
    let mut cells: Vec<&Cell> = shown.cells.iter().collect();
    cells.sort_by_key(|it| it.sign);
    html! {
        section aria-labelledby="services-title" {
            h2 #services-title { "Services" }
            @if cells.is_empty() { p .empty { "The file puts no service here." } }
            @else {
                div .scroll tabindex="0" role="region" aria-labelledby="services-title" {
                    table .dense {
                        thead { tr { th scope="col" { "Service" } th scope="col" { "State" } th scope="col" { "Revision" } th .num scope="col" { "Since" } th scope="col" { "What it says" } } }
                        tbody { @for cell in cells { (row(frame, shown, cell)) } }
                    }
                }
            }
        }
    }
}

fn row(frame: &Frame, shown: &NodePage, cell: &Cell) -> Markup {
    html! {
        tr .stale[shown.at.is_some_and(|it| frame.now.saturating_sub(it) > bits::STALE)] data-node=(cell.node) data-name=(cell.service) {
            th scope="row" { a href=(way::service(&cell.service)) { (bits::said(&cell.service)) } }
            td { (bits::mark(cell.sign)) (bits::said(&cell.state)) }
            td .mono { @match &cell.revision { Some(it) => (bits::short(it)), None => "–" } }
            td .num { @match cell.since { Some(since) => (bits::ago(shown.cells_at.saturating_sub(since), frame.now)), None => "–" } }
            td .wrap { (bits::said(&cell.detail)) @if let Some(drift) = &cell.drift { span .drift { " ≠ " (bits::said(drift)) } } }
        }
    }
}

fn versions(shown: &NodePage) -> Markup {
    html! {
        @if !shown.versions.is_empty() || !shown.containers.is_empty() {
            section aria-labelledby="versions-title" {
                h2 #versions-title { "Versions" }
                dl .facts { @for (name, version) in &shown.versions { div { dt { (bits::said(name)) } dd .mono { (bits::said(version)) } } } }
                @if !shown.containers.is_empty() {
                    h3 { "Containers" }
                    ul .containers { @for (name, image) in &shown.containers { li { (bits::mark(Sign::Good)) span .mono { (bits::said(name)) } " " span .dim .mono { (bits::said(image)) } } } }
                }
            }
        }
    }
}
