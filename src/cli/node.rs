//! `wharf node …`: answers to another machine, in JSON.

use super::fleet_words::NodeWish;
use crate::look::present;
use crate::say;

pub(super) async fn node(wish: &NodeWish) -> u8 {
    match wish {
        NodeWish::Look => look().await,
    }
}

async fn look() -> u8 {
    let present = present::look(env!("CARGO_PKG_VERSION")).await;
    say::answer_line(&serde_json::to_string(&present).unwrap_or_default());
    super::DONE
}
