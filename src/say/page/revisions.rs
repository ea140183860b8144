//! The revisions of a service, and in what two of them differ.

use maud::{Markup, html};

use super::{bits, way};
use crate::model::revised::{Contrast, Row};
use crate::model::rollout::Verdict;
use crate::model::stamp;
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Difference, ServicePage};

pub(super) fn revisions(frame: &Frame, shown: &ServicePage) -> Markup {
    html! {
        section aria-labelledby="revisions-title" {
            h2 #revisions-title { "Revisions" }
            @if shown.revisions.is_empty() {
                p .empty { "None is known yet. One is made by a deploy, or on a node by " (bits::command(&format!("wharf put {}", shown.name))) }
            } @else {
                div .scroll tabindex="0" role="region" aria-labelledby="revisions-title" {
                    table .dense {
                        thead { tr { th scope="col" { "Revision" } th scope="col" { "Put" } th scope="col" { "By" } th scope="col" { "Image" } th scope="col" { "Note" } th scope="col" { "Became" } th scope="col" { span .unseen { "Actions" } } } }
                        tbody { @for (index, row) in shown.revisions.iter().enumerate() { (self::row(frame, shown, row, older(&shown.revisions[index..], row))) } }
                    }
                }
            }
            @if let Some(difference) = &shown.difference { (self::difference(difference)) }
        }
    }
}

/// The one before it: nodes may have different ones of the same generation.
fn older<'a>(rest: &'a [Row], row: &Row) -> Option<&'a Row> {
    rest.iter()
        .find(|it| it.revision.generation < row.revision.generation)
}

fn row(frame: &Frame, shown: &ServicePage, row: &Row, before: Option<&Row>) -> Markup {
    let id = row.revision.to_string();
    let whole = format!("{}.000000000Z", row.when.get(..19).unwrap_or_default());
    let at = stamp::parse(whole.as_bytes()).map(|it| it / 1_000_000_000);
    let diff = before.map(|it| it.revision.to_string());
    let rollback = way::with(
        "/act",
        &[
            ("do", "rollback"),
            ("service", &shown.name),
            ("revision", &id),
        ],
    );
    html! {
        tr .wanted[row.wanted] data-name=(id) {
            th scope="row" .mono title=(id) { (row.revision.short()) @if row.wanted { " " span .tag { "wanted" } } }
            td { @match at { Some(at) => { (bits::ago(at, frame.now)) " ago" }, None => (bits::said(&row.when)) } }
            td { (bits::said(&row.who)) }
            td .mono .wrap { (bits::said(&row.image)) }
            td .wrap { (bits::said(&row.note)) }
            td { (verdict(row)) }
            td .acts {
                @if let Some(diff) = diff { a .button .quiet href=(format!("{}#difference", way::with(&way::service(&shown.name), &[("from", &diff), ("to", &id)]))) { "Diff" } }
                @if frame.may_act() && !row.wanted { a .button .quiet data-dialog="" href=(rollback) { "Roll back" span .unseen { " to " (row.revision.short()) } } }
            }
        }
    }
}

fn verdict(row: &Row) -> Markup {
    html! {
        @match &row.verdict {
            Some(Verdict::Proven { .. }) => { i .m .good {} "proven" },
            Some(Verdict::Failed { .. }) => { i .m .failing {} "given up" },
            None => span .dim { "–" },
        }
    }
}

fn difference(it: &Difference) -> Markup {
    html! {
        div #difference .difference {
            h3 { "From " span .mono { (bits::short(&it.from)) } " to " span .mono { (bits::short(&it.to)) } }
            @if it.contrasts.is_empty() { p .empty { "Nothing differs." } }
            @else { div .scroll { table .dense { thead { tr { th scope="col" { "What" } th scope="col" { "Before" } th scope="col" { "After" } } }
                tbody { @for contrast in &it.contrasts { (self::contrast(contrast)) } } } } }
        }
    }
}

fn contrast(it: &Contrast) -> Markup {
    html! {
        tr {
            th scope="row" .mono { (bits::said(&it.what)) }
            td .mono .wrap { @if let Some(before) = &it.before { del { (bits::said(before)) } } }
            td .mono .wrap { @if let Some(after) = &it.after { ins { (bits::said(after)) } } }
        }
    }
}
