//! What is wrong, with a way to say that it is known.

use maud::{Markup, html};

use super::{bits, way};
use crate::model::glance::{Ack, Glance, Warning};
use crate::model::web::frame::Frame;

/// Shown one by one: with more of them the services would be below the screen.
const SHOWN: usize = 8;

/// Returns what nobody knows of first, and what is known folded away.
pub(super) fn warnings(frame: &Frame, glance: &Glance) -> Markup {
    let (known, open): (Vec<_>, Vec<_>) = glance
        .warnings
        .iter()
        .partition(|it| it.acknowledged.is_some());
    html! {
        section #warnings .warnings aria-label="Warnings" hidden[glance.warnings.is_empty()] {
            @let (first, more) = open.split_at(if open.len() > SHOWN + 1 { SHOWN } else { open.len() });
            @if !first.is_empty() { ul { @for warning in first { (row(frame, warning)) } } }
            @if !more.is_empty() {
                details #more-warnings .more {
                    summary { (bits::counted(more.len(), "more warning")) }
                    ul { @for warning in more { (row(frame, warning)) } }
                }
            }
            @if !known.is_empty() {
                details #known-warnings .known {
                    summary { (bits::counted(known.len(), "warning")) " acknowledged" }
                    ul { @for warning in &known { (row(frame, warning)) } }
                }
            }
        }
    }
}

fn row(frame: &Frame, warning: &Warning) -> Markup {
    let href = match &warning.service {
        Some(service) => way::service(service),
        None => way::node(&warning.node),
    };
    html! {
        li {
            @match &warning.acknowledged {
                Some(_) => i .m .known {},
                None => i .m .failing {},
            }
            a .about href=(href) { (bits::said(&warning.target())) }
            span .kind { (warning.kind.name()) }
            span .what { (bits::said(&warning.what)) }
            @match &warning.acknowledged {
                Some(ack) => (known(frame, warning, ack)),
                None => @if frame.may_act() { (acknowledge(frame, warning)) },
            }
        }
    }
}

fn known(frame: &Frame, warning: &Warning, ack: &Ack) -> Markup {
    html! {
        span .ack-said { "“" (bits::said(&ack.comment)) "” " (bits::said(&ack.who)) ", until " (bits::absolute(ack.until)) }
        @if frame.may_act() {
            form .inline method="post" action="/unack" {
                (about(frame, warning))
                button .quiet { "Undo" }
            }
        }
    }
}

fn acknowledge(frame: &Frame, warning: &Warning) -> Markup {
    let spans = [
        ("1h", "for an hour"),
        ("8h", "for 8 hours"),
        ("1d", "for a day"),
        ("7d", "for a week"),
    ];
    html! {
        details .ack {
            summary { "Acknowledge" }
            form method="post" action="/ack" {
                (about(frame, warning))
                label { span .unseen { "Why" } input name="comment" required maxlength="200" placeholder="why it is known"; }
                label { span .unseen { "How long" } select name="for" { @for (value, name) in spans { option value=(value) { (name) } } } }
                button { "Acknowledge" }
            }
        }
    }
}

fn about(frame: &Frame, warning: &Warning) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(frame.csrf);
        input type="hidden" name="target" value=(warning.target());
        input type="hidden" name="kind" value=(warning.kind.name());
    }
}
