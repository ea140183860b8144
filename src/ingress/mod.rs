//! The story of the way in on one node: a gate rendered, checked, put in place, and the proxy told.

mod ground;
mod pause;
mod pick;
mod proxy;
mod standing;

use std::io;

use crate::decide::routes::change::change;
use crate::decide::routes::render::render;
use crate::host::lease::{self, Taken};
use crate::host::{clock, files};
use crate::model::ingress::{Applied, HeldBack};
use crate::model::route::Gate;

pub use ground::Ground;
pub use pause::pause;
pub use standing::standing;

/// How long another apply on this host is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
/// Between two looks at who is at it.
const GLANCE: std::time::Duration = std::time::Duration::from_millis(100);

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("haproxy is not installed here")]
    NoProxy,
    /// What holds for all routes is not taken by the proxy: its own words.
    #[error("the proxy does not take what `ingress` says: {0}")]
    Settings(String),
    /// Each service's routes are taken, and all together are not.
    #[error("the proxy does not take the routes together: {0}")]
    Together(String),
    /// It was told, and could not: what ran before goes on.
    #[error("the proxy did not take the new configuration ({0}); what it had before goes on")]
    NotTaken(String),
    #[error("another apply is under way: {0}")]
    Busy(String),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Makes this host's ingress what the gate says. Routes of a service the proxy does not take stay as they
/// were, or are left out, and the others are served all the same.
///
/// # Errors
/// [`Refusal`]; what was served before is served still.
pub async fn apply(gate: &Gate, ground: &Ground, tell: impl Fn(&str)) -> Result<Applied, Refusal> {
    ground.prepare()?;
    let _lease = alone(ground).await?;
    ground::write(&ground.wanted(), gate)?;
    let picked = pick::pick(gate, ground).await?;
    for held in &picked.held {
        tell(&format!("{} is held back: {}", held.service, held.cause));
    }
    ground::write(&ground.held(), &picked.held)?;
    let text = render(&picked.gate, &ground.names());
    let before = files::read_within(&ground.configuration(), u64::MAX >> 1).unwrap_or_default();
    let done = proxy::bring(ground, &before, &text, change(&before, &text), &tell).await?;
    ground::write(&ground.served(), &picked.gate)?;
    Ok(Applied {
        done,
        held: picked.held,
    })
}

/// Returns what the proxy of this host does not take of the gate; nothing is changed.
///
/// # Errors
/// [`Refusal`].
pub async fn check(gate: &Gate, ground: &Ground) -> Result<Vec<HeldBack>, Refusal> {
    ground.prepare()?;
    let _lease = alone(ground).await?;
    Ok(pick::pick(gate, ground).await?.held)
}

/// Takes the ingress away: nothing comes in on this host any more.
///
/// # Errors
/// The disk or systemd refuse.
pub fn remove(ground: &Ground, tell: impl Fn(&str)) -> io::Result<()> {
    proxy::stop(ground, &tell)?;
    for path in [
        ground.configuration(),
        ground.wanted(),
        ground.served(),
        ground.held(),
    ] {
        files::remove(&path)?;
    }
    Ok(())
}

/// Two at once would each change what the other has just read.
async fn alone(ground: &Ground) -> Result<lease::Lease, Refusal> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let text = format!("process {} since {:?}", std::process::id(), clock::wall());
    loop {
        match lease::take(&ground.lease(), &text)? {
            Taken::Mine(lease) => return Ok(lease),
            Taken::Held(who) if tokio::time::Instant::now() > until => {
                return Err(Refusal::Busy(who));
            }
            Taken::Held(_) => tokio::time::sleep(GLANCE).await,
        }
    }
}
