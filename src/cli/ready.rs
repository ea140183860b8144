//! `setup` and `push`: nodes made ready, and given images without a registry.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::json;

use super::fleet;
use super::ready_words::{PushWish, SetupWish};
use crate::cluster::push;
use crate::cluster::setup::{self, Binary};
use crate::decide::fleet::remedy::remedy;
use crate::host::surroundings;
use crate::model::cluster::{Node, Workload};
use crate::model::push::{PushFailure, Pushed};
use crate::model::setup::{Ready, SetupEnd};
use crate::say;

/// Makes nodes ready; 1 when one cannot be, 3 when one cannot be reached and nothing else is wrong.
pub(super) async fn setup(typed: &SetupWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        return no_file("setup");
    };
    let loaded = match fleet::opened(&wish, typed.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let path = match &typed.binary {
        Some(path) => path.clone(),
        None => surroundings::program().0,
    };
    let binary = match Binary::look(&path).await {
        Ok(binary) => binary,
        Err(why) => {
            say::error(&why, Some("name the binary to send: --binary FILE"));
            return super::REFUSED;
        }
    };
    let nodes = loaded.nodes();
    let tell = |node: &str, step: &_| say::talk(&say::setup::step(node, step));
    let all = setup::setup(&loaded.ssh, &nodes, &binary, typed.dry_run, &tell).await;
    match typed.json {
        true => say::answer_line(&serde_json::to_string(&all).unwrap_or_default()),
        false => say::answer(&say::setup::text(&all, |it| next(it, &nodes))),
    }
    let refused = all.iter().any(|it| !it.is_good() && !is_unreached(it));
    verdict(refused, all.iter().any(is_unreached))
}

fn is_unreached(ready: &Ready) -> bool {
    matches!(ready.end, SetupEnd::Unreached(_))
}

fn next(ready: &Ready, nodes: &[&Node]) -> Option<String> {
    match &ready.end {
        SetupEnd::Done | SetupEnd::Shown => None,
        SetupEnd::Refused { remedy, .. } => Some(remedy.clone()),
        SetupEnd::Unreached(why) => {
            let node = nodes.iter().find(|it| it.name == ready.node)?;
            Some(remedy(why.kind, &node.destination))
        }
    }
}

fn verdict(refused: bool, unreached: bool) -> u8 {
    match (refused, unreached) {
        (true, _) => super::REFUSED,
        (false, true) => super::UNREACHABLE,
        (false, false) => super::DONE,
    }
}

pub(super) fn no_file(word: &str) -> u8 {
    say::error(
        &format!("wharf {word} is about a cluster, and no file names one"),
        Some(&format!("wharf {word} -f cluster.yaml")),
    );
    super::USAGE
}

/// Sends a service's image to its nodes, one after the other: the way out of here is what is narrow.
pub(super) async fn push(typed: &PushWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        return no_file("push");
    };
    let loaded = match fleet::opened(&wish, typed.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let found = loaded.cluster.service(&typed.service);
    let (Some(placed), Some(nodes)) = (found, loaded.nodes_of(&typed.service)) else {
        return fleet::no_service(&loaded.cluster, &typed.service);
    };
    let image = match &placed.workload {
        Workload::Managed(it) | Workload::Runner(it) => &it.service.container.image,
        Workload::Scripted(_) => {
            let what = format!("{} has scripts and no image", typed.service);
            say::error(&what, Some("push is for services with a definition"));
            return super::REFUSED;
        }
    };
    let (mut refused, mut unreached) = (false, false);
    for node in nodes {
        let told = RefCell::new(say::push::Share::default());
        let tell = |sent, total| {
            if let Some(line) = told.borrow_mut().line(&node.name, sent, total) {
                say::talk(&line);
            }
        };
        let ended = push::push(&loaded.ssh, node, image, &tell).await;
        match &ended {
            Ok(_) => {}
            Err(PushFailure::Unreached(_)) => unreached = true,
            Err(PushFailure::Here { .. } | PushFailure::There { .. }) => refused = true,
        }
        pushed(node, image, &ended, typed.json);
    }
    verdict(refused, unreached)
}

fn pushed(node: &Node, image: &str, ended: &Result<Pushed, PushFailure>, json: bool) {
    let (what, next) = match ended {
        Ok(pushed) => {
            match json {
                true => {
                    let told = json!({"node": node.name, "image": image, "end": pushed});
                    say::answer_line(&told.to_string());
                }
                false => say::answer_line(&say::push::line(&node.name, image, pushed)),
            }
            return;
        }
        Err(PushFailure::Here { what, remedy } | PushFailure::There { what, remedy }) => {
            (what.clone(), remedy.clone())
        }
        Err(PushFailure::Unreached(why)) => {
            let next = remedy(why.kind, &node.destination);
            (format!("not reached: {}", why.what), next)
        }
    };
    if json {
        let error = HashMap::from([("what", &what), ("next", &next)]);
        let told = json!({"node": node.name, "image": image, "error": error});
        say::answer_line(&told.to_string());
        return;
    }
    say::error(&format!("{}: {what}", node.name), Some(&next));
}
