//! One service: where it runs, what happened to it, its revisions, its definition.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, revisions, way};
use crate::model::glance::{Cell, Sign, Warning};
use crate::model::web::act::Act;
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Copy, Link, Moment, ServiceKind, ServicePage, Tone};
use crate::say::words;

/// Returns the page.
pub fn service(frame: &Frame, shown: &ServicePage) -> String {
    let live = format!("service/{}", shown.name);
    let wants = Wants {
        live: &live,
        ..Wants::default()
    };
    let main = html! {
        (head(frame, shown))
        (troubles(&shown.warnings))
        (bits::notices(&shown.notices))
        (cells(frame, shown))
        @if !shown.instances.is_empty() { (instances(shown)) }
        (timeline(frame, &shown.timeline, &shown.name))
        @if shown.kind == ServiceKind::Managed { (revisions::revisions(frame, shown)) }
        (definition(shown))
    };
    page(frame, &bits::said(&shown.name), wants, &main)
}

fn head(frame: &Frame, shown: &ServicePage) -> Markup {
    let worst = shown
        .cells
        .iter()
        .map(|it| it.sign)
        .min()
        .unwrap_or(Sign::Unknown);
    let kind = match shown.kind {
        ServiceKind::Scripted => "unit and scripts",
        ServiceKind::Runner => "container",
        ServiceKind::Managed => "container with revisions",
    };
    html! {
        div .page-head {
            h1 { (bits::lone_mark(worst)) (bits::said(&shown.name)) }
            span .dim { (kind) " on " (bits::counted(shown.cells.len(), "node")) }
            div .buttons {
                a .button href=(way::with("/logs", &[("service", &shown.name)])) { "Logs" }
                @if frame.may_act() { (buttons(shown)) }
            }
        }
    }
}

fn buttons(shown: &ServicePage) -> Markup {
    let plan = way::with("/plan", &[("service", &shown.name)]);
    let mut acts = vec![Act::Restart, Act::Start, Act::Stop];
    match shown.kind {
        ServiceKind::Scripted => acts.push(Act::Update),
        ServiceKind::Runner => (),
        ServiceKind::Managed => acts.push(Act::Rollback),
    }
    acts.push(Act::Delete);
    html! {
        a .button .go href=(plan) { "Deploy…" }
        @for act in acts { (button(act, &shown.name, "")) }
    }
}

fn button(act: Act, service: &str, node: &str) -> Markup {
    let word = match act {
        Act::Start | Act::Stop | Act::Restart | Act::Delete | Act::Rollback => {
            super::act::verb(act)
        }
        Act::Update => "Update",
        Act::Pause => "Hold",
        Act::Resume => "Go on",
    };
    let href = way::with(
        "/act",
        &[("do", act.name()), ("service", service), ("node", node)],
    );
    html! { a .button .quiet data-dialog="" href=(href) { (word) @if !node.is_empty() { span .unseen { " on " (node) } } } }
}

fn troubles(warnings: &[Warning]) -> Markup {
    let open = warnings.iter().filter(|it| it.acknowledged.is_none());
    html! { @for warning in open { p .trouble { i .m .failing {} b { (bits::said(&warning.target())) } " " (bits::said(&warning.what)) } } }
}

fn cells(frame: &Frame, shown: &ServicePage) -> Markup {
    let mut sorted: Vec<&Cell> = shown.cells.iter().collect();
    sorted.sort_by_key(|it| it.sign);
    html! {
        section aria-labelledby="cells-title" {
            h2 #cells-title { "Nodes" }
            div .scroll tabindex="0" role="region" aria-labelledby="cells-title" {
                table .dense {
                    thead { tr { th scope="col" { "Node" } th scope="col" { "State" } th scope="col" { "Revision" } th .num scope="col" { "Since" }
                        th scope="col" { "What it says" } th scope="col" { "Links" } th scope="col" { span .unseen { "Actions" } } } }
                    tbody { @for cell in sorted { (cell_row(frame, shown, cell)) } }
                }
            }
        }
    }
}

fn cell_row(frame: &Frame, shown: &ServicePage, cell: &Cell) -> Markup {
    let at = shown.at.get(&cell.node).copied();
    let old = at.is_some_and(|it| frame.now.saturating_sub(it) > bits::STALE);
    let links = shown.links.iter().find(|(node, _)| *node == cell.node);
    html! {
        tr .stale[old] data-node=(cell.node) data-at=[at] data-name=(cell.node) {
            th scope="row" { a href=(way::node(&cell.node)) { (bits::said(&cell.node)) } }
            td { (bits::mark(cell.sign)) (bits::said(&cell.state)) }
            td .mono { @match &cell.revision { Some(it) => span title=(it) { (bits::short(it)) }, None => "–" } }
            td .num { @match cell.since { Some(since) => (bits::ago(shown.cells_at.saturating_sub(since), frame.now)), None => "–" } }
            td .wrap { (bits::said(&cell.detail)) @if let Some(drift) = &cell.drift { span .drift { " ≠ " (bits::said(drift)) } } }
            td { @if let Some((_, links)) = links { (self::links(links)) } }
            td .acts {
                @if frame.may_act() { @for act in [Act::Restart, Act::Start, Act::Stop] { (button(act, &shown.name, &cell.node)) } }
                a .button .quiet href=(way::with("/logs", &[("service", &shown.name), ("node", &cell.node)])) { "Logs" span .unseen { " of " (cell.node) } }
                @if frame.may_type() { (shell(shown, &cell.node)) }
            }
        }
    }
}

