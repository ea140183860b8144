//! `compose`, or `repo` and `branch`: an application of several containers instead of one.

use std::path::PathBuf;
use std::time::Duration;

use crate::decide::quote::quoted;
use crate::model::check::{Check, OnFailure, Order, Probe};
use crate::model::compose::{Compose, Source};
use crate::model::service::Service;

use super::{
    fields::{Entry, Fields},
    findings::Findings,
    keys,
};

/// The program that runs, in the child it starts as well.
const SELF: &str = "/proc/self/exe";
const UP: [&str; 5] = [
    "up",
    "--no-build",
    "--no-color",
    "--remove-orphans",
    "--timeout",
];
/// What compose itself needs to stop containers, beside the time they are given.
const STOPPING: Duration = Duration::from_secs(15);
/// Images may have to be started one after the other, and databases take their time.
const START: Duration = Duration::from_secs(600);
const ASKED: Duration = Duration::from_secs(5);
const ANSWERS: Duration = Duration::from_secs(10);
const MOST_FILES: usize = 16;
const LONGEST: usize = 1024;

/// What an application has in common with everything else.
const SHARED: [&str; 14] = [
    "name",
    "environment",
    "env_file",
    "port",
    "stop",
    "health_check",
    "monitor",
    "success_seconds",
    "logs",
    "alerts",
    "enabled",
    "autostart",
    "max_restarts",
    "after",
];

/// Returns the application; None when the definition is of something else.
pub(super) fn read(top: &Fields<'_>, found: &mut Findings) -> Option<Compose> {
    if !is_meant(top) {
        return None;
    }
    foreign(top, found);
    let typed = top.read("compose", found, Entry::one_or_more);
    let source = match top.get("repo") {
        Some(entry) => repository(top, &entry, found),
        None => folder(top, typed.as_deref(), found),
    };
    let files = match (top.get("repo"), top.get("compose")) {
        (Some(_), Some(entry)) => within(&entry, typed.unwrap_or_default(), found),
        (None, _) => own_file(typed.as_deref()),
        (Some(_), None) => Vec::new(),
    };
    Some(Compose {
        source: source?,
        files,
    })
}

/// Whether the definition is of an application at all.
pub(super) fn is_meant(top: &Fields<'_>) -> bool {
    keys::COMPOSE.iter().any(|it| top.has(it))
}

/// Returns the service as an application is kept: a process of this host that becomes compose, asked for by
/// docker's own word where the definition has no check.
pub(super) fn fit(mut service: Service, compose: Compose) -> Service {
    let seconds = service.stop.timeout.as_secs().to_string();
    let process = service.process.get_or_insert_default();
    process.argv = [SELF, "compose", &service.name]
        .into_iter()
        .chain(UP)
        .chain([seconds.as_str()])
        .map(str::to_owned)
        .collect();
    service.stop.timeout += STOPPING;
    let check = health(&service.name);
    service.health.get_or_insert(check);
    service.compose = Some(compose);
    service
}

fn health(name: &str) -> Check {
    let words = [SELF, "compose", name, "--standing"];
    Check {
        name: "health".to_owned(),
        probe: Probe::Host(Order {
            argv: words.map(str::to_owned).to_vec(),
            ..Order::default()
        }),
        interval: ASKED,
        timeout: ANSWERS,
        rise: 1,
        fall: 3,
        start_period: START,
        on_failure: OnFailure::Unready,
    }
}

fn foreign(top: &Fields<'_>, found: &mut Findings) {
    let all = keys::TOP.iter().chain(keys::PROCESS);
    for key in all.filter(|it| !SHARED.contains(it) && !it.starts_with('_')) {
        if let Some(entry) = top.as_entry(key) {
            let what = format!(
                "{} means nothing for an application of compose",
                quoted(key)
            );
            let hint = "its compose file says it; leave it out here";
            found.mistake_with(entry.place, &entry.path, what, hint);
        }
    }
}

