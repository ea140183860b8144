//! `put`, `revisions`, `diff`, `rollback`, `withdraw`, `store migrate`: definitions as revisions.

use std::time::Duration;

use serde_json::json;

use super::words::{PutWish, StoreWish};
use crate::host::store::Error;
use crate::revise::migrate::{Side, migrate};
use crate::revise::prune::Halt;
use crate::revise::put::{Asked, put as keep};
use crate::revise::{Refusal, list, turn};
use crate::say;

/// Writes a definition as the next revision and prints its id.
pub(super) async fn put(wish: PutWish) -> u8 {
    let asked = Asked {
        service: wish.service,
        file: wish.file,
        note: wish.note,
        expect: wish.expect,
        reload: !wish.no_reload,
    };
    let outcome = match keep(&asked).await {
        Ok(outcome) => outcome,
        Err(why) => return refused(&asked.service, &why, wish.json),
    };
    if wish.json {
        say::answer_line(&serde_json::to_string(&outcome).unwrap_or_default());
        return super::DONE;
    }
    for notice in &outcome.notices {
        say::talk(&format!("note: {}", say::words::plain(notice)));
    }
    if !outcome.new {
        say::talk("nothing changed: this revision has the very same content and is wanted already");
    }
    if !outcome.pruned.is_empty() {
        let gone: Vec<_> = outcome.pruned.iter().map(|it| it.short()).collect();
        say::talk(&format!("removed old revisions: {}", gone.join(", ")));
    }
    say::answer_line(&outcome.revision.to_string());
    super::DONE
}

/// Shows a service's revisions, the newest first.
pub(super) async fn revisions(service: &str, json: bool) -> u8 {
    let (rows, notice) = match list::rows(service).await {
        Ok(found) => found,
        Err(why) => return refused(service, &why, json),
    };
    match json {
        true => say::answer_line(&serde_json::to_string(&rows).unwrap_or_default()),
        false => say::answer(&say::revisions::table(&rows)),
    }
    if let Some(notice) = notice {
        say::talk(&format!("note: {}", say::words::plain(&notice)));
    }
    super::DONE
}

/// Tells what differs; 1 when something does, as diff does.
pub(super) async fn diff(service: &str, from: &str, to: Option<&str>, json: bool) -> u8 {
    let (from, to, contrasts) = match list::diff(service, from, to).await {
        Ok(found) => found,
        Err(why) => return refused(service, &why, json),
    };
    if json {
        let answer = json!({"from": from, "to": to, "changes": contrasts});
        say::answer_line(&answer.to_string());
    } else {
        say::talk(&format!("from {} to {}:", from.short(), to.short()));
        for contrast in &contrasts {
            say::answer_line(&say::words::plain(&contrast.to_string()));
        }
        if contrasts.is_empty() {
            say::talk("nothing differs");
        }
    }
    match contrasts.is_empty() {
        true => super::DONE,
        false => super::REFUSED,
    }
}

/// Makes an old revision the wanted one and prints its id.
pub(super) async fn rollback(service: &str, to: Option<&str>, note: &str, json: bool) -> u8 {
    let turn::Back {
        now,
        before,
        untold,
    } = match turn::rollback(service, to, note).await {
        Ok(back) => back,
        Err(why) => return refused(service, &why, json),
    };
    if json {
        say::answer_line(&json!({"wanted": now, "before": before, "untold": untold}).to_string());
        return super::DONE;
    }
    match before {
        Some(before) if before == now => say::talk("nothing changed: it is wanted already"),
        Some(before) => say::talk(&format!("{} was wanted so far", before.short())),
        None => {}
    }
    if let Some(why) = untold {
        say::talk(&format!(
            "note: {}\nthis host goes by it all the same, and its manager tells the store when that is back; \
             whoever changes {service} there first wins, and `wharf history {service}` says so",
            say::words::plain(&why)
        ));
    }
    say::answer_line(&now.to_string());
    super::DONE
}

