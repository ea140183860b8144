//! Errands: done on this host, or by each node of a cluster in the same way.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};

use super::errand_words::{Errand, HistoryWish, RollWish};
use super::fleet_words::Fleet;
use super::{ask, fleet, revise, roll};
use crate::cluster::load::Loaded;
use crate::cluster::pass::{self, Ended};
use crate::decide::fleet::question::question;
use crate::decide::shell;
use crate::model::cluster::Node;
use crate::model::log::Stream;
use crate::model::seen::Exit;
use crate::say;

/// Longest errand; a node that is gone is noticed in seconds.
const LIMIT: Duration = Duration::from_secs(3600);
/// A shell's code for a program that is not there.
const NOT_FOUND: i64 = 127;

pub(super) async fn act(errand: Errand) -> u8 {
    match errand {
        Errand::Start { names, fleet } => units("start", &names, &fleet).await,
        Errand::Stop { names, fleet } => units("stop", &names, &fleet).await,
        Errand::Restart { names, fleet } => units("restart", &names, &fleet).await,
        Errand::Reload { names, fleet } => units("reload", &names, &fleet).await,
        Errand::Pause { service, fleet } => plain("pause", &service, &fleet).await,
        Errand::Resume { service, fleet } => plain("resume", &service, &fleet).await,
        Errand::Abort { service, fleet } => plain("abort", &service, &fleet).await,
        Errand::Roll(wish) => rolled(wish).await,
        Errand::History(wish) => history(wish).await,
        Errand::Doctor {
            user: true, json, ..
        } => ask::examined(&crate::doctor::user(), json),
        Errand::Doctor { fleet, json, .. } => match there(&fleet, None, &["doctor"], json).await {
            Some(code) => code,
            None => ask::doctor(json).await,
        },
        Errand::Prune {
            fleet,
            dry_run,
            older_than,
            json,
        } => {
            let seconds = older_than.to_string();
            let mut words = vec!["prune", "--older-than", &seconds];
            words.extend(dry_run.then_some("--dry-run"));
            match there(&fleet, None, &words, json).await {
                Some(code) => code,
                None => revise::prune(dry_run, Duration::from_secs(older_than), json).await,
            }
        }
        Errand::Table { names, fleet, json } => table(&names, &fleet, json).await,
        Errand::Revisions {
            service,
            fleet,
            json,
        } => {
            let words = ["revisions", &service];
            match there(&fleet, Some(&service), &words, json).await {
                Some(code) => code,
                None => revise::revisions(&service, json).await,
            }
        }
        Errand::Diff {
            service,
            from,
            to,
            fleet,
            json,
        } => {
            let mut words = vec!["diff", &service, &from];
            words.extend(to.as_deref());
            match there(&fleet, Some(&service), &words, json).await {
                Some(code) => code,
                None => revise::diff(&service, &from, to.as_deref(), json).await,
            }
        }
        Errand::Rollback {
            service,
            revision,
            fleet,
            note,
            json,
        } => {
            let mut words = vec!["rollback", "-m", &note, &service];
            words.extend(revision.as_deref());
            match there(&fleet, Some(&service), &words, json).await {
                Some(code) => code,
                None => revise::rollback(&service, revision.as_deref(), &note, json).await,
            }
        }
    }
}

async fn plain(word: &str, service: &str, fleet: &Fleet) -> u8 {
    if let Some(code) = there(fleet, Some(service), &[word, service], false).await {
        return code;
    }
    match word {
        "abort" => roll::abort(service).await,
        word => roll::pause(service, word == "pause"),
    }
}

async fn table(names: &[String], fleet: &Fleet, json: bool) -> u8 {
    let mut words = vec!["table"];
    words.extend(names.iter().map(String::as_str));
    match there(fleet, None, &words, json).await {
        Some(code) => code,
        None => ask::table(names, json),
    }
}

