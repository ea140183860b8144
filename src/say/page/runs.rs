//! What was done from here: a list, and each with its steps and output.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, plan, way};
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Branch, Leaf, RunPage, RunRow, Stage};

/// Steps of a node that are shown unfolded; the rest is above them.
const TAIL: usize = 6;

/// Returns the list, newest first.
pub fn runs(frame: &Frame, all: &[RunRow]) -> String {
    let wants = Wants {
        live: "runs",
        ..Wants::default()
    };
    let main = html! {
        div .page-head { h1 { "Deploys and actions" } div .buttons { @if frame.may_act() { a .button .go href="/plan" { "Plan a deploy" } } } }
        @if all.is_empty() {
            div .empty-page { h2 { "Nothing was done from this page yet" } p { "What others did is in the nodes’ own histories:" } p { (bits::command("wharf history -f cluster.yaml")) } }
        } @else {
            div .scroll tabindex="0" role="region" aria-label="Runs" {
                table .dense {
                    thead { tr { th scope="col" { "What" } th scope="col" { "Came to" } th scope="col" { "Who" } th .num scope="col" { "Began" } th .num scope="col" { "Took" } } }
                    tbody { @for run in all { (row(frame, run)) } }
                }
            }
        }
    };
    page(frame, "Deploys", wants, &main)
}

fn row(frame: &Frame, run: &RunRow) -> Markup {
    html! {
        tr data-name=(run.words) {
            th scope="row" { a href=(format!("/runs/{}", way::part(&run.id))) { (bits::said(&run.words)) } }
            td { (ending(run)) }
            td { (bits::said(&run.who)) }
            td .num { (bits::ago(run.began, frame.now)) }
            td .num { (bits::lasting(run.ended.unwrap_or(frame.now).saturating_sub(run.began))) }
        }
    }
}

fn ending(run: &RunRow) -> Markup {
    html! {
        @match (run.ended, run.exit, run.canceled) {
            (None, _, false) => { i .m .changing {} "under way" },
            (None, _, true) => { i .m .changing {} "being canceled" },
            (Some(_), Some(0), false) => { i .m .good {} "done" },
            (Some(_), _, true) => { i .m .unknown {} "canceled" },
            (Some(_), Some(1), false) => { i .m .failing {} "refused or put back" },
            (Some(_), Some(3), false) => { i .m .failing {} "a node was not reached" },
            (Some(_), Some(code), false) => { i .m .failing {} "ended with " (code) },
            (Some(_), None, false) => { i .m .unknown {} "nobody knows: wharf ended first" },
        }
    }
}

/// Returns one run.
pub fn run(frame: &Frame, shown: &RunPage) -> String {
    let run = &shown.run;
    let live = format!("run/{}", run.id);
    let wants = Wants {
        live: if run.ended.is_none() { &live } else { "" },
        ..Wants::default()
    };
    let main = html! {
        div .page-head {
            h1 { (bits::said(&run.words)) }
            span #run-state role="status" { (ending(run)) }
            span .dim { (bits::said(&run.who)) ", " (bits::ago(run.began, frame.now)) " ago"
                @if let Some(ended) = run.ended { ", took " (bits::lasting(ended.saturating_sub(run.began))) } }
            div .buttons { (buttons(frame, run)) }
        }
        p .dim { (bits::command(&run.command)) }
        @if !shown.branches.is_empty() { (tree(&shown.branches)) }
        @if let Some(plan) = &shown.plan { details open[shown.branches.is_empty()] { summary { "The plan, as it was shown" } (plan::shown(plan)) } }
        (output(shown))
    };
    page(frame, &bits::said(&run.words), wants, &main)
}

fn buttons(frame: &Frame, run: &RunRow) -> Markup {
    html! {
        @if frame.may_act() && run.ended.is_none() && !run.canceled {
            form .inline method="post" action="/cancel" {
                input type="hidden" name="csrf" value=(frame.csrf);
                input type="hidden" name="run" value=(run.id);
                button .grave { "Cancel" }
            }
        }
        @if frame.may_act() && run.ended.is_some() { a .button href="/plan" { "Plan a deploy" } }
    }
}

fn tree(all: &[Branch]) -> Markup {
    html! {
        ul .tree { @for branch in all {
            li .branch {
                h2 { (bits::said(&branch.service)) span .dim { " " (bits::said(&branch.wave)) } }
                ul { @for leaf in &branch.leaves { (self::leaf(leaf)) } }
            }
        } }
    }
}

fn leaf(leaf: &Leaf) -> Markup {
    let (sign, word) = stage(leaf.stage);
    let open = matches!(leaf.stage, Stage::Working | Stage::Failed | Stage::Stuck);
    let folded = leaf.lines.len().saturating_sub(TAIL);
    html! {
        li .leaf {
            details open[open] {
                summary { i .m .(sign) {} b { (bits::said(&leaf.node)) } " " (word) @if let Some(what) = &leaf.what { ": " (bits::said(what)) }
                    @if leaf.stage == Stage::Working { @if let Some(last) = leaf.lines.last() { span .dim { " · " (bits::said(last)) } } } }
                @if folded > 0 { details { summary { (bits::counted(folded, "earlier line")) } (lines(&leaf.lines[..folded])) } }
                (lines(&leaf.lines[folded..]))
            }
        }
    }
}

fn lines(all: &[String]) -> Markup {
    html! { @if !all.is_empty() { pre .code tabindex="0" { @for line in all { (bits::said(line)) "\n" } } } }
}

fn stage(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Waiting => ("waiting", "waits for its turn"),
        Stage::Working => ("changing", "at work"),
        Stage::Done => ("good", "done"),
        Stage::Unchanged => ("good", "was so already"),
        Stage::Failed => ("failing", "failed"),
        Stage::PutBack => ("unknown", "put back"),
        Stage::Stuck => ("failing", "could not be put back"),
        Stage::Skipped => ("unknown", "skipped"),
        Stage::Untouched => ("waiting", "untouched"),
    }
}

fn output(shown: &RunPage) -> Markup {
    html! {
        @if !shown.output.is_empty() {
            section aria-labelledby="output-title" {
                h2 #output-title { "Output" }
                @if shown.dropped > 0 { p .dim { (bits::counted(shown.dropped, "earlier line")) " not kept" } }
                pre #output .code tabindex="0" { @for line in &shown.output { (bits::said(line)) "\n" } }
            }
        } @else if shown.branches.is_empty() {
            p .empty { @if shown.run.ended.is_some() { "It said nothing." } @else { "It has said nothing yet." } }
        }
    }
}
