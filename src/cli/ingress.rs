//! `ingress` and `maintenance`: the way in, on this host or on each node of a cluster.

use std::path::Path;

use serde_json::json;

use super::fleet_words::Fleet;
use super::ingress_words::{GateWish, IngressWish, MaintenanceWish};
use super::{fleet, passed};
use crate::cluster::load::Loaded;
use crate::decide::routes::gate::gate;
use crate::decide::routes::render::render;
use crate::decide::shell;
use crate::host::files;
use crate::ingress::{self, Ground, Refusal};
use crate::model::cluster::Node;
use crate::model::route::Gate;
use crate::say;

/// Bytes of a gate: as much as a cluster file may have.
const LARGEST_GATE: u64 = 64 << 20;

pub(super) async fn ingress(wish: &IngressWish) -> u8 {
    match wish {
        IngressWish::Show { node, fleet } => show(node.as_deref(), fleet),
        IngressWish::Check { to } => gated("check", to).await,
        IngressWish::Apply { remove: true, .. } => remove(),
        IngressWish::Apply { to, .. } => gated("apply", to).await,
        IngressWish::Status { fleet, json } => {
            match passed::there(fleet, None, &["ingress", "status"], *json).await {
                Some(code) => code,
                None => status(*json).await,
            }
        }
    }
}

fn show(node: Option<&str>, words: &Fleet) -> u8 {
    let Some(wish) = words.wish() else {
        return match files::read_within(&Ground::here().configuration(), LARGEST_GATE) {
            Ok(text) => {
                say::answer(&text);
                super::DONE
            }
            Err(why) => {
                say::error(
                    &why.to_string(),
                    Some("name a cluster file with -f, or a deploy writes it"),
                );
                super::REFUSED
            }
        };
    };
    let loaded = match fleet::opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let known: Vec<&str> = loaded
        .cluster
        .nodes
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    let Some(node) = node
        .or(known.first().copied())
        .filter(|it| known.contains(it))
    else {
        say::error(
            "the file has no such node",
            Some(&format!("it has {}", known.join(", "))),
        );
        return super::USAGE;
    };
    match gate(&loaded.cluster, node) {
        Some(gate) => {
            say::answer(&render(&gate, &Ground::here().names()));
            super::DONE
        }
        None => no_routes(),
    }
}

fn no_routes() -> u8 {
    say::error(
        "the file has no routes",
        Some("`wharf example cluster` explains `routes`"),
    );
    super::USAGE
}

/// Does it here with the gate given, or has each node do it with its own.
async fn gated(word: &str, to: &GateWish) -> u8 {
    let Some(wish) = to.fleet.wish() else {
        return match given(&to.gate) {
            Ok(gate) => here(word, &gate, to.json).await,
            Err(why) => {
                say::error(
                    &why,
                    Some("with -f FILE the gates are those of a cluster file"),
                );
                super::BAD_DEFINITION
            }
        };
    };
    match fleet::opened(&wish, to.json) {
        Ok(loaded) => sent(word, &loaded, loaded.nodes(), to.json).await,
        Err(code) => code,
    }
}

/// Has these nodes do it, each with its gate, and returns the worst exit code.
pub(super) async fn sent(word: &str, loaded: &Loaded, nodes: Vec<&Node>, json: bool) -> u8 {
    if nodes.is_empty() {
        return super::DONE;
    }
    let mut words = vec!["wharf", "ingress", word, "-"];
    words.extend(json.then_some("--json"));
    let Ok(line) = shell::line(&words) else {
        return super::INTERNAL;
    };
    let line = format!("{}{line}", fleet::HERE);
    let (mut lines, mut gates) = (Vec::new(), Vec::new());
    for node in nodes {
        let Some(gate) = gate(&loaded.cluster, &node.name) else {
            return no_routes();
        };
        lines.push((node, line.clone()));
        gates.push(serde_json::to_vec(&gate).unwrap_or_default());
    }
    passed::fed(loaded, &lines, &gates, json).await
}