fn shell(shown: &ServicePage, node: &str) -> Markup {
    let inside = shown
        .instances
        .iter()
        .find(|it| it.node == node && it.container.is_some());
    let container = inside
        .and_then(|it| it.container.as_deref())
        .unwrap_or_default();
    html! { a .button .quiet href=(way::with("/terminal", &[("node", node), ("container", container)])) { "Shell" span .unseen { " on " (node) } } }
}

fn links(all: &[Link]) -> Markup {
    html! {
        @for link in all {
            @match way::outside(&link.url) {
                Some(url) => a .out href=(url) rel="noreferrer noopener" target="_blank" { (bits::said(&link.name)) },
                None => code { (bits::said(&link.url)) },
            }
            " "
        }
    }
}

fn instances(shown: &ServicePage) -> Markup {
    html! {
        section aria-labelledby="instances-title" {
            h2 #instances-title { "Instances" }
            div .scroll tabindex="0" role="region" aria-labelledby="instances-title" {
                table .dense {
                    thead { tr { th scope="col" { "Node" } th scope="col" { "Instance" } th scope="col" { "State" } th .num scope="col" { "Weight" } th .num scope="col" { "Connections" }
                        th scope="col" { "Memory" } th .num scope="col" { "Restarts" } th scope="col" { "Last end" } th scope="col" { "Image" } } }
                    tbody { @for copy in &shown.instances { (instance(copy)) } }
                }
            }
        }
    }
}

fn instance(copy: &Copy) -> Markup {
    let sign = if copy.good { Sign::Good } else { Sign::Failing };
    let dash = || "–".to_owned();
    html! {
        tr {
            th scope="row" { (bits::said(&copy.node)) }
            td .mono title=(bits::said(&copy.unit)) { (bits::short(copy.instance.as_ref().unwrap_or(&copy.unit))) }
            td { (bits::mark(sign)) (bits::said(&copy.state)) @if let Some(since) = copy.since { span .age { " " (bits::lasting(since)) } } }
            td .num { (copy.weight.map_or_else(dash, |it| it.to_string())) }
            (connections(copy))
            td { (memory(copy)) }
            td .num { (copy.restarts) }
            td .wrap { (copy.ended.as_deref().map_or_else(dash, bits::said)) }
            td .mono .wrap title=[copy.image.as_deref()] { (copy.image.as_deref().map_or_else(dash, image)) }
        }
    }
}

/// Of what the balancer counts; where it counts nothing, why.
fn connections(copy: &Copy) -> Markup {
    let title = match (copy.connections, &copy.instance) {
        (Some(it), _) => format!(
            "{} open, {} over and not forgotten yet",
            it.active, it.inactive
        ),
        (None, Some(_)) => {
            "it is not behind the service address, or the balancer does not answer".to_owned()
        }
        (None, None) => {
            "nothing stands before it that counts connections: it has no service address".to_owned()
        }
    };
    let text = copy
        .connections
        .map_or_else(|| "–".to_owned(), |it| it.active.to_string());
    html! { td .num title=(title) { (text) } }
}

/// An image that has only its digest is called by the first of it.
fn image(name: &str) -> String {
    match name.strip_prefix("sha256:").and_then(|it| it.get(..12)) {
        Some(short) => bits::said(short),
        None => bits::said(name),
    }
}

fn memory(copy: &Copy) -> Markup {
    html! {
        @match (copy.memory, copy.memory_limit) {
            (Some(used), Some(limit)) => {
                @let label = format!("memory {} of {}", words::bytes(used), words::bytes(limit));
                span .gauge title=(label) { (bits::meter(used as f64 * 100.0 / limit.max(1) as f64, 90.0, &label)) span { (words::bytes(used)) small { "/" (words::bytes(limit)) } } }
            },
            (Some(used), None) => (words::bytes(used)),
            (None, _) => "–",
        }
    }
}

fn timeline(frame: &Frame, all: &[Moment], service: &str) -> Markup {
    html! {
        section aria-labelledby="timeline-title" {
            h2 #timeline-title { "Last day" }
            @if all.is_empty() {
                p .empty { "Nothing happened to it in the last day. All of it: " (bits::command(&format!("wharf history {service}"))) }
            } @else {
                ol .timeline tabindex="0" aria-labelledby="timeline-title" { @for moment in all {
                    li .(tone(moment.tone)) {
                        (bits::ago(moment.at, frame.now))
                        span .where { (bits::said(&moment.node)) }
                        b { (bits::said(&moment.word.replace('_', " "))) }
                        span { (bits::said(&moment.text)) }
                    }
                } }
            }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Plain => "plain",
    }
}

fn definition(shown: &ServicePage) -> Markup {
    let own = shown.links.iter().find(|(node, _)| node.is_empty());
    html! {
        section aria-labelledby="definition-title" {
            h2 #definition-title { "Definition" }
            @if let Some((_, links)) = own { p { (self::links(links)) } }
            @if let Some(text) = &shown.definition {
                details open { summary { "In force, secrets hidden" } pre .code tabindex="0" { (bits::said(text)) } }
            }
            @for (name, text) in &shown.scripts {
                details { summary { (bits::said(name)) } pre .code tabindex="0" { (bits::said(text)) } }
            }
            @if shown.definition.is_none() && shown.scripts.is_empty() {
                p .empty { "The file says only where it belongs; its unit is somebody else’s to install." }
            }
        }
    }
}
