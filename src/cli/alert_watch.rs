//! `alert watch`: many nodes asked now and then, and people told.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::alert_words::WatchWish;
use super::{USAGE, alert, fleet};
use crate::alert::Pump;
use crate::alert::ground::Ground;
use crate::cluster::load::Loaded;
use crate::decide::alert::sights;
use crate::host::{clock, signals};
use crate::say;

/// How long a node has to answer.
const ASK_LIMIT: Duration = Duration::from_secs(super::fleet_words::ASK_SECONDS);
/// Between two turns while nothing is asked.
const TURN: Duration = Duration::from_secs(2);

pub(super) async fn watch(ground: Ground, typed: &WatchWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        let next = "give it with -f FILE, or in WHARF_FILE";
        say::error("wharf alert watch needs a cluster file", Some(next));
        return USAGE;
    };
    let loaded = match fleet::opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let ground = ground.of_others();
    // What the cluster's own file says holds for all who watch it, wherever they do.
    let settings = match loaded.cluster.alerts.clone() {
        Some(settings) => settings,
        None => match alert::settings(&ground, false) {
            Ok(settings) => settings,
            Err(code) => return code,
        },
    };
    let watched = async {
        let _lease = ground.claim()?;
        let mut pump = Pump::open(ground.clone(), settings, say::letter::write)?;
        until_stopped(&mut pump, &loaded, typed).await
    };
    alert::ended(watched.await)
}

async fn until_stopped(pump: &mut Pump, loaded: &Loaded, typed: &WatchWish) -> io::Result<()> {
    let (mut stop, _reload) = signals::listen()?;
    tokio::select! {
        ended = looks(pump, loaded, typed) => ended,
        () = stop.asked() => Ok(()),
    }
}

async fn looks(pump: &mut Pump, loaded: &Loaded, typed: &WatchWish) -> io::Result<()> {
    loop {
        let next = Instant::now() + Duration::from_secs(typed.every);
        let seen = fleet::look(loaded, ASK_LIMIT).await;
        let now = clock::wall().as_secs();
        for heard in sights::heard(&seen, typed.services) {
            pump.note(heard, now, false).await;
        }
        pump.turn().await?;
        if typed.once {
            return Ok(());
        }
        while Instant::now() < next {
            sleep_until(next.min(Instant::now() + TURN)).await;
            pump.turn().await?;
        }
    }
}