fn given(path: &Path) -> Result<Gate, String> {
    let text = match path == Path::new("-") {
        true => files::stdin_within(LARGEST_GATE),
        false => files::read_within(path, LARGEST_GATE),
    };
    let text = text.map_err(|why| format!("{}: {why}", path.display()))?;
    serde_json::from_str(&text).map_err(|why| format!("{}: this is no gate: {why}", path.display()))
}

async fn here(word: &str, gate: &Gate, json: bool) -> u8 {
    let ground = Ground::here();
    if word == "check" {
        return match ingress::check(gate, &ground).await {
            Ok(held) if json => {
                say::answer_line(&json!({"good": held.is_empty(), "held": held}).to_string());
                code(held.is_empty())
            }
            Ok(held) => {
                held.iter()
                    .for_each(|it| say::answer_line(&say::ingress::held(it)));
                if held.is_empty() {
                    say::answer_line("good");
                }
                code(held.is_empty())
            }
            Err(why) => refused(&why, json),
        };
    }
    match ingress::apply(gate, &ground, say::talk).await {
        Ok(applied) => {
            match json {
                true => say::answer_line(&serde_json::to_string(&applied).unwrap_or_default()),
                false => say::ingress::applied(&applied)
                    .iter()
                    .for_each(|it| say::answer_line(it)),
            }
            code(applied.is_whole())
        }
        Err(why) => refused(&why, json),
    }
}

fn code(good: bool) -> u8 {
    if good { super::DONE } else { super::REFUSED }
}

fn refused(why: &Refusal, json: bool) -> u8 {
    let next = match why {
        Refusal::NoProxy => {
            "apt-get install haproxy (it is started by wharf-ingress.service, not by its own unit)"
        }
        Refusal::Settings(_) => {
            "put `ingress:` of the cluster file right; certificates have to be on each node"
        }
        Refusal::Together(_) => "wharf ingress show -f FILE NODE shows what was rendered",
        Refusal::NotTaken(_) => "journalctl -u wharf-ingress; wharf ingress status",
        Refusal::Busy(_) => "try again when it is done",
        Refusal::Disk(_) => "check the disk and who runs this: it needs root",
    };
    match json {
        true => say::answer_line(&json!({"error": why.to_string(), "next": next}).to_string()),
        false => say::error(&why.to_string(), Some(next)),
    }
    super::REFUSED
}

fn remove() -> u8 {
    match ingress::remove(&Ground::here(), say::talk) {
        Ok(()) => super::DONE,
        Err(why) => refused(&why.into(), false),
    }
}

async fn status(json: bool) -> u8 {
    let Some(standing) = ingress::standing(&Ground::here()).await else {
        match json {
            true => say::answer_line("null"),
            false => say::answer_line("no routes were ever applied here"),
        }
        return super::DONE;
    };
    match json {
        true => say::answer_line(&serde_json::to_string(&standing).unwrap_or_default()),
        false => say::ingress::standing(&standing)
            .iter()
            .for_each(|it| say::answer_line(it)),
    }
    code(standing.running && !standing.failed && standing.held.is_empty())
}

pub(super) async fn maintenance(wish: &MaintenanceWish) -> u8 {
    let MaintenanceWish {
        service,
        state,
        fleet,
    } = wish;
    // Whichever node a client comes to has to know.
    if let Some(code) = passed::there(fleet, None, &["maintenance", service, state], false).await {
        return code;
    }
    match ingress::pause(service, state == "on", &Ground::here()).await {
        Ok(true) => {
            say::answer_line(&format!("maintenance of {service} is {state}"));
            super::DONE
        }
        Ok(false) => {
            say::answer_line(&format!(
                "maintenance of {service} is {state}; no proxy runs here"
            ));
            super::DONE
        }
        Err(why) => refused(&why.into(), false),
    }
}
