//! `status`, `logs`, `doctor` and the words handed on to systemctl.

use std::io::ErrorKind;
use std::time::Duration;

use super::words::LogWish;
use crate::decide::recall::Wish;
use crate::decide::units::escape;
use crate::host::pipe::Pipe;
use crate::ingress::{self, Ground};
use crate::look;
use crate::model::finding::{Finding, Severity};
use crate::say;

/// How often `status --watch` looks again.
const WATCH: Duration = Duration::from_secs(2);

/// Shows how the services stand; 1 when one of those asked for is unknown, failed or contradicts itself.
pub(super) async fn status(names: &[String], json: bool, watch: bool) -> u8 {
    loop {
        let seen = look::status::look(names).await;
        if watch && !json {
            say::answer("\u{1b}[H\u{1b}[2J");
        }
        match json {
            true => say::answer_line(&serde_json::to_string(&seen.standings).unwrap_or_default()),
            false => say::answer(&say::status::table(&seen.standings, say::colour())),
        }
        for notice in &seen.notices {
            say::talk(&format!("note: {notice}"));
        }
        if !watch {
            let bad = seen
                .standings
                .iter()
                .any(|it| it.drift.is_some() || it.unit.active == "failed");
            let known = |name: &String| seen.standings.iter().any(|it| it.name == *name);
            let unknown = !names.iter().all(known);
            return if bad || unknown {
                super::REFUSED
            } else {
                super::DONE
            };
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// Shows a service's lines and events.
pub(super) async fn logs(typed: LogWish) -> u8 {
    let lines = match count(&typed.lines) {
        Ok(lines) => lines,
        Err(code) => return code,
    };
    if typed.names.is_empty() {
        say::error("which service?", Some("wharf status shows them all"));
        return super::USAGE;
    }
    if let Some(code) = many_revisions(&typed) {
        return code;
    }
    let wish = Wish {
        names: typed.names,
        follow: typed.follow,
        lines,
        since: typed.since,
        until: typed.until,
        grep: typed.grep,
        priority: typed.priority,
        stream: typed.stream,
        revision: typed.rev,
        brief: typed.brief,
        units: Vec::new(),
    };
    let colour = say::colour();
    let each = |record: &str| match typed.json {
        true => say::answer_line(record),
        false => say::answer_line(&say::records::line(record, colour)),
    };
    match look::logs::read(&wish, each).await {
        Ok(()) => super::DONE,
        Err(why) if why.kind() == ErrorKind::InvalidInput => {
            say::error(&why.to_string(), Some("wharf revisions tells them apart"));
            super::USAGE
        }
        Err(why) => {
            say::error(
                &why.to_string(),
                Some("is systemd's journal readable here? `wharf doctor` looks"),
            );
            super::REFUSED
        }
    }
}

/// A revision is of one service; with more of them that is said.
pub(super) fn many_revisions(typed: &LogWish) -> Option<u8> {
    if typed.rev.is_none() || typed.names.len() == 1 {
        return None;
    }
    say::error("--rev is of one service", Some("name that one alone"));
    Some(super::USAGE)
}

/// The number behind `--lines`; None: all.
pub(super) fn count(typed: &str) -> Result<Option<u64>, u8> {
    match typed {
        "all" => Ok(None),
        number => number.parse().map(Some).map_err(|_| {
            let what = format!("--lines {number}: neither a number nor `all`");
            say::error(&what, None);
            super::USAGE
        }),
    }
}

/// Says what is wrong with this host; 1 when something is.
pub(super) async fn doctor(json: bool) -> u8 {
    let ingress = ingress::standing(&Ground::here()).await;
    examined(&crate::doctor::doctor(ingress).await, json)
}

/// Says what was found; 1 when something is wrong.
pub(super) fn examined(findings: &[Finding], json: bool) -> u8 {
    if json {
        say::answer_line(&say::doctor::json(findings));
    } else {
        say::answer(&say::doctor::text(findings));
    }
    match findings.iter().any(|it| it.severity == Severity::Error) {
        true => super::REFUSED,
        false => super::DONE,
    }
}

/// Shows what balancers hold; 1 when a name is unknown, an address is not held or a balancer cannot be asked.
pub(super) fn table(names: &[String], json: bool) -> u8 {
    let (held, unknown) = look::table::look(names);
    match json {
        true => say::answer_line(&serde_json::to_string(&held).unwrap_or_default()),
        false => say::answer(&say::table::text(&held)),
    }
    for it in &unknown {
        say::error(it, None);
    }
    match unknown.is_empty() && held.iter().all(|it| it.servers.is_some()) {
        true => super::DONE,
        false => super::REFUSED,
    }
}

/// Hands the word on to systemctl for the units of these services and returns its verdict.
pub(super) async fn systemctl(word: &str, names: &[String]) -> u8 {
    let mut argv = vec!["systemctl".to_owned(), word.to_owned(), "--".to_owned()];
    argv.extend(names.iter().map(|it| escape::unit(it)));
    let mut pipe = match Pipe::open(&argv) {
        Ok(pipe) => pipe,
        Err(why) => {
            say::error(&why.to_string(), None);
            return super::INTERNAL;
        }
    };
    while let Ok(Some(line)) = pipe.line().await {
        say::answer_line(&line);
    }
    match pipe.status().await {
        Ok(true) => super::DONE,
        Ok(false) => {
            say::talk(&format!(
                "next: wharf status {names}; wharf logs {first}",
                names = names.join(" "),
                first = names.first().map_or("", String::as_str)
            ));
            super::REFUSED
        }
        Err(why) => {
            say::error(&why.to_string(), None);
            super::INTERNAL
        }
    }
}
