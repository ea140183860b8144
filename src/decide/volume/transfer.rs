//! What to send to another node: nothing, the difference to what both have, or all of it; or why not.

use std::collections::{HashMap, HashSet};

use crate::model::volume::{Held, Role, Snapshot, Standing, There, Uuid};

/// What goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer<'a> {
    /// It is there.
    Nothing,
    /// The difference to this one, which both have.
    From(&'a Snapshot),
    /// Nothing of it is there, and nothing ever was.
    All,
    /// Nothing of it is there, though it once was.
    AllAgain,
}

/// Why nothing may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What appeared there last is unknown here.
    Diverged {
        newest: String,
    },
    /// Another master has come since.
    Fenced {
        term: u64,
    },
    /// A volume of this name is written into there.
    TwoMasters,
    /// Here it is no master's.
    NotMaster(Role),
    NoBtrfs,
}

/// Returns what to send so that the other node has `wanted`. `here` are all complete snapshots of the
/// volume on this node, `known` is what this node remembers of the other one.
///
/// # Errors
/// [`Refused`].
pub fn transfer<'a>(
    wanted: &Snapshot,
    here: &'a [Snapshot],
    standing: &Standing,
    known: Option<Uuid>,
    there: &There,
) -> Result<Transfer<'a>, Refused> {
    if !there.btrfs {
        return Err(Refused::NoBtrfs);
    }
    if standing.role == Role::Fenced {
        return Err(Refused::NotMaster(standing.role));
    }
    if there.term > standing.term {
        return Err(Refused::Fenced { term: there.term });
    }
    let writes = there.present && there.role == Role::Master;
    if writes && there.term == standing.term {
        return Err(Refused::TwoMasters);
    }
    let ours: HashSet<Uuid> = here.iter().map(|it| it.subvolume.id()).collect();
    let newest = there.snapshots.iter().max_by_key(|it| it.created);
    if let Some(newest) = newest.filter(|it| !ours.contains(&it.id)) {
        return Err(Refused::Diverged {
            newest: newest.name.clone(),
        });
    }
    let theirs: HashMap<Uuid, u64> = there
        .snapshots
        .iter()
        .map(|it| (it.id, it.created))
        .collect();
    if theirs.contains_key(&wanted.subvolume.id()) {
        return Ok(Transfer::Nothing);
    }
    let common = here
        .iter()
        .filter(|it| theirs.contains_key(&it.subvolume.id()));
    match common.max_by_key(|it| it.subvolume.created) {
        Some(parent) => Ok(Transfer::From(parent)),
        None if known.is_some() => Ok(Transfer::AllAgain),
        None => Ok(Transfer::All),
    }
}

/// Returns the newest snapshot another node has, and the last of the others that is here too; None: it has none.
pub fn fetch<'a>(here: &[Snapshot], there: &'a There) -> Option<(&'a Held, Option<&'a Held>)> {
    let ours: HashSet<Uuid> = here.iter().map(|it| it.subvolume.id()).collect();
    let newest = there.snapshots.iter().max_by_key(|it| it.created)?;
    let others = there.snapshots.iter().filter(|it| it.id != newest.id);
    let common = others.filter(|it| ours.contains(&it.id));
    Some((newest, common.max_by_key(|it| it.created)))
}

/// Returns what to tell, and what to do next.
pub fn told(refused: &Refused, volume: &str, peer: &str) -> (String, String) {
    match refused {
        Refused::Diverged { newest } => (
            format!("{peer} has {newest}, which is unknown here: {volume} has gone two ways"),
            format!(
                "to keep what is there, fetch it: wharf volume receive {peer} {volume}; to give it up, on {peer}: wharf volume rm {newest} --force"
            ),
        ),
        Refused::Fenced { term } => (
            format!(
                "{peer} has become the master of {volume} (term {term}); this node is not any more"
            ),
            format!(
                "wharf volume receive {peer} {volume} brings what it has; wharf volume restore {volume} makes this node the master again"
            ),
        ),
        Refused::TwoMasters => (
            format!("{peer} has a volume {volume} of its own that services write into"),
            format!(
                "on {peer}: wharf volume rm {volume} (its snapshots stay), or give one of the two another name"
            ),
        ),
        Refused::NotMaster(role) => (
            format!(
                "{volume} is {} here: another node is its master",
                word(*role)
            ),
            format!(
                "send it from there, or wharf volume restore {volume} to make this node the master"
            ),
        ),
        Refused::NoBtrfs => (
            format!("volumes on {peer} lie on no btrfs"),
            format!("mount a btrfs there, or use wharf volume sync on {peer}, which copies files"),
        ),
    }
}

/// Returns the role as a person reads it.
pub fn word(role: Role) -> &'static str {
    match role {
        Role::Master => "master",
        Role::Replica => "a replica",
        Role::Fenced => "fenced off",
    }
}

#[cfg(test)]
mod tests;
