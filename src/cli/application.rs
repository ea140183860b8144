//! `compose` and `fetch`: applications of several containers on this host.

use super::words::ComposeWish;
use crate::place::{self, composed};
use crate::say;

const NEXT: &str =
    "`wharf check` looks through definitions, `wharf fetch NAME` brings an application";

/// Becomes compose; with `--standing` it says whether the application can be used.
pub(super) async fn compose(wish: &ComposeWish) -> u8 {
    if wish.standing {
        return standing(&wish.name).await;
    }
    let why = composed::compose(&wish.name, &wish.words).await;
    say::error(&why, Some(NEXT));
    super::REFUSED
}

async fn standing(name: &str) -> u8 {
    match composed::fault(name).await {
        Ok(None) => super::DONE,
        Ok(Some(why)) => {
            say::answer_line(&why);
            super::REFUSED
        }
        Err(why) => {
            say::answer_line(&why);
            super::DOCKER_AWAY
        }
    }
}

pub(super) async fn fetch(name: &str) -> u8 {
    match place::fetch(name, say::talk).await {
        Ok(()) => super::DONE,
        Err(why) => {
            say::error(&why.to_string(), Some("what ran still runs"));
            super::REFUSED
        }
    }
}