fn repository(top: &Fields<'_>, entry: &Entry<'_>, found: &mut Findings) -> Option<Source> {
    let url = entry.word(found)?;
    if let Some(why) = url_fault(&url) {
        entry.mistake_with(
            format!("{}: {why}", quoted(&url)),
            "write `https://git.example/team/app`, `ssh://git@git.example/team/app` or `git@git.example:team/app`",
            found,
        );
        return None;
    }
    let Some(branch) = top.read("branch", found, branch) else {
        if !top.has("branch") {
            top.missing("branch", found);
        }
        return None;
    };
    Some(Source::Repository { url, branch })
}

/// git runs programs for some addresses, and takes others for options.
fn url_fault(url: &str) -> Option<&'static str> {
    let known = ["https://", "http://", "ssh://", "git://", "file:///", "/"];
    let short = url
        .split_once(':')
        .is_some_and(|(host, path)| host.contains('@') && !path.is_empty() && !host.contains('/'));
    let plain = url.chars().all(|it| it.is_ascii_graphic());
    match () {
        () if url.len() > LONGEST => Some("this is too long"),
        () if !plain || url.starts_with('-') || url.contains("::") => {
            Some("this is no address of a repository")
        }
        () if short || known.iter().any(|it| url.starts_with(it)) => None,
        () => Some("this is no address of a repository"),
    }
}

/// What git itself refuses, and what would be an option.
fn branch(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let name = entry.word(found)?;
    let fits = |it: char| it.is_ascii_alphanumeric() || "_./-+#".contains(it);
    let bad = name.starts_with(['-', '/', '.'])
        || name.ends_with(['/', '.'])
        || ["..", "//", "@{", ".lock"]
            .iter()
            .any(|it| name.contains(it))
        || name.len() > LONGEST;
    if bad || !name.chars().all(fits) {
        entry.wrong("the name of a branch like `main` or `release/14`", found);
        return None;
    }
    Some(name)
}

fn folder(top: &Fields<'_>, typed: Option<&[String]>, found: &mut Findings) -> Option<Source> {
    if let Some(entry) = top.get("branch") {
        let what = "a branch of what? `repo` is missing";
        entry.mistake_with(what, "add `repo: https://…`, or leave `branch` out", found);
    }
    let entry = top.get("compose")?;
    let [path] = typed.unwrap_or_default() else {
        let hint = "or add `repo: …` when these are files of a repository";
        entry.mistake_with("`compose` names one folder or one file", hint, found);
        return None;
    };
    let path = PathBuf::from(path);
    if !path.is_absolute() {
        entry.wrong("an absolute path like `/srv/shop`", found);
        return None;
    }
    match is_file(&path) {
        true => path.parent().map(|it| Source::Folder(it.to_owned())),
        false => Some(Source::Folder(path)),
    }
}

fn own_file(typed: Option<&[String]>) -> Vec<String> {
    let path = typed.and_then(|it| it.first()).map(PathBuf::from);
    let name = path.filter(|it| is_file(it));
    let name = name.and_then(|it| Some(it.file_name()?.to_string_lossy().into_owned()));
    name.into_iter().collect()
}

fn is_file(path: &std::path::Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "yml" || it == "yaml")
}

/// Files of a repository stay in it.
fn within(entry: &Entry<'_>, files: Vec<String>, found: &mut Findings) -> Vec<String> {
    if files.len() > MOST_FILES {
        entry.mistake(format!("more than {MOST_FILES} files"), found);
    }
    for file in &files {
        let outside = file.starts_with(['/', '-']) || file.split('/').any(|it| it == "..");
        if outside || file.is_empty() {
            let what = format!("{} is no file of the repository", quoted(file));
            entry.mistake_with(
                what,
                "write `docker-compose.yml` or `deploy/app.yml`",
                found,
            );
        }
    }
    files
}
