//! The way of a deploy: services one after the other, each in its waves.

use std::time::Duration;

use crate::decide::waves::waves;
use crate::model::cluster::{Cluster, OnFailure, Waves};
use crate::model::plan::{Action, Plan};

/// One service's part. Changes are named by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    pub service: String,
    pub waves: Vec<Vec<usize>>,
    pub pause: Duration,
    pub on_failure: OnFailure,
}

/// Returns the legs of a plan, in the order of its changes.
pub fn course(cluster: &Cluster, plan: &Plan) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    for change in &plan.changes {
        if legs.iter().any(|it| it.service == change.service) {
            continue;
        }
        let placed = cluster.service(&change.service);
        let how = placed.and_then(|it| it.waves.as_ref());
        legs.push(leg(plan, &change.service, how.unwrap_or(&cluster.waves)));
    }
    legs
}

fn leg(plan: &Plan, service: &str, how: &Waves) -> Leg {
    let numbered = plan.changes.iter().enumerate();
    let own: Vec<usize> = numbered
        .filter(|(_, it)| it.service == service)
        .map(|(number, _)| number)
        .collect();
    // What a delete script took away does not come back by itself, so nothing is put back there.
    let deletes = own
        .iter()
        .any(|it| plan.changes[*it].action == Action::Delete);
    Leg {
        service: service.to_owned(),
        waves: waves(&own, &how.sizes),
        pause: how.pause,
        on_failure: match deletes {
            true => OnFailure::Pause,
            false => how.on_failure,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Hooks, Links, Placed, Scripts, Size, Workload};
    use crate::model::plan::{Change, Mark, Undo};

    fn change(service: &str, node: &str, action: Action) -> Change {
        Change {
            service: service.into(),
            node: node.into(),
            mark: Mark::Change,
            action,
            why: Vec::new(),
            danger: None,
            broken: false,
            undo: Undo::Restore,
        }
    }

    #[test]
    fn each_service_has_its_own_waves_or_the_clusters() {
        let own = Waves {
            sizes: vec![Size::Nodes(2)],
            pause: Duration::from_secs(5),
            on_failure: OnFailure::RollbackHost,
            ..Waves::default()
        };
        let placed = |name: &str, waves| Placed {
            name: name.into(),
            nodes: Vec::new(),
            workload: Workload::Scripted(Scripts::default()),
            links: Links::default(),
            waves,
            pre_deploy: None,
            push_image: false,
        };
        let cluster = Cluster {
            services: vec![placed("db", None), placed("web", Some(own))],
            hooks: Hooks::default(),
            ..Cluster::default()
        };
        let nodes = ["n1", "n2", "n3"];
        let mut changes = nodes.map(|it| change("db", it, Action::Place)).to_vec();
        changes.extend(nodes.map(|it| change("web", it, Action::Place)));
        changes.push(change("old", "n1", Action::Delete));
        let plan = Plan {
            changes,
            ..Plan::default()
        };
        let legs = course(&cluster, &plan);
        let shape: Vec<_> = legs
            .iter()
            .map(|it| (it.service.as_str(), it.waves.clone(), it.on_failure))
            .collect();
        assert_eq!(
            shape,
            [
                ("db", vec![vec![0], vec![1, 2]], OnFailure::RollbackAll),
                ("web", vec![vec![3, 4], vec![5]], OnFailure::RollbackHost),
                ("old", vec![vec![6]], OnFailure::Pause),
            ]
        );
    }
}
