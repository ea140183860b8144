//! What every part of the story has before it: the store, the node's notes, the name checked.

use std::path::PathBuf;

use super::Refusal;
use crate::decide::{definition, global, revision};
use crate::host::store::{self, Store};
use crate::host::{clock, files, surroundings, verdicts};
use crate::model::ledger::Wish;
use crate::model::places::{Places, RUN, RUN_VARIABLE, STATE, STATE_VARIABLE};
use crate::model::revision::{RevisionId, Wanted};
use crate::model::rollout::Verdict;
use crate::model::stamp;
use crate::model::store::{Signature, StorePlace};

/// One service, and the store it is kept in.
pub(super) struct Desk {
    pub(super) service: String,
    pub(super) store: Store,
    pub(super) places: Places,
    run: PathBuf,
}

impl Desk {
    pub(super) fn open(service: &str) -> Result<Desk, Refusal> {
        if let Some((what, hint)) = definition::name_fault(service) {
            return Err(Refusal::Unknown(format!("{service:?}: {what}; {hint}")));
        }
        let store = Store::open(&place()?, &state())?;
        let run = folder(RUN_VARIABLE, RUN);
        Ok(Desk {
            service: service.to_owned(),
            places: Places::new(service, &state(), &run),
            store,
            run,
        })
    }

    /// Returns the wanted revision; a store that is away is an error here, for a change needs it.
    pub(super) async fn wanted(&self) -> Result<Wanted, Refusal> {
        Ok(self.store.standing(&self.service).await?)
    }

    /// Returns the revision that is meant; None means the wanted one.
    pub(super) async fn find(&self, typed: &str) -> Result<RevisionId, Refusal> {
        let all = self.store.list(&self.service).await?;
        let ids: Vec<_> = all.into_iter().map(|it| it.id).collect();
        revision::find(typed, &ids).map_err(|why| match why {
            revision::Unfound::Nothing => Refusal::Unknown(format!(
                "{} has no revision {typed:?} in {}",
                self.service,
                self.store.place()
            )),
            revision::Unfound::Several(several) => Refusal::Several {
                typed: typed.to_owned(),
                several,
            },
        })
    }

    /// Returns what became of revisions on this host.
    pub(super) fn judged(&self) -> Vec<(RevisionId, Verdict)> {
        verdicts::all(&self.places)
    }

    /// Returns the revisions with an instance on this host: each has a folder while it runs.
    pub(super) fn running(&self) -> Vec<RevisionId> {
        let entries = std::fs::read_dir(&self.run).into_iter().flatten().flatten();
        let names = entries.filter_map(|it| it.file_name().into_string().ok());
        let ids = names.filter_map(|it| {
            let instance = it.strip_prefix(&self.service)?.strip_prefix('@')?;
            instance.split('.').next()?.parse().ok()
        });
        ids.collect()
    }

    /// Whether the service was taken down for good on this host.
    pub(super) fn is_withdrawn(&self) -> bool {
        self.wish().withdrawn
    }

    fn wish(&self) -> Wish {
        let text = files::read(&self.places.wish()).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Has the manager go for the wanted revision again, whatever was asked before.
    pub(super) fn ask(&self, withdrawn: bool) -> Result<(), Refusal> {
        let path = self.places.wish();
        let mut wish = self.wish();
        wish.withdrawn = withdrawn;
        wish.asked += 1;
        std::fs::create_dir_all(self.places.rollout())?;
        let text = serde_json::to_vec_pretty(&wish).map_err(std::io::Error::other)?;
        Ok(files::write(&path, &text, 0o644)?)
    }
}

/// Signs a change as whoever types here, now.
pub(super) fn signature(note: &str) -> Signature {
    let nanos = u64::try_from(clock::wall().as_nanos()).unwrap_or(u64::MAX);
    let when = stamp::format(nanos);
    // Whole seconds are enough for people.
    let seconds = when.split('.').next().unwrap_or_default();
    Signature {
        who: surroundings::who(),
        when: format!("{seconds}Z"),
        note: note.to_owned(),
    }
}

/// Returns the store this host uses.
pub(super) fn place() -> Result<StorePlace, Refusal> {
    let (text, url) = store::asked()?;
    global::store::place(text.as_deref(), url.as_deref()).map_err(|mistakes| Refusal::Mistakes {
        file: store::settings().display().to_string(),
        text: text.unwrap_or_default(),
        mistakes,
    })
}

pub(super) fn state() -> PathBuf {
    folder(STATE_VARIABLE, STATE)
}

fn folder(variable: &str, usual: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from)
}
