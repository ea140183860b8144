//! The proxy that runs: started, told, or given a new configuration, and asked whether it took it.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Refusal;
use super::ground::Ground;
use crate::decide::routes::change::Change;
use crate::decide::routes::standing::{Master, Reload, master, reload};
use crate::host::{files, haproxy, systemd};
use crate::model::ingress::Done;

const UNIT: &str = "wharf-ingress.service";
/// How long a new configuration may take to serve: certificates and names are read again.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two questions meanwhile.
const GLANCE: Duration = Duration::from_millis(20);

/// Puts the text in place of the one before and has the proxy serve it.
pub(super) async fn bring(
    ground: &Ground,
    before: &str,
    text: &str,
    change: Change,
    tell: &impl Fn(&str),
) -> Result<Done, Refusal> {
    let seen = seen(ground).await;
    if change == Change::Nothing && seen.is_some_and(|it| it.failed == 0) {
        return Ok(Done::Nothing);
    }
    put(ground, text)?;
    let Some(seen) = seen else {
        return start(ground, tell);
    };
    if let Change::Words(words) = &change
        && seen.failed == 0
        && say(ground, words).await
    {
        return Ok(Done::Words);
    }
    tell("reload");
    match taken(ground, seen).await {
        Ok(()) => Ok(Done::Reloaded),
        Err(why) => {
            // A restart finds what serves, not what failed.
            put(ground, before)?;
            Err(Refusal::NotTaken(why))
        }
    }
}

fn put(ground: &Ground, text: &str) -> io::Result<()> {
    files::write(&ground.configuration(), text.as_bytes(), 0o600)
}

/// What its master says; None: nobody runs.
pub(super) async fn seen(ground: &Ground) -> Option<Master> {
    master(&haproxy::ask(&ground.master(), "show proc").await.ok()?)
}

/// Whether all of it was taken; a reload makes good what was not.
async fn say(ground: &Ground, words: &[String]) -> bool {
    for line in words {
        let Ok(answer) = haproxy::ask(&ground.admin(), line).await else {
            return false;
        };
        let good = ["changed from", "no need to change"];
        if !good.iter().any(|it| answer.contains(it)) {
            return false;
        }
    }
    true
}

/// Has the master take the file, and waits until it has or could not.
async fn taken(ground: &Ground, before: Master) -> Result<(), String> {
    let until = Instant::now() + LIMIT;
    haproxy::ask(&ground.master(), "reload")
        .await
        .map_err(|why| why.to_string())?;
    while Instant::now() < until {
        // While the master begins anew, nobody answers.
        match seen(ground).await.map(|now| reload(before, now)) {
            Some(Reload::Done) => return Ok(()),
            Some(Reload::Failed) => {
                return Err(
                    "is a port taken by somebody else? journalctl -u wharf-ingress tells"
                        .to_owned(),
                );
            }
            Some(Reload::UnderWay) | None => sleep(GLANCE).await,
        }
    }
    Err(format!("no word of it within {} s", LIMIT.as_secs()))
}

fn start(ground: &Ground, tell: &impl Fn(&str)) -> Result<Done, Refusal> {
    if !ground.unit {
        let why = "nobody runs the proxy, and there is no systemd to start it";
        return Err(Refusal::NotTaken(why.to_owned()));
    }
    tell(&format!("start {UNIT}"));
    let begun =
        systemctl(&["enable", "--quiet", UNIT]).and_then(|()| systemctl(&["restart", UNIT]));
    match begun {
        Ok(()) => Ok(Done::Started),
        Err(why) => Err(Refusal::NotTaken(why.to_string())),
    }
}

/// Stops it for good.
pub(super) fn stop(ground: &Ground, tell: &impl Fn(&str)) -> io::Result<()> {
    if !ground.unit {
        return Ok(());
    }
    tell(&format!("stop {UNIT}"));
    systemctl(&["disable", "--quiet", "--now", UNIT])
}

fn systemctl(words: &[&str]) -> io::Result<()> {
    let words = ["systemctl"].iter().chain(words);
    systemd::run(&words.map(|it| (*it).to_owned()).collect::<Vec<_>>())
}
