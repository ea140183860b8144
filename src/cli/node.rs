//! `wharf node …`: answers to another machine, in JSON.

use std::time::Duration;

use serde_json::json;

use super::fleet_words::{NodeWish, OnceWish, PlaceWish};
use crate::host::files;
use crate::ingress::{self, Ground};
use crate::look::present;
use crate::model::log::Stream;
use crate::place::{self, End, Refusal};
use crate::say;
use crate::shim::once;

pub(super) async fn node(wish: &NodeWish) -> u8 {
    match wish {
        NodeWish::Look => look().await,
        NodeWish::Place(wish) => place(wish).await,
        NodeWish::Once(wish) => once(wish).await,
        NodeWish::Volume(wish) => super::volume::asked(wish).await,
    }
}

async fn look() -> u8 {
    let mut present = present::look(env!("CARGO_PKG_VERSION")).await;
    present.ingress = ingress::standing(&Ground::here()).await;
    say::answer_line(&serde_json::to_string(&present).unwrap_or_default());
    super::DONE
}

fn step(text: &str) {
    say::answer_line(&json!({"step": text}).to_string());
}

async fn place(wish: &PlaceWish) -> u8 {
    let name = wish.service.as_str();
    let ended = match (wish.back, wish.remove) {
        (true, _) => place::back(name, step).map(|()| End::Done),
        (false, true) => place::remove(name, step).await.map(|()| End::Done),
        (false, false) => match files::stdin() {
            Ok(text) => place::place(name, &text, &wish.note, step).await,
            Err(why) => Err(why.into()),
        },
    };
    match ended {
        Ok(End::Done | End::Unchanged) => super::DONE,
        Ok(End::Failed(report)) => {
            say::answer_line(&serde_json::to_string(&report).unwrap_or_default());
            super::REFUSED
        }
        Err(Refusal::Mistakes(mistakes)) => {
            say::answer_line(&json!({"mistakes": say::mistakes::json(&mistakes)}).to_string());
            super::BAD_DEFINITION
        }
        Err(why @ (Refusal::Unfit(_) | Refusal::Disk(_))) => refused(&why.to_string()),
    }
}

fn refused(why: &str) -> u8 {
    say::answer_line(&json!({"error": why}).to_string());
    super::REFUSED
}

/// The command's own output is the answer, and its code is ours.
async fn once(wish: &OnceWish) -> u8 {
    let text = match files::stdin() {
        Ok(text) => text,
        Err(why) => return refused(&why.to_string()),
    };
    let limit = Duration::from_secs(wish.timeout);
    let each = |_: Stream, bytes: &[u8]| say::answer(&String::from_utf8_lossy(bytes));
    match once::once(&wish.service, &text, &wish.command, limit, each).await {
        Ok(code) => u8::try_from(code).unwrap_or(super::REFUSED),
        Err(why) => refused(&why),
    }
}
