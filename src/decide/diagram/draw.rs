//! The diagram of a cluster that has none: every node a frame, every service on it a box.

use std::collections::HashMap;
use std::fmt::Write;

use crate::model::cluster::{Cluster, Placed, Workload};

/// Returns mermaid's text; arrows are what services want on their own node.
pub fn drawn(cluster: &Cluster) -> String {
    let mut text = String::from("flowchart TD\n");
    let mut boxes = HashMap::new();
    for (number, node) in cluster.nodes.iter().enumerate() {
        let here = cluster
            .services
            .iter()
            .filter(|it| it.nodes.contains(&node.name));
        let here: Vec<_> = here.collect();
        if here.is_empty() {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "subgraph n{number}[\"{}\"]", quoted(&node.name));
        for service in &here {
            let id = format!("b{}", boxes.len() + 1);
            let (service_name, node_name) = (quoted(&service.name), quoted(&node.name));
            let _ = writeln!(text, "  {id}[\"{service_name} {node_name}\"]");
            boxes.insert((service.name.as_str(), number), id);
        }
        text.push_str("end\n");
        for service in here {
            let from = &boxes[&(service.name.as_str(), number)];
            let wanted = wants(service).iter();
            for to in wanted.filter_map(|it| boxes.get(&(it.as_str(), number))) {
                let _ = writeln!(text, "{from} --> {to}");
            }
        }
    }
    text
}

fn wants(service: &Placed) -> &[String] {
    match &service.workload {
        Workload::Managed(it) | Workload::Runner(it) => &it.service.rollout.wants,
        Workload::Scripted(_) => &[],
    }
}

fn quoted(name: &str) -> String {
    name.replace('"', "#quot;")
}
