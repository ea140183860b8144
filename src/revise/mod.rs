//! The story of revisions: put, shown, compared, brought back, withdrawn, moved to another store.

mod desk;
pub mod list;
pub mod migrate;
mod noted;
pub mod prune;
pub mod put;
mod record;
pub mod turn;

use crate::host::store;
use crate::model::mistake::Mistake;
use crate::model::revision::RevisionId;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A file with mistakes, to be shown in it.
    #[error("{file} has mistakes")]
    Mistakes {
        file: String,
        text: String,
        mistakes: Vec<Mistake>,
    },
    #[error("{0}")]
    Store(#[from] store::Error),
    /// Nobody ever put it, or somebody deleted it.
    #[error("{0}")]
    Unknown(String),
    #[error("{typed} means several revisions: {}", ids(.several))]
    Several {
        typed: String,
        several: Vec<RevisionId>,
    },
    #[error("{0}")]
    Disk(#[from] std::io::Error),
}

fn ids(ids: &[RevisionId]) -> String {
    let ids: Vec<_> = ids.iter().map(RevisionId::short).collect();
    ids.join(", ")
}
