//! Services by nodes: a cell for each pair, what fails first.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{bits, nodes, way};
use crate::model::glance::{Cell, Head, Sign};
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Filter, Live};

/// Nodes up to which a cell has room for words.
const WIDE: usize = 8;

/// Whether cells are shown with words.
pub(super) fn is_wide(live: &Live) -> bool {
    live.glance.nodes.len() <= WIDE
}

/// A service and its cells, by node.
struct Row<'a> {
    service: &'a str,
    cells: BTreeMap<&'a str, &'a Cell>,
    worst: Sign,
}

/// Returns the table.
pub(super) fn matrix(frame: &Frame, live: &Live, filter: &Filter) -> Markup {
    let heads = columns(live, filter);
    let rows = rows(live, filter);
    let wide = is_wide(live);
    html! {
        div .scroll .matrix-box tabindex="0" role="region" aria-label="Services by nodes" {
            table #matrix .matrix .wide[wide] .tight[!wide] .(format!("n{}", heads.len())) {
                thead { tr { th .corner scope="col" { "Service" } @for head in &heads { (column(frame, live, head)) } } }
                tbody {
                    @for row in &rows {
                        tr data-name=(row.service) data-worst=(row.worst as u8) {
                            (row_head(row))
                            @for head in &heads {
                                @match row.cells.get(head.node.as_str()) {
                                    Some(cell) => (self::cell(frame, live, cell)),
                                    None => td .none {},
                                }
                            }
                        }
                    }
                }
            }
        }
        p #nothing .empty hidden[!rows.is_empty()] { "Nothing here is called that. " a href="/" { "Show all" } }
    }
}

fn columns<'a>(live: &'a Live, filter: &Filter) -> Vec<&'a Head> {
    let named = named_nodes(live, filter);
    let wanted = |it: &&Head| named.is_empty() || named.contains(&it.node.as_str());
    live.glance.nodes.iter().filter(wanted).collect()
}

/// Nodes the filter names, where it names no service.
fn named_nodes<'a>(live: &'a Live, filter: &Filter) -> Vec<&'a str> {
    let text = filter.text.to_lowercase();
    let has = |name: &str| name.to_lowercase().contains(&text);
    let is_service = live.glance.services.iter().any(|it| has(&it.service));
    if text.is_empty() || is_service {
        return Vec::new();
    }
    let named = live.glance.nodes.iter().filter(|it| has(&it.node));
    named.map(|it| it.node.as_str()).collect()
}

fn rows<'a>(live: &'a Live, filter: &Filter) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in live.glance.services.iter() {
        let place = *places.entry(&cell.service).or_insert_with(|| {
            rows.push(Row {
                service: &cell.service,
                cells: BTreeMap::new(),
                worst: Sign::Good,
            });
            rows.len() - 1
        });
        rows[place].cells.insert(&cell.node, cell);
        rows[place].worst = rows[place].worst.min(cell.sign);
    }
    let text = filter.text.to_lowercase();
    let named = !named_nodes(live, filter).is_empty();
    rows.retain(|row| named || row.service.to_lowercase().contains(&text));
    rows.retain(|row| {
        filter
            .sign
            .is_none_or(|sign| row.cells.values().any(|it| it.sign == sign))
    });
    rows.sort_by_key(|it| it.worst);
    rows
}

fn row_head(row: &Row<'_>) -> Markup {
    let good = row
        .cells
        .values()
        .filter(|it| it.sign == Sign::Good)
        .count();
    html! {
        th scope="row" {
            a href=(way::service(row.service)) { (bits::said(row.service)) }
            span .tally { (good) "/" (row.cells.len()) }
        }
    }
}

/// Returns a node's head; its id is `h-NAME`.
pub(super) fn column(frame: &Frame, live: &Live, head: &Head) -> Markup {
    let at = live.at.get(&head.node).copied();
    let wide = is_wide(live);
    let sign = nodes::sign(head, at);
    html! {
        th id=(format!("h-{}", head.node)) .node .(nodes::state(frame, head, at)) scope="col" data-node=(head.node) data-at=[at] {
            a href=(way::node(&head.node)) title=[(!wide).then_some(&head.node)] {
                @if wide { (bits::mark(sign)) } @else { (bits::lone_mark(sign)) }
                span .name { (bits::said(&head.node)) }
            }
            @if wide { (vitals(frame, head, at)) }
        }
    }
}

fn vitals(frame: &Frame, head: &Head, at: Option<u64>) -> Markup {
    html! {
        div .vitals {
            @match &head.host {
                Some(host) if head.unreached.is_none() => {
                    span .line { (nodes::load(host)) (nodes::memory(host)) }
                    span .line { (nodes::disks(host)) }
                    span .line .dim { "up " (bits::lasting(host.uptime.clamp(0.0, 1e12) as u64)) span .sep { "·" } (nodes::pressure(host)) }
                },
                Some(_) | None => span .line .why { (nodes::away(head, at)) },
            }
            span .line .dim { "heard " span .heard { (nodes::heard(frame, at)) @if at.is_some() { " ago" } } @if head.took_ms > 0 { span .sep { "·" } (head.took_ms) " ms" } }
        }
    }
}

/// Returns a cell; its id is `c-SERVICE--NODE`.
pub(super) fn cell(frame: &Frame, live: &Live, cell: &Cell) -> Markup {
    let at = live.at.get(&cell.node).copied();
    let old = at.is_some_and(|it| frame.now.saturating_sub(it) > bits::STALE);
    let href = way::with(&way::service(&cell.service), &[("node", &cell.node)]);
    html! {
        td id=(format!("c-{}--{}", cell.service, cell.node)) .c .(bits::word(cell.sign)) .stale[old] data-s=(cell.sign as u8) data-node=(cell.node) {
            @if is_wide(live) {
                a href=(href) title=(told(frame, live, cell)) data-on=(bits::said(&cell.node)) { (words(frame, live, cell)) }
            } @else {
                a href=(href) title=(told(frame, live, cell)) aria-label=(told(frame, live, cell)) { (bits::mark(cell.sign)) @if cell.drift.is_some() { b { "≠" } } }
            }
        }
    }
}

fn words(frame: &Frame, live: &Live, cell: &Cell) -> Markup {
    let detail = match cell.sign {
        Sign::Good => None,
        Sign::Failing | Sign::Unknown | Sign::Changing => {
            Some(cell.detail.as_str()).filter(|it| !it.is_empty())
        }
    };
    html! {
        span .first {
            (bits::mark(cell.sign))
            span .state { (bits::said(&cell.state)) }
            @if let Some(revision) = &cell.revision { span .rev { (bits::short(revision)) } }
            @if cell.drift.is_some() { span .drift { "≠" span .unseen { "differs from the file" } } }
            @if let Some(begun) = live.begun(cell) { span .age { (bits::ago(begun, frame.now)) } }
        }
        @if let Some(detail) = detail { span .detail { (bits::said(detail)) } }
    }
}

/// All of a cell in words.
fn told(frame: &Frame, live: &Live, cell: &Cell) -> String {
    let mut text = format!("{} on {}: {}", cell.service, cell.node, cell.state);
    if let Some(begun) = live.begun(cell) {
        let lasts = frame.now.saturating_sub(begun);
        text += &format!(" for {}", bits::lasting(lasts));
    }
    if let Some(revision) = &cell.revision {
        text += &format!(", {}", bits::short(revision));
    }
    for more in [
        Some(&cell.detail).filter(|it| !it.is_empty()),
        cell.drift.as_ref(),
    ]
    .into_iter()
    .flatten()
    {
        text += &format!("; {more}");
    }
    bits::said(&text)
}