/// The steps of each node as they come; the rollout itself is the node's.
async fn rolled(wish: RollWish) -> u8 {
    let fleet = wish.fleet.clone().into();
    let timeout = format!("--timeout={}", wish.timeout);
    let mut words = vec!["roll", &wish.service, &timeout];
    words.extend(wish.follow.then_some("--follow"));
    words.extend(wish.detach.then_some("--detach"));
    match there(&fleet, Some(&wish.service), &words, wish.json).await {
        Some(code) => code,
        None => roll::roll(wish).await,
    }
}

/// Has each node's own wharf do it; None: this host is meant.
pub(super) async fn there(
    fleet: &Fleet,
    service: Option<&str>,
    words: &[&str],
    json: bool,
) -> Option<u8> {
    let wish = fleet.wish()?;
    let loaded = match fleet::opened(&wish, json) {
        Ok(loaded) => loaded,
        Err(code) => return Some(code),
    };
    let Some(nodes) = service.map_or_else(|| Some(loaded.nodes()), |it| loaded.nodes_of(it)) else {
        return Some(fleet::no_service(
            &loaded.cluster,
            service.unwrap_or_default(),
        ));
    };
    let line = match wharf(words, json) {
        Ok(line) => line,
        Err(why) => {
            say::error(&why.to_string(), None);
            return Some(super::USAGE);
        }
    };
    let lines: Vec<_> = nodes.into_iter().map(|it| (it, line.clone())).collect();
    Some(run(&loaded, &lines, json).await)
}

fn wharf(words: &[&str], json: bool) -> Result<String, shell::HasNul> {
    let mut all = vec!["wharf"];
    all.extend(words);
    all.extend(json.then_some("--json"));
    Ok(format!("{}{}", fleet::HERE, shell::line(&all)?))
}

/// systemctl knows every kind of unit, so this needs no wharf there. A restart takes one node after the
/// other, and none after one that failed: at once it would be an outage.
async fn units(verb: &str, names: &[String], fleet: &Fleet) -> u8 {
    let Some(wish) = fleet.wish() else {
        return ask::systemctl(verb, names).await;
    };
    let loaded = match fleet::opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let mut lines = Vec::new();
    for node in loaded.nodes() {
        match systemctl(&loaded, verb, names, node) {
            Ok(Some(line)) => lines.push((node, line)),
            Ok(None) => {}
            Err(code) => return code,
        }
    }
    if verb != "restart" {
        return run(&loaded, &lines, false).await;
    }
    for (done, line) in lines.iter().enumerate() {
        let code = run(&loaded, std::slice::from_ref(line), false).await;
        if code != super::DONE {
            let left = lines.len() - done - 1;
            say::talk(&format!("{left} more nodes were left as they are"));
            return code;
        }
    }
    super::DONE
}

/// None: none of these services belongs on this node.
fn systemctl(
    loaded: &Loaded,
    verb: &str,
    names: &[String],
    node: &Node,
) -> Result<Option<String>, u8> {
    let mut units = Vec::new();
    for name in names {
        let placed = loaded.cluster.service(name);
        let placed = placed.ok_or_else(|| fleet::no_service(&loaded.cluster, name))?;
        if placed.nodes.contains(&node.name) {
            units.push(question(placed).unit);
        }
    }
    if units.is_empty() {
        return Ok(None);
    }
    let mut words = vec!["systemctl", verb, "--"];
    words.extend(units.iter().map(String::as_str));
    match shell::line(&words) {
        Ok(line) => Ok(Some(line)),
        Err(_) => Err(super::USAGE),
    }
}

/// Runs each node's line as root there, prints what they print with the node before it, and returns the
/// worst exit code. With `json` an answer is put beside its node.
pub(super) async fn run(loaded: &Loaded, lines: &[(&Node, String)], json: bool) -> u8 {
    fed(loaded, lines, &[], json).await
}

