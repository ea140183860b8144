//! A plan's name: a hash of what it would do and of the state it would start from.

use serde_json::{Value, json};

use super::{Scene, scripted};
use crate::model::cluster::Workload;
use crate::model::plan::Plan;
use crate::model::rollout::Verdict;

/// Digits of a plan's id.
const DIGITS: usize = 12;

/// Returns 12 hex digits. Nothing that changes by itself, such as a unit's age, is in them.
pub(super) fn id(plan: &Plan, scenes: &[Scene]) -> String {
    let changed = |scene: &&Scene| {
        let mut changes = plan.changes.iter();
        changes.any(|it| it.service == scene.placed.name && it.node == scene.node.name)
    };
    let from: Vec<Value> = scenes.iter().filter(changed).map(state).collect();
    let text = match plan.gates.is_empty() {
        true => json!({"changes": plan.changes, "from": from}).to_string(),
        false => json!({"changes": plan.changes, "gates": plan.gates, "from": from}).to_string(),
    };
    let mut id = scripted::hash(&text);
    id.truncate(DIGITS);
    id
}

fn state(scene: &Scene) -> Value {
    let held = scene.held.map(|it| {
        let verdict = it.verdict.as_ref().map(|it| match it {
            Verdict::Proven { .. } => "proven",
            Verdict::Failed { .. } => "failed",
        });
        json!([it.document, it.wanted, it.serving, verdict])
    });
    let record = scene.record.map(|it| json!([it.script, it.exit]));
    let file = scene.unit.and_then(|it| it.file.as_ref());
    json!([meant(&scene.placed.workload), held, record, file])
}

/// What would be put there.
fn meant(workload: &Workload) -> Value {
    match workload {
        Workload::Scripted(it) => json!([it.unit, it.deploy, it.delete]),
        Workload::Managed(it) | Workload::Runner(it) => json!(it.document),
    }
}
