//! The pump of a supervisor: what happens is told to it as it happens, with or without a journal.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{sleep, timeout};

use super::{Pump, SELF};
use crate::decide::alert::listen::Tidings;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;

/// Between two turns while something is under way, and while nothing is.
const TICK: Duration = Duration::from_secs(2);
const REST: Duration = Duration::from_secs(600);

/// Takes what comes and tells people, until nobody tells it anything any more.
pub async fn run(pump: &mut Pump, inbox: &mut Receiver<Tidings>) {
    let mut failed = false;
    loop {
        let patience = if pump.is_restless() { TICK } else { REST };
        match timeout(patience, inbox.recv()).await {
            Ok(Some(tidings)) => pump.take(&tidings, false).await,
            Ok(None) => return,
            Err(_) => {}
        }
        take_rest(pump, inbox).await;
        // A full disk ends one day; until then nothing is sent, because it would be sent twice.
        if let Err(why) = pump.turn().await {
            if !std::mem::replace(&mut failed, true) {
                let text = format!("alerts cannot be kept, nobody is told anything: {why}");
                pump.say(Event::new(Kind::AlertStuck, Priority::ERROR, text), SELF)
                    .await;
            }
            sleep(TICK).await;
        } else {
            failed = false;
        }
    }
}

/// Notes what came last, for the pump that follows.
pub async fn leave(pump: &mut Pump, inbox: &mut Receiver<Tidings>) {
    take_rest(pump, inbox).await;
    let _ = pump.keep();
}

async fn take_rest(pump: &mut Pump, inbox: &mut Receiver<Tidings>) {
    while let Ok(tidings) = inbox.try_recv() {
        pump.take(&tidings, false).await;
    }
}
