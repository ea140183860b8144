//! `command` and what stands beside it: a process of this host instead of a container.

use std::path::PathBuf;
use std::time::Duration;

use crate::decide::quote::quoted;
use crate::model::process::{Activity, Finding, Process, Restart, Sink, Watches};

use super::{
    environment,
    fields::{Entry, Fields},
    findings::Findings,
    keys, naming,
    values::shell,
};

/// usrsvc's `activityfile_limit`.
const ACTIVITY_LIMIT: Duration = Duration::from_secs(120);
/// usrsvc counts memory in kilobytes.
const KILO: u64 = 1024;

/// Keys that only mean something for a container.
const OF_CONTAINERS: [&str; 15] = [
    "image",
    "container_create_args",
    "service_args",
    "secrets",
    "volumes",
    "pull",
    "daemon_grace",
    "tty",
    "address",
    "balancer",
    "scheduler",
    "persistence",
    "replicas",
    "rollout",
    "wants",
];

/// Returns the process; None when the definition runs a container.
pub(super) fn read(top: &Fields<'_>, found: &mut Findings) -> Option<Process> {
    if !top.has("command") && !top.has("shell") {
        lonely(top, found);
        return None;
    }
    foreign(top, found);
    Some(Process {
        argv: argv(top, found).unwrap_or_default(),
        ..shared(top, found)
    })
}

/// Returns what a process of an application is kept by as well: everything but its command.
pub(super) fn shared(top: &Fields<'_>, found: &mut Findings) -> Process {
    let truth =
        |key, usual, found: &mut Findings| top.read(key, found, Entry::truth).unwrap_or(usual);
    let stdout = top.read("stdout", found, sink).unwrap_or(Sink::Journal);
    let variables = top.read("environment", found, |it, found| {
        Some(environment::variables(it, found))
    });
    let env_files = top.read("env_file", found, |it, found| {
        Some(environment::files(it, found))
    });
    Process {
        argv: Vec::new(),
        environment: variables.unwrap_or_default(),
        env_files: env_files.unwrap_or_default(),
        inherit_env: truth("inherit_env", true, found),
        workdir: top.read("workdir", found, Entry::path),
        umask: top.read("umask", found, umask),
        stderr: stderr(top, &stdout, found),
        stdout,
        user: top.read("user", found, Entry::word),
        finding: finding(top, found),
        restart: restart(top, found),
        watches: watches(top, found),
    }
}

/// A container has none of these.
fn lonely(top: &Fields<'_>, found: &mut Findings) {
    for key in keys::PROCESS {
        if let Some(entry) = top.as_entry(key) {
            let what = format!("{} belongs to a process of this host", quoted(key));
            let hint = "a host process has `command: …`; a container has none of this";
            found.mistake_with(entry.place, &entry.path, what, hint);
        }
    }
}

fn foreign(top: &Fields<'_>, found: &mut Findings) {
    for key in OF_CONTAINERS {
        if let Some(entry) = top.as_entry(key) {
            let what = format!("{} means nothing for a process of this host", quoted(key));
            let hint = "leave it out, or run a container: `image` instead of `command`";
            found.mistake_with(entry.place, &entry.path, what, hint);
        }
    }
}

fn argv(top: &Fields<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let line = top.read("shell", found, Entry::word);
    match (top.get("command"), line) {
        (Some(entry), Some(_)) => {
            entry.mistake_with(
                "`command` and `shell` cannot both be run",
                "keep one of the two",
                found,
            );
            None
        }
        (Some(entry), None) => entry.command(found),
        (None, Some(line)) => Some(shell(line)),
        (None, None) => {
            top.missing("command", found);
            None
        }
    }
}

/// Octal, as shells write it.
fn umask(entry: &Entry<'_>, found: &mut Findings) -> Option<u32> {
    let typed = entry.scalar().unwrap_or_default();
    let digits = typed.strip_prefix("0o").unwrap_or(typed);
    let umask = u32::from_str_radix(digits, 8)
        .ok()
        .filter(|it| *it <= 0o777);
    if umask.is_none() {
        entry.wrong("a file mode mask in octal like `022` or `\"0077\"`", found);
    }
    umask
}

