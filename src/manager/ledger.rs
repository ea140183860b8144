//! The manager's notes on disk: verdicts, wishes, the trace of a rollout, what instances are to know.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decide::global;
use crate::host::files;
use crate::host::store::{self, Store};
use crate::host::verdicts;
use crate::model::ledger::{Trace, Wish};
use crate::model::places::{Places, RUN, RUN_VARIABLE, STATE, STATE_VARIABLE};
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::{FrontRecord, InstanceRecord, Verdict};
use crate::model::stamp;

/// For everybody's eyes: nothing in the notes is a secret.
const MODE: u32 = 0o644;

/// The notes of one service.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) places: Places,
}

/// Returns the places of a service on this host.
pub(super) fn places(service: &str) -> Places {
    Places::new(service, &state(), &folder(RUN_VARIABLE, RUN))
}

fn state() -> PathBuf {
    folder(STATE_VARIABLE, STATE)
}

fn folder(variable: &str, usual: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from)
}

/// Returns the store of this host.
///
/// # Errors
/// wharf.yaml cannot be read, or names a store that cannot be.
pub(super) fn store() -> io::Result<Store> {
    let (text, url) = store::asked().map_err(io::Error::other)?;
    let place = global::store::place(text.as_deref(), url.as_deref());
    let place = place.map_err(|mistakes| {
        let words: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        io::Error::other(format!("{}: {}", store::SETTINGS, words.join("; ")))
    })?;
    Store::open(&place, &state()).map_err(io::Error::other)
}

impl Ledger {
    /// Opens the notes, making their folders.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn open(service: &str) -> io::Result<Ledger> {
        let places = places(service);
        for folder in [places.verdicts(), places.manager()] {
            std::fs::create_dir_all(&folder).map_err(|why| {
                io::Error::new(why.kind(), format!("{}: {why}", folder.display()))
            })?;
        }
        Ok(Ledger { places })
    }

    pub(super) fn verdict(&self, revision: &RevisionId) -> Option<Verdict> {
        read(&self.places.verdict(revision))
    }

    pub(super) fn judge(&self, revision: &RevisionId, verdict: &Verdict) -> io::Result<()> {
        write(&self.places.verdict(revision), verdict)
    }

    /// Returns every proven revision, the one proven last at the end.
    pub(super) fn proven(&self) -> Vec<RevisionId> {
        self.judged().into_iter().map(|it| it.1).collect()
    }

    /// Writes a revision down as proven, never earlier than another: a clock that was set back must not
    /// change what there is to fall back to.
    pub(super) fn prove(&self, revision: &RevisionId, now: u64) -> io::Result<()> {
        let last = self
            .judged()
            .pop()
            .and_then(|it| stamp::parse(it.0.as_bytes()));
        let when = stamp::format(last.map_or(now, |it| now.max(it + 1)));
        self.judge(revision, &Verdict::Proven { when })
    }

    /// When each proven revision was proven, in that order.
    fn judged(&self) -> Vec<(String, RevisionId)> {
        let all = verdicts::all(&self.places).into_iter();
        let mut proven: Vec<_> = all
            .filter_map(|(revision, verdict)| match verdict {
                Verdict::Proven { when } => Some((when, revision)),
                Verdict::Failed { .. } => None,
            })
            .collect();
        proven.sort();
        proven
    }

    pub(super) fn wish(&self) -> Wish {
        read(&self.places.wish()).unwrap_or_default()
    }

    pub(super) fn set_wish(&self, wish: &Wish) -> io::Result<()> {
        write(&self.places.wish(), wish)
    }

    pub(super) fn trace(&self) -> Trace {
        read(&self.places.trace()).unwrap_or_default()
    }

    pub(super) fn set_trace(&self, trace: &Trace) -> io::Result<()> {
        write(&self.places.trace(), trace)
    }

    pub(super) fn front(&self) -> Option<FrontRecord> {
        read(&self.places.front())
    }

    pub(super) fn set_front(&self, front: &FrontRecord) -> io::Result<()> {
        write(&self.places.front(), front)
    }

    pub(super) fn instance(&self, name: &InstanceName) -> Option<InstanceRecord> {
        read(&self.places.instance(name))
    }
}

/// None: it is not there, or is no such note; either way the next look finds out anew.
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&files::read(path).ok()?).ok()
}

fn write<T: Serialize>(path: &Path, note: &T) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(note).map_err(io::Error::other)?;
    files::write(path, &text, MODE)
}

#[cfg(test)]
mod tests {
    use super::Ledger;
    use crate::model::places::Places;
    use crate::model::revision::RevisionId;

    fn revision(generation: u64) -> RevisionId {
        let digest = "0".repeat(32);
        RevisionId { generation, digest }
    }

    #[test]
    fn a_clock_set_back_does_not_change_the_order_of_what_was_proven() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new("web", folder.path(), folder.path());
        std::fs::create_dir_all(places.verdicts()).unwrap();
        let ledger = Ledger { places };
        for (generation, seconds) in [(3, 9_000), (1, 5_000), (2, 5_001)] {
            ledger
                .prove(&revision(generation), seconds * 1_000_000_000)
                .unwrap();
        }
        assert_eq!(ledger.proven(), [revision(3), revision(1), revision(2)]);
    }
}
