//! A service with a manager on one node: put and rolled, rolled again, or taken away.

use std::time::Duration;

use super::{Found, Scene};
use crate::decide::contrast::contrasts;
use crate::model::cluster::Definition;
use crate::model::fleet::Held;
use crate::model::plan::{Action, Mark, Undo};
use crate::model::rollout::Verdict;

pub(super) fn deploy(scene: &Scene, meant: &Definition) -> Found {
    if let Some(hindrance) = scene.no_wharf() {
        return hindrance;
    }
    let Some((held, document)) = there(scene) else {
        let why = vec!["it was never deployed here".to_owned()];
        let action = Action::Roll { expect: None };
        return Found::Change(scene.change(Mark::Add, action, Undo::Withdraw, why));
    };
    let name = &scene.placed.name;
    let differs = *document != meant.document;
    let proven = matches!(held.verdict, Some(Verdict::Proven { .. }));
    if held.paused && (differs || !proven) {
        return Found::Hindrance(format!(
            "{name} is paused there; on the node: wharf resume {name}"
        ));
    }
    if differs {
        return roll(scene, meant, held, document);
    }
    resume(scene, held)
}

/// What is wanted there, with its document; None: nothing is.
fn there<'a>(scene: &Scene<'a>) -> Option<(&'a Held, &'a String)> {
    let held = scene.held?;
    held.wanted.as_ref()?;
    Some((held, held.document.as_ref()?))
}

fn roll(scene: &Scene, meant: &Definition, held: &Held, document: &str) -> Found {
    let why = contrasts(document, &meant.document);
    let why = why.iter().map(ToString::to_string).collect();
    let expect = held.wanted.as_ref().map(ToString::to_string);
    let mut change = scene.change(Mark::Change, Action::Roll { expect }, undo(held), why);
    change.broken |= is_given_up(held);
    if meant.service.rollout.drain_timeout == Duration::ZERO {
        change.danger = Some("its open connections are cut at the swap: drain_timeout is 0".into());
    }
    Found::Change(change)
}

/// The same definition is wanted already: it still has to serve.
fn resume(scene: &Scene, held: &Held) -> Found {
    let revision = held.wanted.as_ref();
    let short = revision.map(|it| it.short()).unwrap_or_default();
    let again = |why: String, undo: Undo| {
        let revision = revision.map(ToString::to_string).unwrap_or_default();
        let mut change = scene.change(Mark::Change, Action::Resume { revision }, undo, vec![why]);
        change.broken |= is_given_up(held);
        Found::Change(change)
    };
    if scene.is_down() != Some(false) {
        let why = scene.down("its manager");
        return again(why, Undo::Stop);
    }
    match &held.verdict {
        Some(Verdict::Failed { report, .. }) => {
            let why = format!("{short} was given up here: {}", report.what);
            again(why, undo(held))
        }
        None => again(format!("{short} is not proven yet"), undo(held)),
        Some(Verdict::Proven { .. }) => Found::Same,
    }
}

fn is_given_up(held: &Held) -> bool {
    matches!(held.verdict, Some(Verdict::Failed { .. }))
}

/// Back to what serves now: the wanted one where it is proven, else the one that was before it.
fn undo(held: &Held) -> Undo {
    let proven = matches!(held.verdict, Some(Verdict::Proven { .. }));
    let wanted = held.wanted.as_ref().filter(|_| proven);
    match wanted.or(held.serving.as_ref()).or(held.before.as_ref()) {
        Some(revision) => Undo::Rollback {
            revision: revision.to_string(),
        },
        None => Undo::Nothing,
    }
}

pub(super) fn delete(scene: &Scene) -> Found {
    if there(scene).is_none() && scene.is_down() != Some(false) {
        return Found::Same;
    }
    let why = vec!["it is to go".to_owned()];
    let mut change = scene.change(Mark::Remove, Action::Delete, Undo::Nothing, why);
    change.danger = Some("it stops serving; its revisions are kept on the node".to_owned());
    Found::Change(change)
}