/// The same where each node is given its own input.
pub(super) async fn fed(
    loaded: &Loaded,
    lines: &[(&Node, String)],
    input: &[Vec<u8>],
    json: bool,
) -> u8 {
    let width = width(lines.iter().map(|it| it.0));
    let spoken = RefCell::new(vec![false; lines.len()]);
    let each = |index: usize, stream: Stream, text: &[u8]| {
        spoken.borrow_mut()[index] = true;
        let text = String::from_utf8_lossy(text);
        // ssh ends its own lines as terminals do.
        let text = text.trim_end_matches('\r');
        let name = &lines[index].0.name;
        match (stream, json) {
            (Stream::Stdout, true) => say::answer_line(&beside(name, text)),
            (Stream::Stdout, false) => {
                say::answer_line(&format!("{name:width$} | {}", say::words::plain(text)));
            }
            (Stream::Stderr, _) => {
                say::talk(&format!("{name:width$} | {}", say::words::plain(text)));
            }
        }
    };
    let ended = pass::fed(loaded, lines, input, LIMIT, each).await;
    let spoken = spoken.into_inner();
    let mut worst = super::DONE;
    for (((node, _), ended), spoken) in lines.iter().zip(&ended).zip(spoken) {
        let code = code(node, ended);
        if code == super::DONE && !spoken {
            say::talk(&format!("{:width$} | done", node.name));
        }
        worst = worst.max(code);
    }
    worst
}

pub(super) fn width<'a>(nodes: impl Iterator<Item = &'a Node>) -> usize {
    nodes.map(|it| it.name.chars().count()).max().unwrap_or(0)
}

fn code(node: &Node, ended: &Ended) -> u8 {
    match ended {
        Ok(Exit::Code(NOT_FOUND)) => {
            let next = format!("wharf setup --nodes {} brings wharf there", node.name);
            say::error(
                &format!("{}: a program is missing there", node.name),
                Some(&next),
            );
            super::REFUSED
        }
        Ok(Exit::Code(code)) => u8::try_from(*code).unwrap_or(u8::MAX),
        Ok(Exit::Signal(_)) => super::REFUSED,
        Err(why) => {
            fleet::unreached(node, why);
            super::UNREACHABLE
        }
    }
}

fn beside(node: &str, text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    json!({"node": node, "answer": answer}).to_string()
}

/// The steps of all nodes, the oldest first.
async fn history(wish: HistoryWish) -> u8 {
    let Some(files) = wish.fleet.wish() else {
        return roll::history(wish).await;
    };
    let loaded = match fleet::opened(&files, wish.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let Some(nodes) = loaded.nodes_of(&wish.service) else {
        return fleet::no_service(&loaded.cluster, &wish.service);
    };
    let count = format!("--lines={}", wish.lines);
    let Ok(line) = wharf(&["history", &wish.service, &count], true) else {
        return super::USAGE;
    };
    let lines: Vec<_> = nodes.into_iter().map(|it| (it, line.clone())).collect();
    let width = width(lines.iter().map(|it| it.0));
    let found = RefCell::new(Vec::new());
    let each = |index: usize, stream: Stream, text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        match (stream, serde_json::from_str::<Value>(&text)) {
            (Stream::Stdout, Ok(step)) => found.borrow_mut().push((index, step)),
            _ => say::talk(&format!(
                "{} | {}",
                lines[index].0.name,
                say::words::plain(&text)
            )),
        }
    };
    let ended = pass::pass(&loaded, &lines, LIMIT, each).await;
    let mut found = found.into_inner();
    // A node's own order holds within a second.
    found.sort_by_key(|(_, step)| step["time"].as_str().unwrap_or_default().to_owned());
    for (index, step) in &found {
        let name = &lines[*index].0.name;
        match wish.json {
            true => say::answer_line(&json!({"node": name, "answer": step}).to_string()),
            false => say::answer_line(&say::history::of_node(name, width, step)),
        }
    }
    let codes = lines
        .iter()
        .zip(&ended)
        .map(|((node, _), it)| code(node, it));
    codes.max().unwrap_or(super::DONE)
}
