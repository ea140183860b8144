//! `status`, `exec` and `ssh`, here and on the nodes of a cluster.

use std::time::Duration;

use serde_json::json;

use super::ask;
use super::fleet_words::{ExecWish, SshWish, StatusWish};
use super::passed;
use crate::cluster::load::{self, Loaded, Refusal, Wish};
use crate::cluster::{acks, ask as nodes};
use crate::decide::fleet::{glance, remedy};
use crate::decide::shell;
use crate::host::{clock, foreground};
use crate::look::inside;
use crate::model::cluster::{Cluster, Node, Workload};
use crate::model::glance::Glance;
use crate::say;

/// Before a node's own wharf: it is asked for itself, whatever cluster its users have in mind.
pub(super) const HERE: &str = "unset WHARF_FILE; ";
/// How often `status --watch` asks again.
const WATCH: Duration = Duration::from_secs(2);

/// Loads a cluster, or says what is wrong and returns the exit code.
pub(super) fn opened(wish: &Wish, json: bool) -> Result<Loaded, u8> {
    let loaded = load::load(wish).map_err(|why| refused(&why, json))?;
    // The page has said them when it began, and its children need not each time.
    let is_told = std::env::var_os("WHARF_NOTES").is_some_and(|it| it == "0");
    for notice in loaded.notices.iter().filter(|_| !is_told) {
        say::talk(&format!("note: {}", say::words::plain(&notice.to_string())));
    }
    Ok(loaded)
}

fn refused(why: &Refusal, json: bool) -> u8 {
    if let Refusal::Mistakes(mistakes, texts) = why {
        for (name, text) in texts {
            let here = mistakes.iter().filter(|it| it.file == *name);
            let here: Vec<_> = here.map(|it| it.mistake.clone()).collect();
            if here.is_empty() {
                continue;
            }
            match json {
                true => say::answer_line(
                    &json!({"file": name, "mistakes": say::mistakes::json(&here)}).to_string(),
                ),
                false => say::talk(&say::mistakes::render(
                    name,
                    text,
                    &here,
                    say::talk_colour(),
                )),
            }
        }
        return super::BAD_DEFINITION;
    }
    let next = match why {
        Refusal::Unread(_) | Refusal::NoOverlay(_) => "check -f, -e and WHARF_FILE",
        Refusal::NoNode(..) => "a pattern takes * and ?, and a ! before it leaves nodes out",
        Refusal::Ssh(_) => "set XDG_RUNTIME_DIR to a folder of your own, with mode 700",
        Refusal::Mistakes(..) => "",
    };
    say::error(&why.to_string(), Some(next));
    super::USAGE
}