/// Deletes a service; its manager takes the rest away.
pub(super) async fn withdraw(service: &str) -> u8 {
    match turn::withdraw(service).await {
        Ok(true) => {
            say::talk(&format!(
                "withdrawn; its manager takes the instances away now\nnext: systemctl stop {service}@manager; its revisions are kept: wharf rollback {service} REV"
            ));
            super::DONE
        }
        Ok(false) => {
            say::talk(&format!(
                "withdrawn; no manager of it runs here. Its revisions are kept: wharf rollback {service} REV"
            ));
            super::DONE
        }
        Err(why) => refused(service, &why, false),
    }
}

/// Removes images nobody needs; 1 when one could not go, 69 when docker does not answer.
pub(super) async fn prune(dry_run: bool, recent: Duration, json: bool) -> u8 {
    let pruned = match crate::revise::prune::prune(dry_run, recent).await {
        Ok(pruned) => pruned,
        Err(Halt::Docker(why)) => {
            say::error(&why.to_string(), Some("systemctl start docker"));
            return super::DOCKER_AWAY;
        }
        Err(Halt::Revisions(why)) => return refused("", &why, json),
    };
    for notice in &pruned.notices {
        say::talk(&format!("note: {}", say::words::plain(notice)));
    }
    match json {
        true => say::answer_line(&serde_json::to_string(&pruned).unwrap_or_default()),
        false => say::answer(&say::prune::text(&pruned, dry_run)),
    }
    match pruned.images.iter().all(|it| it.refused.is_none()) {
        true => super::DONE,
        false => super::REFUSED,
    }
}

/// Copies everything into the other store.
pub(super) async fn store(wish: &StoreWish) -> u8 {
    let StoreWish::Migrate { from, to, json } = wish;
    let moved = match migrate(side(from), side(to)).await {
        Ok(moved) => moved,
        Err(why) => return refused("", &why, *json),
    };
    if *json {
        say::answer_line(&serde_json::to_string(&moved).unwrap_or_default());
    } else {
        say::answer(&say::revisions::moved(
            &moved.iter().map(line).collect::<Vec<_>>(),
        ));
        say::talk(&format!(
            "next: write `store: …` for {to} into /etc/wharf/wharf.yaml; the old store keeps what it has"
        ));
    }
    match moved.iter().all(|it| it.refused.is_none()) {
        true => super::DONE,
        false => super::REFUSED,
    }
}

fn line(moved: &crate::revise::migrate::Moved) -> (String, String) {
    let what = match (&moved.refused, moved.revisions.len()) {
        (Some(why), _) => format!("left as it is: {why}"),
        (None, 0) => "nothing to move, all of it is there".to_owned(),
        (None, 1) => "1 revision moved".to_owned(),
        (None, many) => format!("{many} revisions moved"),
    };
    (moved.service.clone(), what)
}

fn side(word: &str) -> Side {
    match word {
        "couchdb" => Side::Couchdb,
        _ => Side::Files,
    }
}

fn refused(service: &str, why: &Refusal, json: bool) -> u8 {
    if let Refusal::Mistakes {
        file,
        text,
        mistakes,
    } = why
    {
        match json {
            true => {
                say::answer_line(&json!({"mistakes": say::mistakes::json(mistakes)}).to_string())
            }
            false => say::talk(&say::mistakes::render(
                file,
                text,
                mistakes,
                say::talk_colour(),
            )),
        }
        return super::BAD_DEFINITION;
    }
    let (code, next) = match why {
        Refusal::Store(Error::Conflict(_)) => (
            super::REFUSED,
            Some(format!(
                "wharf revisions {service}; put again when you have seen it"
            )),
        ),
        Refusal::Store(Error::Away(_)) => (
            super::UNREACHABLE,
            Some("what runs goes on; try again when the store answers".to_owned()),
        ),
        Refusal::Store(Error::NotFound(_)) | Refusal::Several { .. } => {
            (super::REFUSED, Some(format!("wharf revisions {service}")))
        }
        Refusal::Unknown(_) | Refusal::Store(Error::Refused(_)) => (super::REFUSED, None),
        Refusal::Store(Error::Disk(_)) | Refusal::Disk(_) => (
            super::REFUSED,
            Some("check the path, its owner, and the room on its disk; run it as root".to_owned()),
        ),
        Refusal::Mistakes { .. } => (super::BAD_DEFINITION, None),
    };
    if json {
        say::answer_line(&json!({"error": why.to_string()}).to_string());
    }
    say::error(&why.to_string(), next.as_deref());
    code
}