fn stderr(top: &Fields<'_>, stdout: &Sink, found: &mut Findings) -> Sink {
    let Some(entry) = top.get("stderr") else {
        return match stdout {
            Sink::Journal => Sink::Journal,
            Sink::Stdout | Sink::File(_) | Sink::Both(_) => Sink::Stdout,
        };
    };
    match entry.scalar() {
        Some("stdout") => Sink::Stdout,
        Some(_) | None => sink(&entry, found).unwrap_or(Sink::Journal),
    }
}

/// `journal`, a file, or a list of both.
fn sink(entry: &Entry<'_>, found: &mut Findings) -> Option<Sink> {
    let typed = match entry.scalar() {
        Some("journal") => return Some(Sink::Journal),
        Some(_) => return entry.path(found).map(Sink::File),
        None => entry.items(found),
    };
    let journal = typed.iter().any(|it| it.scalar() == Some("journal"));
    let mut files = typed.iter().filter(|it| it.scalar() != Some("journal"));
    match (files.next(), files.next(), journal) {
        (Some(file), None, true) => file.path(found).map(Sink::Both),
        (Some(file), None, false) => file.path(found).map(Sink::File),
        (None, _, true) => Some(Sink::Journal),
        _ => {
            entry.wrong("`journal`, one file, or a list of both", found);
            None
        }
    }
}

fn finding(top: &Fields<'_>, found: &mut Findings) -> Finding {
    let pidfile = top.read("pidfile", found, Entry::path);
    let autopid = top.read("autopid", found, Entry::truth).unwrap_or(true);
    if let (false, None, Some(entry)) = (autopid, &pidfile, top.get("autopid")) {
        let what = "`autopid: false` says that the program writes its pidfile, and none is named";
        entry.mistake_with(what, "add `pidfile: /run/…`", found);
    }
    let finding = Finding {
        adopt: top.read("adopt", found, Entry::truth).unwrap_or(false),
        pidfile,
        own_pidfile: !autopid,
        title: top.read("proctitle_re", found, title),
    };
    if finding.adopt
        && finding.pidfile.is_none()
        && finding.title.is_none()
        && let Some(entry) = top.get("adopt")
    {
        let what = "nothing tells which process is to be taken over";
        entry.mistake_with(what, "add `proctitle_re: …` or `pidfile: …`", found);
    }
    finding
}

fn title(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let typed = entry.word(found)?;
    if let Err(why) = regex_lite::Regex::new(&typed) {
        entry.mistake(format!("no regular expression: {why}"), found);
        return None;
    }
    Some(typed)
}

fn restart(top: &Fields<'_>, found: &mut Findings) -> Restart {
    let truth = |key, found: &mut Findings| top.read(key, found, Entry::truth).unwrap_or(true);
    let most = top.read("max_restarts", found, |it, found| {
        it.whole(0..=u64::from(u32::MAX), found)
    });
    let delay = top.read("restart_delay", found, Entry::duration);
    Restart {
        enabled: truth("enabled", found),
        autostart: truth("autostart", found),
        autorestart: truth("autorestart", found),
        most: most.and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
        delay: delay.unwrap_or_default(),
        after: top.read("after", found, names).unwrap_or_default(),
    }
}

fn names(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let names = entry.one_or_more(found)?;
    for name in &names {
        if let Some((what, hint)) = naming::name_fault(name) {
            entry.mistake_with(format!("{}: {what}", quoted(name)), hint, found);
        }
    }
    Some(names)
}

fn watches(top: &Fields<'_>, found: &mut Findings) -> Watches {
    let limit = top.read("activityfile_limit", found, Entry::time);
    let path: Option<PathBuf> = top.read("activityfile", found, Entry::path);
    if let (None, Some(entry)) = (&path, top.get("activityfile_limit")) {
        entry.mistake_with(
            "`activityfile_limit` without a file to look at",
            "add `activityfile: /…`",
            found,
        );
    }
    let usual = Watches::default();
    Watches {
        memory: top.read("rss_limit", found, memory),
        activity: path.map(|path| Activity {
            path,
            limit: limit.unwrap_or(ACTIVITY_LIMIT),
        }),
        after: top
            .read("monitor_after", found, Entry::duration)
            .unwrap_or(usual.after),
    }
}

/// A bare number is usrsvc's, in kilobytes; zero is no limit.
fn memory(entry: &Entry<'_>, found: &mut Findings) -> Option<u64> {
    if let Some(kilo) = entry.scalar().and_then(|it| it.parse::<u64>().ok()) {
        return (kilo > 0).then(|| kilo.saturating_mul(KILO));
    }
    entry.bytes(found)
}
