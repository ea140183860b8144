//! `roll`, `pause`, `resume`, `abort`, `history`: an operator and a manager.

use std::time::Duration;

use super::errand_words::{HistoryWish, RollWish};
use crate::host::surroundings;
use crate::manager::wish::{self, Refusal, Verdicted};
use crate::model::ledger::StepLine;
use crate::model::revision::RevisionId;
use crate::say;

/// Asks for a rollout, and follows it where that was asked for.
pub(super) async fn roll(wanted: RollWish) -> u8 {
    let service = wanted.service.as_str();
    let asked = match wanted.only_follow {
        true => wish::under_way(service).await,
        false => wish::roll(service).await.map(|it| (it, None)),
    };
    let revision = match asked {
        Ok((_, Some(end))) => return ended(service, &end, wanted.json),
        Ok((revision, None)) => revision,
        Err(why) => return refused(service, &why),
    };
    if !wanted.follow && !wanted.detach && !wanted.only_follow {
        say::answer_line(&revision.to_string());
        return super::DONE;
    }
    let limit = Duration::from_secs(wanted.timeout);
    let each = |line: &StepLine| show(line, wanted.json);
    match wish::follow(service, &revision, wanted.detach, limit, each).await {
        Ok(end) => ended(service, &end, wanted.json),
        Err(why) => refused(service, &why),
    }
}

fn show(line: &StepLine, json: bool) {
    match json {
        true => say::answer_line(&serde_json::to_string(line).unwrap_or_default()),
        false => say::talk(&format!("{} {}", clock(&line.when), line.text)),
    }
}

/// The time of day of an RFC 3339 stamp, to the tenth of a second.
fn clock(when: &str) -> &str {
    when.get(11..21).unwrap_or(when)
}

fn ended(service: &str, end: &Verdicted, json: bool) -> u8 {
    match end {
        Verdicted::Proven(it) => done(service, it, "is proven; the old revision is leaving"),
        Verdicted::Done(it) => done(service, it, "serves"),
        Verdicted::GivenUp(revision, report) => {
            match json {
                true => say::answer_line(&serde_json::to_string(report).unwrap_or_default()),
                false => {
                    say::talk(say::report::render(service, &revision.short(), report).trim_end())
                }
            }
            super::REFUSED
        }
        Verdicted::Superseded(it, other) => {
            let text = format!("{} was superseded by {}", it.short(), other.short());
            say::error(
                &text,
                Some(&format!("wharf revisions {service} tells who put it")),
            );
            super::REFUSED
        }
        Verdicted::Lost => {
            let unit = format!("{service}@manager");
            say::error(
                "the manager went away; what serves goes on",
                Some(&format!("systemctl status {unit}")),
            );
            super::UNREACHABLE
        }
        Verdicted::Late => {
            say::error(
                "not over yet; the rollout goes on by itself",
                Some(&format!("wharf roll {service} --follow watches it again")),
            );
            super::REFUSED
        }
    }
}

fn done(service: &str, revision: &RevisionId, what: &str) -> u8 {
    say::talk(&format!("{service} {} {what}", revision.short()));
    super::DONE
}

pub(super) fn pause(service: &str, paused: bool) -> u8 {
    match wish::pause(service, paused) {
        Ok(()) => super::DONE,
        Err(why) => refused(service, &why),
    }
}

pub(super) async fn abort(service: &str) -> u8 {
    match wish::abort(service, &surroundings::who()).await {
        Ok(revision) => {
            say::talk(&format!(
                "gave up {}; what served before serves",
                revision.short()
            ));
            super::DONE
        }
        Err(why) => refused(service, &why),
    }
}

/// The steps and verdicts of a service, the oldest first.
pub(super) async fn history(wanted: HistoryWish) -> u8 {
    match wish::history(&wanted.service, wanted.lines).await {
        Ok(records) => {
            for record in &records {
                match wanted.json {
                    true => say::answer_line(&say::history::json(record)),
                    false => say::answer_line(&say::history::line(record)),
                }
            }
            super::DONE
        }
        Err(why) => {
            say::error(
                &why.to_string(),
                Some("run it as root, or as a member of systemd-journal"),
            );
            super::REFUSED
        }
    }
}

fn refused(service: &str, why: &Refusal) -> u8 {
    let next = match why {
        Refusal::Unknown(_) => format!("wharf put {service} FILE"),
        Refusal::NoManager(_) => format!("systemctl start {service}@manager"),
        Refusal::Proven(_) => format!("wharf rollback {service} brings the one before it back"),
        Refusal::GivenUp(_) => format!("wharf roll {service} tries it again"),
        Refusal::Store(_) => "see `store:` in /etc/wharf/wharf.yaml".to_owned(),
        Refusal::Notes(_) => "run it as root".to_owned(),
    };
    say::error(&why.to_string(), Some(&next));
    match why {
        Refusal::NoManager(_) | Refusal::Store(_) => super::UNREACHABLE,
        Refusal::Unknown(_) | Refusal::Proven(_) | Refusal::GivenUp(_) | Refusal::Notes(_) => {
            super::REFUSED
        }
    }
}
