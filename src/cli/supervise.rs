//! `supervise` and its orders, and a host process under a unit.

use std::path::{Path, PathBuf};

use super::supervise_alerts;
use super::supervise_words::{OrderWish, StandWish, SuperviseOrder, SuperviseWish};
use crate::decide::usrsvc::codes;
use crate::host::{definitions, surroundings};
use crate::model::process::{Answer, Request};
use crate::model::service::Service;
use crate::say;
use crate::supervise::{self, Ears, Given, Refused, Unusable};

/// Its folder below the user's state.
const FOLDER: &str = "supervise";

/// Supervises, or passes an order on to who does.
pub(super) async fn supervise(wish: SuperviseWish) -> u8 {
    let Some(folder) = state(wish.state) else {
        return homeless();
    };
    match wish.order {
        None => {
            let given = match wish.usrsvc {
                Some(file) => Given::Usrsvc(file),
                None => given(wish.config),
            };
            supervise_alerts::begin(given, &folder).await
        }
        Some(order) => pass(&folder, order).await,
    }
}

fn given(folders: Vec<PathBuf>) -> Given {
    Given::Folders(match folders.is_empty() {
        true => definitions::own(),
        false => folders,
    })
}

/// Where the supervisor of this user keeps things.
pub(super) fn state(typed: Option<PathBuf>) -> Option<PathBuf> {
    typed.or_else(|| Some(surroundings::state_folder()?.join(FOLDER)))
}

pub(super) fn homeless() -> u8 {
    say::error(
        "$HOME is not set, so there is no place to keep records in",
        Some("name one with --state FOLDER"),
    );
    super::USAGE
}

pub(super) async fn begin(given: Given, folder: &Path, ears: Ears) -> u8 {
    let usrsvc = matches!(given, Given::Usrsvc(_));
    match supervise::supervise(given, folder, ears).await {
        Ok(()) => super::DONE,
        Err(Refused::Definitions(wrong)) => {
            tell(&wrong);
            match usrsvc {
                true => codes::INVALID_CONFIG,
                false => super::BAD_DEFINITION,
            }
        }
        Err(Refused::Running(why)) => {
            say::error(&why, Some("wharf supervise reload, or stop that one first"));
            match usrsvc {
                true => codes::USRSVCD_ALREADY_RUNNING,
                false => super::REFUSED,
            }
        }
        Err(Refused::Other(why)) => {
            say::error(&format!("cannot supervise: {why}"), None);
            super::REFUSED
        }
    }
}

pub(super) fn tell(wrong: &[Unusable]) {
    for it in wrong {
        match it {
            Unusable::Wrong {
                file,
                text,
                mistakes,
            } => say::talk(&say::mistakes::render(
                &file.to_string_lossy(),
                text,
                mistakes,
                say::talk_colour(),
            )),
            Unusable::Told(text) => say::error(text, None),
        }
    }
}

/// At a terminal the events are shown as well.
pub(super) fn echo() -> Option<supervise::Echo> {
    say::on_terminal().then(|| {
        Box::new(|event: &_, name: &str| {
            say::talk(&format!("{name}: {}", say::records::event(event)));
        }) as supervise::Echo
    })
}

async fn pass(folder: &Path, order: SuperviseOrder) -> u8 {
    let (request, json) = match order {
        SuperviseOrder::Start(OrderWish {
            names,
            parallel,
            json,
        }) => (Request::Start { names, parallel }, json),
        SuperviseOrder::Stop(OrderWish {
            names,
            parallel,
            json,
        }) => (Request::Stop { names, parallel }, json),
        SuperviseOrder::Restart(OrderWish {
            names,
            parallel,
            json,
        }) => (Request::Restart { names, parallel }, json),
        SuperviseOrder::Status(StandWish { names, json }) => (Request::Status { names }, json),
        SuperviseOrder::Reload { json } => (Request::Reload, json),
    };
    let mut said = Said::default();
    let socket = supervise::socket(folder);
    let asked = supervise::ask(&socket, &request, |it| said.take(it, json));
    if let Err(why) = asked.await {
        say::error(
            &format!("no supervisor answers in {}: {why}", folder.display()),
            Some("start one: wharf supervise, or systemctl start wharf-supervise@USER"),
        );
        return super::UNREACHABLE;
    }
    said.finish(json)
}

/// What was answered so far.
#[derive(Default)]
struct Said {
    standings: Vec<crate::model::process::Standing>,
    bad: bool,
}

impl Said {
    fn take(&mut self, answer: Answer, json: bool) {
        self.bad |= match &answer {
            Answer::Outcome(it) => !it.verdict.is_good() && !say::supervise::harmless(it),
            Answer::Standing(it) => it.state != "running",
            Answer::Refused(_) => true,
            Answer::Reloaded(_) | Answer::End => false,
        };
        if json {
            return say::supervise::json(&answer);
        }
        match answer {
            // A table is made of all of them.
            Answer::Standing(it) => self.standings.push(it),
            Answer::Outcome(_) | Answer::Reloaded(_) | Answer::Refused(_) | Answer::End => {
                say::supervise::answer(&answer);
            }
        }
    }

    fn finish(self, json: bool) -> u8 {
        if !json && !self.standings.is_empty() {
            say::answer(&say::supervise::table(&self.standings));
        }
        match self.bad {
            true => super::REFUSED,
            false => super::DONE,
        }
    }
}

/// Runs one host process for its unit.
pub(super) async fn alone(service: Service, file: &Path) -> u8 {
    let name = service.name.clone();
    match supervise::run(service, file, echo()).await {
        Ok(code) => code,
        Err(why) => {
            say::error(&format!("cannot run {name}: {why}"), None);
            super::REFUSED
        }
    }
}

/// Ends what the unit of a host process left; None when this is none.
pub(super) async fn reap(name: &str) -> Option<u8> {
    match supervise::reap(name).await {
        Ok(None) => None,
        Ok(Some(ended)) => {
            if ended {
                say::talk(&format!("ended the process of {name}"));
            }
            Some(super::DONE)
        }
        Err(why) => {
            say::error(&format!("{name}: {why}"), None);
            Some(super::REFUSED)
        }
    }
}