/// Shows how services stand: of this host, or of every node.
pub(super) async fn status(typed: StatusWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        return ask::status(&typed.names, typed.json, typed.watch).await;
    };
    let mut loaded = match opened(&wish, typed.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    if let Err(code) = narrowed(&mut loaded.cluster, &typed.names) {
        return code;
    }
    loop {
        let seen = look(&loaded, Duration::from_secs(typed.timeout)).await;
        if typed.watch && !typed.json {
            say::answer("\u{1b}[H\u{1b}[2J");
        }
        match typed.json {
            true => say::answer_line(&serde_json::to_string(&seen).unwrap_or_default()),
            false => say::answer(&say::fleet::glance(&seen, say::colour())),
        }
        for notice in &seen.notices {
            say::talk(&format!("note: {}", say::words::plain(notice)));
        }
        if !typed.watch {
            return verdict(&seen);
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// Leaves only the services asked for, and the nodes they are on.
pub(super) fn narrowed(cluster: &mut Cluster, names: &[String]) -> Result<(), u8> {
    for name in names {
        if cluster.service(name).is_none() {
            return Err(no_service(cluster, name));
        }
    }
    if !names.is_empty() {
        cluster.services.retain(|it| names.contains(&it.name));
        let services = &cluster.services;
        let on = |node: &Node| services.iter().any(|it| it.nodes.contains(&node.name));
        cluster.nodes.retain(on);
    }
    Ok(())
}

pub(super) fn no_service(cluster: &Cluster, name: &str) -> u8 {
    let known: Vec<&str> = cluster.services.iter().map(|it| it.name.as_str()).collect();
    say::error(
        &format!("the file has no service {name}"),
        Some(&format!("it has {}", known.join(", "))),
    );
    super::USAGE
}

pub(super) async fn look(loaded: &Loaded, limit: Duration) -> Glance {
    let now = clock::wall().as_secs_f64();
    let sights = nodes::ask(loaded, &loaded.nodes(), limit, false).await;
    // A node tells its clock about half way between the question and the last answer.
    let now = (now + clock::wall().as_secs_f64()) / 2.0;
    let (known, trouble) = match acks::of(&super::acks::name(loaded), now as u64) {
        Ok(known) => (known, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let mut seen = glance::glance(&loaded.cluster, &sights, &known, now);
    seen.notices.extend(trouble);
    seen
}

/// 3 when a node is away that nobody knows of, 1 when anything else is wrong, 0 when nothing is.
fn verdict(seen: &Glance) -> u8 {
    use crate::model::glance::Kind;
    if seen.open().any(|it| it.kind == Kind::Down) {
        return super::UNREACHABLE;
    }
    match seen.open().next() {
        Some(_) => super::REFUSED,
        None => super::DONE,
    }
}

/// Runs a command inside a service's container, here or on a node.
pub(super) async fn exec(typed: ExecWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        return here(&typed).await;
    };
    let loaded = match opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let service = typed.service.split('@').next().unwrap_or_default();
    let node = match one(&loaded, service, typed.node.as_deref()) {
        Ok(node) => node,
        Err(code) => return code,
    };
    let mut words = vec!["wharf", "exec"];
    words.extend(typed.interactive.then_some("-i"));
    words.extend(typed.tty.then_some("-t"));
    words.extend(["--", &typed.service]);
    words.extend(typed.command.iter().map(String::as_str));
    let line = shell::line(&words).and_then(|it| shell::elevated(&format!("{HERE}{it}")));
    match line {
        Ok(line) => put_through(&loaded, node, Some(&line), typed.tty).await,
        Err(why) => failed(&why.to_string()),
    }
}

async fn here(typed: &ExecWish) -> u8 {
    let (service, revision) = match typed.service.split_once('@') {
        Some((service, revision)) => (service, Some(revision)),
        None => (typed.service.as_str(), None),
    };
    let container = match inside::container(service, revision).await {
        Ok(container) => container,
        Err(why) => {
            say::error(&why, Some(&format!("wharf status {service}")));
            return super::REFUSED;
        }
    };
    let mut argv = vec!["docker".to_owned(), "exec".to_owned()];
    argv.extend(typed.interactive.then(|| "--interactive".to_owned()));
    argv.extend(typed.tty.then(|| "--tty".to_owned()));
    argv.push(container);
    argv.extend(typed.command.iter().cloned());
    match foreground::run(&argv).await {
        Ok(code) => code,
        Err(why) => {
            say::error(
                &why.to_string(),
                Some("install docker's client: docker-cli, or docker.io"),
            );
            super::DOCKER_AWAY
        }
    }
}

/// The node meant: the one named, else the service's first one, which is said where there are others.
pub(super) fn one<'a>(
    loaded: &'a Loaded,
    service: &str,
    named: Option<&str>,
) -> Result<&'a Node, u8> {
    let Some(nodes) = loaded.nodes_of(service) else {
        return Err(no_service(&loaded.cluster, service));
    };
    let scripted = |it: &Workload| match it {
        Workload::Scripted(_) => true,
        Workload::Managed(_) | Workload::Runner(_) => false,
    };
    let placed = loaded.cluster.service(service);
    if placed.is_some_and(|it| scripted(&it.workload)) {
        let next = format!("wharf ssh {}", nodes.first().map_or("NODE", |it| &it.name));
        say::error(
            &format!("{service} is a unit and scripts, not a container"),
            Some(&next),
        );
        return Err(super::REFUSED);
    }
    let node = match named {
        Some(named) => nodes.iter().find(|it| it.name == named),
        None => nodes.first(),
    };
    let Some(node) = node else {
        let names: Vec<&str> = nodes.iter().map(|it| it.name.as_str()).collect();
        let next = format!("--node: one of {}", names.join(", "));
        say::error(&format!("{service} is not on that node"), Some(&next));
        return Err(super::USAGE);
    };
    if named.is_none() && nodes.len() > 1 {
        say::talk(&format!(
            "on {}, the first of its {} nodes; --node chooses",
            node.name,
            nodes.len()
        ));
    }
    Ok(node)
}

/// Puts a person through to a node, or runs a command on several.
pub(super) async fn ssh(typed: &SshWish) -> u8 {
    let Some(mut wish) = typed.fleet.wish() else {
        say::error(
            "wharf ssh needs a cluster file",
            Some("give it with -f FILE, or in WHARF_FILE"),
        );
        return super::USAGE;
    };
    wish.nodes.push(typed.node.clone());
    let loaded = match opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let line = match typed.command.as_slice() {
        [] => Ok(None),
        [line] => Ok(Some(line.clone())),
        words => shell::line(&words.iter().map(String::as_str).collect::<Vec<_>>()).map(Some),
    };
    let line = match line {
        Ok(line) => line,
        Err(why) => return failed(&why.to_string()),
    };
    match (loaded.nodes().as_slice(), line) {
        ([node], line) => put_through(&loaded, node, line.as_deref(), line.is_none()).await,
        ([], _) => failed("no node is chosen by that name and --nodes"),
        (nodes, Some(line)) => {
            let lines: Vec<_> = nodes.iter().map(|it| (*it, line.clone())).collect();
            passed::run(&loaded, &lines, false).await
        }
        (nodes, None) => {
            let names: Vec<&str> = nodes.iter().map(|it| it.name.as_str()).collect();
            failed(&format!(
                "{} are several nodes: say what to run there, or choose one",
                names.join(", ")
            ))
        }
    }
}

async fn put_through(loaded: &Loaded, node: &Node, line: Option<&str>, tty: bool) -> u8 {
    match loaded.ssh.terminal(&node.destination, line, tty).await {
        Ok(code) => code,
        Err(why) => {
            say::error(&why.to_string(), Some("install openssh-client"));
            super::INTERNAL
        }
    }
}

/// Says why a node was not reached, and what to do about it.
pub(super) fn unreached(node: &Node, why: &crate::model::fleet::Unreached) {
    let next = remedy::remedy(why.kind, &node.destination);
    say::error(&format!("{}: {}", node.name, why.what), Some(&next));
}

fn failed(what: &str) -> u8 {
    say::error(what, None);
    super::USAGE
}
