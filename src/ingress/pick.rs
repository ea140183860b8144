//! Which services' routes the proxy takes: all at once, else each by itself.

use std::io::ErrorKind::NotFound;

use super::Refusal;
use super::ground::{self, Ground};
use crate::decide::routes::render::render;
use crate::decide::routes::standing::cause;
use crate::host::{files, haproxy};
use crate::model::ingress::HeldBack;
use crate::model::route::{Entrance, Gate};

/// A gate the proxy takes, and what is not in it as it was wanted.
pub(super) struct Picked {
    pub(super) gate: Gate,
    pub(super) held: Vec<HeldBack>,
}

/// Returns the gate with every service's routes as they are wanted, as they were, or left out.
pub(super) async fn pick(gate: &Gate, ground: &Ground) -> Result<Picked, Refusal> {
    if taken(gate, ground).await?.is_ok() {
        let (gate, held) = (gate.clone(), Vec::new());
        return Ok(Picked { gate, held });
    }
    let bare = with(gate, Vec::new());
    if let Err(said) = taken(&bare, ground).await? {
        return Err(Refusal::Settings(said));
    }
    let before: Option<Gate> = ground::read(&ground.served());
    let (mut entrances, mut held) = (Vec::new(), Vec::new());
    for entrance in &gate.entrances {
        let Err(said) = taken(&with(gate, vec![entrance.clone()]), ground).await? else {
            entrances.push(entrance.clone());
            continue;
        };
        let old = was(before.as_ref(), entrance);
        let old = match old {
            Some(old) if taken(&with(gate, vec![old.clone()]), ground).await?.is_ok() => Some(old),
            Some(_) | None => None,
        };
        held.push(HeldBack {
            service: entrance.service.clone(),
            cause: said,
            before: old.is_some(),
        });
        entrances.extend(old);
    }
    let gate = with(gate, entrances);
    match taken(&gate, ground).await? {
        Ok(()) => Ok(Picked { gate, held }),
        Err(said) => Err(Refusal::Together(said)),
    }
}

fn with(gate: &Gate, entrances: Vec<Entrance>) -> Gate {
    Gate {
        entrances,
        ..gate.clone()
    }
}

fn was(before: Option<&Gate>, it: &Entrance) -> Option<Entrance> {
    let mut all = before?.entrances.iter();
    all.find(|old| old.service == it.service && *old != it)
        .cloned()
}

/// Whether the proxy takes it, or why not.
async fn taken(gate: &Gate, ground: &Ground) -> Result<Result<(), String>, Refusal> {
    let path = ground.trial();
    files::write(&path, render(gate, &ground.names()).as_bytes(), 0o600)?;
    let checked = haproxy::check(&path)
        .await
        .map_err(|why| match why.kind() == NotFound {
            true => Refusal::NoProxy,
            false => Refusal::Disk(why),
        });
    files::remove(&path)?;
    Ok(checked?.map_err(|said| cause(&said)))
}
