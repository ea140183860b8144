//! `lock`: who deploys what right now, and a lease taken away.

use serde_json::json;

use super::deploy::loaded;
use super::deploy_words::{LockVerb, LockWish};
use crate::cluster::deploy::leases;
use crate::cluster::load::Loaded;
use crate::say;

/// Lists the leases held on the nodes, or takes one away.
pub(super) async fn lock(wish: LockWish) -> u8 {
    let (fleet, json) = match &wish.what {
        None => (&wish.fleet, wish.json),
        Some(LockVerb::Release { fleet, json, .. }) => (fleet, *json || wish.json),
    };
    let loaded = match loaded(fleet, json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    match &wish.what {
        None => list(&loaded, json).await,
        Some(LockVerb::Release { service, .. }) => release(&loaded, service, json).await,
    }
}

async fn list(loaded: &Loaded, json: bool) -> u8 {
    let nodes: Vec<String> = loaded.nodes().iter().map(|it| it.name.clone()).collect();
    let mut code = super::DONE;
    let (mut held, mut away) = (Vec::new(), Vec::new());
    for (node, found) in leases::list(&loaded.ssh, &loaded.cluster, &nodes).await {
        match found {
            Ok(leases) => held.extend(leases.into_iter().map(|it| (node.clone(), it))),
            Err(why) => away.push((node, why)),
        }
    }
    if json {
        let rows: Vec<_> = held
            .iter()
            .map(|(node, (service, lease, since))| {
                json!({"node": node, "service": service, "lease": lease, "seconds": since})
            })
            .collect();
        say::answer_line(&json!({"leases": rows, "unreached": away}).to_string());
    } else {
        say::answer(&say::deploy::leases(&held));
    }
    for (node, why) in &away {
        say::talk(&format!("{node}: {}", say::words::plain(why)));
        code = super::UNREACHABLE;
    }
    code
}

async fn release(loaded: &Loaded, service: &str, json: bool) -> u8 {
    let Some(nodes) = loaded.nodes_of(service) else {
        say::error(&format!("the file has no service {service}"), None);
        return super::USAGE;
    };
    let mut code = super::DONE;
    let mut told = Vec::new();
    for node in nodes {
        let released = leases::release(&loaded.ssh, &loaded.cluster, &node.name, service).await;
        let text = match &released {
            Ok(Some(lease)) => format!("taken from {} (deploy {})", lease.owner, lease.deploy),
            Ok(None) => "nobody held it".to_owned(),
            Err(why) => {
                code = super::UNREACHABLE;
                why.clone()
            }
        };
        if !json {
            say::answer_line(&say::words::plain(&format!("{}: {text}", node.name)));
        }
        told.push(json!({"node": node.name, "lease": released.as_ref().ok(), "error": released.as_ref().err()}));
    }
    if json {
        say::answer_line(&json!(told).to_string());
    }
    code
}
