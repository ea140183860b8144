//! What a deploy would change at the ways in, node by node.

use super::{Goal, Wish, seen};
use crate::decide::choice;
use crate::decide::routes::gate::{asked, gate, hash};
use crate::model::cluster::Cluster;
use crate::model::fleet::{Facts, Sight};
use crate::model::ingress::IngressStanding;
use crate::model::plan::{GateChange, Plan};
use crate::model::route::Gate;

/// Adds the nodes whose ingress is not as the file says. Routes are the whole cluster's: they are not part
/// of taking one service away.
pub(super) fn add(plan: &mut Plan, cluster: &Cluster, sights: &[Sight], wish: &Wish) {
    if wish.goal == Goal::Delete || wish.only_broken {
        return;
    }
    for node in &cluster.nodes {
        let (true, Some(gate)) = (
            choice::chosen(&node.name, &wish.nodes),
            gate(cluster, &node.name),
        ) else {
            continue;
        };
        // A node that is away is told where its services are.
        let Ok(facts) = seen(sights, node) else {
            continue;
        };
        match why(&gate, facts) {
            Ok(why) if why.is_empty() => {}
            Ok(why) => plan.gates.push(GateChange {
                node: node.name.clone(),
                why,
            }),
            Err(text) => plan.hindrances.push((node.name.clone(), text)),
        }
    }
}

/// What differs, one sentence each; Err: what is in the way.
fn why(gate: &Gate, facts: &Facts) -> Result<Vec<String>, String> {
    let Some(wharf) = &facts.wharf else {
        return Err(format!(
            "wharf is not installed there, and routes need it: wharf setup -f FILE --nodes {}",
            gate.node
        ));
    };
    let Some(standing) = &wharf.ingress else {
        return Ok(vec![format!(
            "it takes requests from now on: {}",
            names(gate)
        )]);
    };
    if standing.wanted.as_deref() != Some(hash(gate).as_str()) {
        return Ok(differences(gate, standing));
    }
    Ok(standing.troubles())
}

fn names(gate: &Gate) -> String {
    let names: Vec<_> = gate
        .entrances
        .iter()
        .map(|it| it.service.as_str())
        .collect();
    names.join(", ")
}

fn differences(gate: &Gate, standing: &IngressStanding) -> Vec<String> {
    let mut why = Vec::new();
    for entrance in &gate.entrances {
        let new: Vec<_> = entrance.routes.iter().flat_map(asked).collect();
        let old = standing.routes.iter().find(|it| it.0 == entrance.service);
        match old {
            None => why.push(format!(
                "{} is asked for by {}",
                entrance.service,
                new.join(", ")
            )),
            Some((_, old)) if *old != new => why.push(format!(
                "{} is asked for by {}, not by {}",
                entrance.service,
                new.join(", "),
                old.join(", ")
            )),
            Some(_) => {}
        }
    }
    for (service, _) in &standing.routes {
        if !gate.entrances.iter().any(|it| it.service == *service) {
            why.push(format!("{service} has no routes any more"));
        }
    }
    if why.is_empty() {
        why.push("what is done to requests, or where they go, changes".to_owned());
    }
    why
}
