//! A message to see whether a channel works.

use std::collections::BTreeMap;

use super::{Words, carry, sender};
use crate::host::clock;
use crate::model::alert::{Letter, Occasion};
use crate::model::channel::AlertSettings;

/// What became of one channel's message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    pub channel: String,
    /// None: it was taken.
    pub why: Option<String>,
}

/// Sends one to each channel, or to the one of this name; none when there is no such channel.
pub async fn send(settings: &AlertSettings, only: Option<&str>, words: Words) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let wanted = |name: &str| only.is_none_or(|it| it == name);
    for channel in settings.channels.iter().filter(|it| wanted(&it.name)) {
        let letter = letter(&channel.name);
        let sent = carry::carry(channel, &letter, &sender(settings), words).await;
        outcomes.push(Outcome {
            channel: channel.name.clone(),
            why: sent.err().map(|it| it.why),
        });
    }
    outcomes
}

fn letter(channel: &str) -> Letter {
    let now = clock::wall();
    Letter {
        id: format!("{}.{channel}.test", now.as_millis()),
        channel: channel.to_owned(),
        occasion: Occasion::Test,
        items: Vec::new(),
        blips: BTreeMap::new(),
        beyond: 0,
        expired: 0,
        threads: Vec::new(),
        made: now.as_secs(),
        tries: 0,
        next: 0,
        why: None,
    }
}
