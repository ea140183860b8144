//! What a deploy would do: chosen, shown, and only then done.

use maud::{Markup, html};

use super::bits;
use super::frame::{Wants, page};
use crate::model::plan::{Change, Mark, Plan, Undo};
use crate::model::web::frame::Frame;
use crate::model::web::shown::PlanPage;

/// Returns the page.
pub fn plan(frame: &Frame, shown: &PlanPage) -> String {
    let main = html! {
        div .page-head { h1 { "Plan a deploy" } span .dim { "Nothing changes before you say so." } }
        @if let Some(trouble) = &shown.trouble { pre .trouble role="alert" { (bits::said(trouble)) } }
        (choice(frame, shown))
        @if let Some(plan) = &shown.plan { (planned(frame, plan)) }
    };
    page(frame, "Plan", Wants::default(), &main)
}

fn choice(frame: &Frame, shown: &PlanPage) -> Markup {
    html! {
        form .choice method="post" action="/plan" {
            input type="hidden" name="csrf" value=(frame.csrf);
            (boxes("services", "Services", &shown.services, &shown.chosen_services))
            (boxes("nodes", "Nodes", &shown.nodes, &shown.chosen_nodes))
            div .buttons {
                button .go[shown.plan.is_none()] { @if shown.plan.is_some() { "Plan again" } @else { "Show the plan" } }
                span .dim { "None chosen: all." }
            }
        }
    }
}

fn boxes(name: &str, title: &str, all: &[String], chosen: &[String]) -> Markup {
    html! {
        fieldset { legend { (title) }
            div .boxes { @for one in all { label .box { input type="checkbox" name=(name) value=(one) checked[chosen.contains(one)]; (bits::said(one)) } } }
        }
    }
}

fn planned(frame: &Frame, plan: &Plan) -> Markup {
    let blocked = !plan.hindrances.is_empty();
    html! {
        (shown(plan))
        @if !plan.is_empty() {
            form .go-form method="post" action="/deploy" {
                input type="hidden" name="csrf" value=(frame.csrf);
                input type="hidden" name="plan" value=(plan.id);
                button .go disabled[blocked] { "Deploy: " (crate::say::plan::size(plan)) }
                span .dim { "Exactly this plan, " code { (plan.id) } ": a node that changed since is refused. Where one fails, what this deploy changed is put back, unless the file says otherwise." }
            }
        }
    }
}

/// Returns a plan as it is shown before, during and after.
pub(super) fn shown(plan: &Plan) -> Markup {
    html! {
        section .plan aria-label="Plan" {
            @for (node, what) in &plan.hindrances { p .trouble { b { (bits::said(node)) } " " (bits::said(what)) } }
            @for (node, what) in &plan.unreached { p .unsure { i .m .unknown {} b { (bits::said(node)) } " not reached: " (bits::said(what)) } }
            (bits::notices(&plan.notices))
            @if plan.is_empty() && plan.hindrances.is_empty() {
                p .fine { i .m .good {} "Nothing to do: the nodes are as the file says." }
            }
            ul .changes { @for group in groups(plan) { (block(&group)) } }
        }
    }
}

/// Changes that read the same, in the order of the first of each.
fn groups(plan: &Plan) -> Vec<Vec<&Change>> {
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    let alike = |one: &Change, other: &Change| {
        (&one.service, one.mark, &one.why, &one.danger, &one.undo)
            == (
                &other.service,
                other.mark,
                &other.why,
                &other.danger,
                &other.undo,
            )
    };
    for change in &plan.changes {
        match groups.iter_mut().find(|it| alike(it[0], change)) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups
}

fn block(group: &[&Change]) -> Markup {
    let first = group[0];
    let (class, word) = match first.mark {
        Mark::Add => ("add", "to add"),
        Mark::Change => ("change", "to change"),
        Mark::Remove => ("remove", "to remove"),
    };
    html! {
        li .(class) {
            span .sign title=(word) { (first.mark.sign()) }
            div {
                b { (bits::said(&first.service)) } " on "
                @for (index, change) in group.iter().enumerate() { @if index > 0 { ", " } (bits::said(&change.node)) }
                ul { @for why in &first.why { li { (bits::said(why)) } } }
                @if let Some(danger) = &first.danger { p .careful { b { "Careful: " } (bits::said(danger)) } }
                p .dim { (undo(&first.undo)) }
            }
        }
    }
}

fn undo(undo: &Undo) -> String {
    match undo {
        Undo::Rollback { revision } => {
            format!("Way back: {} is wanted again.", bits::short(revision))
        }
        Undo::Withdraw => "Way back: it is taken away again.".to_owned(),
        Undo::Restore => "Way back: the node keeps what was there.".to_owned(),
        Undo::Stop => "Way back: its unit is stopped again.".to_owned(),
        Undo::Nothing => "There is no way back.".to_owned(),
    }
}
