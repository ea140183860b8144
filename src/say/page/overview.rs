//! The first page: what is wrong, every service on every node, the nodes.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, matrix, nodes, warnings};
use crate::model::glance::Sign;
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Filter, Live};

/// Returns the page.
pub fn overview(frame: &Frame, live: &Live, filter: &Filter) -> String {
    let main = html! {
        h1 .unseen { "Overview" }
        @if live.glance.services.is_empty() { (empty(live)) } @else { (body(frame, live, filter)) }
        (bits::notices(&live.glance.notices))
    };
    let wants = Wants {
        live: "*",
        ..Wants::default()
    };
    page(frame, "Overview", wants, &main)
}

fn body(frame: &Frame, live: &Live, filter: &Filter) -> Markup {
    html! {
        (warnings::warnings(frame, &live.glance))
        (bar(frame, live, filter))
        (matrix::matrix(frame, live, filter))
        @if !matrix::is_wide(live) { (nodes::table(frame, live)) }
    }
}

fn bar(frame: &Frame, live: &Live, filter: &Filter) -> Markup {
    let signs = [Sign::Failing, Sign::Unknown, Sign::Changing, Sign::Good];
    let chosen = filter.sign.map(bits::word);
    html! {
        div .bar-row {
            form #filter-form .filter role="search" method="get" action="/" {
                label .unseen for="filter" { "Filter services and nodes" }
                input #filter type="search" name="q" value=(filter.text) placeholder="Filter  /" autocomplete="off" spellcheck="false";
                span .chips role="group" aria-label="Show only" {
                    @for sign in signs {
                        @let word = bits::word(sign);
                        button .chip name="show" value=(if chosen == Some(word) { "" } else { word }) data-show=(sign as u8) aria-pressed=(chosen == Some(word)) {
                            (bits::mark(sign)) (word)
                        }
                    }
                }
            }
            span .dim { (size(live)) }
            @if frame.may_act() { a .button href="/plan" { "Plan a deploy" } }
        }
    }
}

/// `6 services in 11 places on 4 nodes`.
fn size(live: &Live) -> String {
    let names: BTreeSet<_> = live.glance.services.iter().map(|it| &it.service).collect();
    let services = bits::counted(names.len(), "service");
    let places = bits::counted(live.glance.services.len(), "place");
    let nodes = bits::counted(live.glance.nodes.len(), "node");
    format!("{services} in {places} on {nodes}")
}

fn empty(live: &Live) -> Markup {
    html! {
        div .empty-page {
            h2 { "No services yet" }
            @if live.glance.nodes.is_empty() {
                p { "The file names neither nodes nor services. A first one with every key explained:" }
                p { (bits::command("wharf init")) }
            } @else {
                p { "The file names " (bits::counted(live.glance.nodes.len(), "node")) " and no services. Every key a service can have:" }
                p { (bits::command("wharf example cluster")) }
            }
        }
    }
}
