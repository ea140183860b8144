//! A service without a manager on one node: its definition placed, its unit restarted, or both gone.

use super::{Found, Scene};
use crate::decide::contrast::contrasts;
use crate::model::cluster::Definition;
use crate::model::plan::{Action, Mark, Undo};

/// One container has no second one to take over.
const INTERRUPTS: &str = "its container is restarted, which interrupts who uses it";

pub(super) fn deploy(scene: &Scene, meant: &Definition) -> Found {
    if let Some(hindrance) = scene.no_wharf() {
        return hindrance;
    }
    let Some(document) = scene.held.and_then(|it| it.document.as_ref()) else {
        let why = vec!["it was never deployed here".to_owned()];
        return Found::Change(scene.change(Mark::Add, Action::Place, Undo::Restore, why));
    };
    let down = scene.is_down() != Some(false);
    if *document != meant.document {
        let why = contrasts(document, &meant.document);
        let why = why.iter().map(ToString::to_string).collect();
        let mut change = scene.change(Mark::Change, Action::Place, Undo::Restore, why);
        change.danger = (!down).then(|| INTERRUPTS.to_owned());
        return Found::Change(change);
    }
    if down {
        let why = vec![scene.down("its unit")];
        return Found::Change(scene.change(Mark::Change, Action::Place, Undo::Restore, why));
    }
    Found::Same
}

pub(super) fn delete(scene: &Scene) -> Found {
    let defined = scene.held.is_some_and(|it| it.document.is_some());
    if !defined && scene.is_down() != Some(false) {
        return Found::Same;
    }
    let why = vec!["it is to go".to_owned()];
    let mut change = scene.change(Mark::Remove, Action::Delete, Undo::Nothing, why);
    change.danger = Some("its container is stopped and removed".to_owned());
    Found::Change(change)
}
