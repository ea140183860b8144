//! Alerts a human can live with: what was heard becomes incidents, and incidents become few letters.
//!
//! The book is the whole memory. [`listen`] reads events, [`hear`] notes what they mean, [`turn`] writes
//! the letters that are due, [`post`] says which to try now and what their fate changes. Nothing here
//! knows the time but by its arguments, so that [`week`] can live through years of it.

pub mod addresses;
pub mod hear;
pub mod listen;
pub mod post;
pub mod redact;
pub mod settings;
pub mod sights;
mod standing;
pub mod turn;
pub(in crate::decide) mod ways;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod week;

use crate::model::alert::{Book, Incident, Key, Silence, Trouble};

/// Incidents followed at once; further ones are counted, and the count is told.
const MOST_INCIDENTS: usize = 5_000;
/// Lines of letters given up that are told one by one.
const MOST_OWED: usize = 500;

/// Whether nothing is told of this now: somebody silenced it, a deploy changes it, or something greater is
/// wrong that explains it.
fn covered(book: &Book, silences: &[Silence], key: &Key, now: u64) -> bool {
    let silenced = |it: &Silence| it.covers(key, now);
    silences.iter().any(silenced)
        || (key.trouble != Trouble::Rollout && book.changing.iter().any(silenced))
        || book.incidents.iter().any(|it| it.bad && explains(it, key))
}

/// A node that is away explains its services, a docker that is away its containers, and a service that is
/// down its checks.
fn explains(greater: &Incident, key: &Key) -> bool {
    let same_node = greater.key.node == key.node;
    match greater.key.trouble {
        Trouble::Node => same_node && key.trouble != Trouble::Node,
        Trouble::Docker => same_node && matches!(key.trouble, Trouble::Down | Trouble::Check),
        Trouble::Down => {
            same_node && greater.key.service == key.service && key.trouble == Trouble::Check
        }
        Trouble::Check
        | Trouble::Rollout
        | Trouble::Store
        | Trouble::Balancer
        | Trouble::Definition
        | Trouble::Resource => false,
    }
}
