//! A service made of a unit and scripts on one node: installed and run, started, or taken away.

use sha2::{Digest, Sha256};

use super::{Found, Scene};
use crate::model::cluster::Scripts;
use crate::model::plan::{Action, Change, Mark, Undo};

pub(super) fn deploy(scene: &Scene, scripts: &Scripts) -> Found {
    let why = differing(scene, scripts);
    if !why.is_empty() {
        return Found::Change(script(scene, scripts, Action::Script, why));
    }
    match scene.is_down() {
        Some(true) => {
            let why = vec![scene.down("its unit")];
            Found::Change(scene.change(Mark::Change, Action::Start, Undo::Stop, why))
        }
        Some(false) => Found::Same,
        None if scripts.deploy.is_some() => Found::Same,
        None => Found::Notice(format!(
            "there is no unit {} on {}, and the file has neither `unit` nor `deploy` for it",
            scene.placed.name, scene.node.name
        )),
    }
}

/// sc's way to bring something up to date: taken away, then set up again, whatever is there.
pub(super) fn update(scene: &Scene, scripts: &Scripts) -> Found {
    if scripts.deploy.is_none() || is_absent(scene) {
        return deploy(scene, scripts);
    }
    let mut why = differing(scene, scripts);
    if why.is_empty() {
        why.push("it is to be set up anew".to_owned());
    }
    let mut change = script(scene, scripts, Action::Renew, why);
    change.danger = Some(
        match scripts.delete {
            Some(_) => {
                "its delete script runs first: it is away until its deploy script is through"
            }
            None => "it has no delete script: its deploy script runs over what is there",
        }
        .to_owned(),
    );
    Found::Change(change)
}

pub(super) fn delete(scene: &Scene, scripts: &Scripts) -> Found {
    let name = &scene.placed.name;
    if scripts.unit.is_none() && scripts.delete.is_none() {
        return Found::Notice(format!(
            "{name} has neither `unit` nor `delete`: nothing of it is taken away on {}",
            scene.node.name
        ));
    }
    if is_absent(scene) {
        return Found::Same;
    }
    let why = vec!["it is to go".to_owned()];
    let mut change = scene.change(Mark::Remove, Action::Delete, Undo::Nothing, why);
    change.danger = scripts.delete.as_ref().map(|it| {
        let lines = it.lines().filter(|it| !it.trim().is_empty()).count();
        let ending = if lines == 1 { "" } else { "s" };
        format!("its delete script of {lines} line{ending} runs there; it cannot be undone")
    });
    Found::Change(change)
}

fn script(scene: &Scene, scripts: &Scripts, action: Action, why: Vec<String>) -> Change {
    let mark = match is_absent(scene) {
        true => Mark::Add,
        false => Mark::Change,
    };
    let mut change = scene.change(mark, action, Undo::Restore, why);
    let ended = scene.record.and_then(|it| it.exit);
    change.broken |= ended.is_some_and(|it| it != 0);
    if mark == Mark::Change && scripts.unit.is_some() && scene.is_down() == Some(false) {
        change.danger = Some("its unit is restarted, which interrupts who uses it".to_owned());
    }
    change
}

/// Neither unit nor record: nobody ever set it up.
fn is_absent(scene: &Scene) -> bool {
    let file = scene.unit.and_then(|it| it.file.as_ref());
    scene.record.is_none() && file.is_none() && scene.is_down().is_none()
}

/// One sentence for everything that is not as the file says.
fn differing(scene: &Scene, scripts: &Scripts) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(unit) = &scripts.unit {
        match scene.unit.and_then(|it| it.file.as_ref()) {
            None => why.push("its unit is not installed".to_owned()),
            Some(file) if *file != hash(unit) => why.push("its unit's text differs".to_owned()),
            Some(_) => {}
        }
    }
    let Some(deploy) = &scripts.deploy else {
        return why;
    };
    match scene.record {
        None => why.push("its deploy script never ran here".to_owned()),
        Some(it) if it.script != hash(deploy) => {
            why.push("its deploy script is another than the one that ran here".to_owned());
        }
        Some(it) => match it.exit {
            Some(0) => {}
            Some(code) => why.push(format!("its deploy script ended with {code} here")),
            None => why.push("its deploy script has not come to its end here".to_owned()),
        },
    }
    why
}

/// SHA-256, as sha256sum prints it.
pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}
