//! Where revisions are kept: files of this host, or a database of CouchDB with these files as its cache.

mod adopt;
mod changes;
mod couch;
mod document;
mod files;
mod folder;
mod http;
mod standing;

use std::path::{Path, PathBuf};

use crate::model::global::Token;
use crate::model::revision::{Revision, RevisionId, Wanted};
use crate::model::store::{Draft, Fate, Settled, Signature, StorePlace, Unsent};

use couch::Couch;
use files::Files;

/// What wharf.yaml says for all services of this host.
pub const SETTINGS: &str = "/etc/wharf/wharf.yaml";
/// The variable that names another file in its place.
const SETTINGS_VARIABLE: &str = "WHARF_CONFIG";
/// The variable that names a database, as service-manager had it.
pub const COUCHDB_URL: &str = "COUCHDB_URL";
/// Longest name of a service.
const LONGEST_NAME_BYTES: usize = 63;

/// One store, open.
pub enum Store {
    Files(Files),
    Couch(Couch),
}

/// A revision on its way to another store, with its definition as one JSON object.
pub struct Kept {
    pub revision: Revision,
    pub document: String,
}

/// What a story tells apart; each says what failed, where and why.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else changed it first; nothing was written.
    #[error("{0}")]
    Conflict(String),
    /// No such revision.
    #[error("{0}")]
    NotFound(String),
    /// The store does not answer.
    #[error("{0}")]
    Away(String),
    /// It answers, and does not take this: login, name, address of the database.
    #[error("{0}")]
    Refused(String),
    /// The disk of this host.
    #[error("{0}")]
    Disk(String),
}

/// Tells when the wanted revision of one service may have changed.
pub enum Watch {
    Folder(folder::Folder),
    Changes(changes::Changes),
}

impl Store {
    /// Returns the store of this host; nothing is asked yet. `state` is /var/lib/wharf.
    ///
    /// # Errors
    /// [`Error::Refused`] when the database's address or login cannot be what they should be.
    pub fn open(place: &StorePlace, state: &Path) -> Result<Store, Error> {
        let files = Files::new(state.join("revisions"));
        match place {
            StorePlace::Files => Ok(Store::Files(files)),
            StorePlace::Couch(place) => Ok(Store::Couch(Couch::new(place, files)?)),
        }
    }

    /// Where it is, for a sentence.
    pub fn place(&self) -> String {
        match self {
            Store::Files(files) => files.place(),
            Store::Couch(couch) => couch.place(),
        }
    }

    /// Returns which revision a service shall run. A database that does not answer is told by
    /// [`Store::trouble`], and what it said last holds.
    ///
    /// # Errors
    /// [`Error::Away`] and [`Error::Refused`] when it never said anything; [`Error::Disk`].
    pub async fn wanted(&self, service: &str) -> Result<Wanted, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.wanted(service),
            Store::Couch(couch) => couch.wanted(service).await,
        }
    }

    /// Returns which revision the store itself wants, whatever this host goes by while it is away.
    ///
    /// # Errors
    /// Why nobody could be asked; [`Error::Disk`].
    pub async fn standing(&self, service: &str) -> Result<Wanted, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.wanted(service),
            Store::Couch(couch) => couch.standing(service).await,
        }
    }

    /// Returns the rollback that the database is still to be told; nothing is asked.
    pub fn unsent(&self, service: &str) -> Option<Unsent> {
        match self {
            Store::Files(_) => None,
            Store::Couch(couch) => couch.cache.unsent(service),
        }
    }

    /// Makes a revision that this host keeps the wanted one here, for a database that is away.
    ///
    /// # Errors
    /// [`Error::NotFound`] when this host does not keep it; [`Error::Disk`].
    pub fn want_unsent(&self, service: &str, id: &RevisionId, by: &Signature) -> Result<(), Error> {
        checked(service)?;
        match self {
            Store::Files(_) => Ok(()),
            Store::Couch(couch) => couch.want_unsent(service, id, by),
        }
    }

    /// Tells the database of an unsent rollback, or drops it, as `fate` says; returns how it came out,
    /// None when there is none.
    ///
    /// # Errors
    /// Why nobody could be asked; it stays unsent then.
    pub async fn settle(
        &self,
        service: &str,
        fate: impl Fn(&Unsent, Option<&RevisionId>, &Wanted) -> Fate,
    ) -> Result<Option<Settled>, Error> {
        checked(service)?;
        match self {
            Store::Files(_) => Ok(None),
            Store::Couch(couch) => couch.settle(service, fate).await,
        }
    }

    /// Returns why the last question to the store got no answer; None when it did.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Store::Files(_) => None,
            Store::Couch(couch) => couch.trouble(),
        }
    }

    /// Returns a revision whole: from this host where it has it, else from the database.
    ///
    /// # Errors
    /// [`Error::NotFound`], or why nobody could be asked.
    pub async fn fetch(&self, service: &str, id: &RevisionId) -> Result<Revision, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.fetch(service, id),
            Store::Couch(couch) => couch.fetch(service, id).await,
        }
    }

    /// Writes the next revision and makes it the wanted one; returns its id. `expected` is the
    /// revision that was wanted when the change was thought of.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another one is wanted by now or another writer is at it.
    pub async fn put(
        &self,
        draft: &Draft,
        expected: Option<&RevisionId>,
    ) -> Result<RevisionId, Error> {
        checked(&draft.service)?;
        match self {
            Store::Files(files) => files.put(draft, expected).await,
            Store::Couch(couch) => couch.put(draft, expected).await,
        }
    }

    /// Returns all revisions kept, the oldest first. Of a database that is away: those of this host.
    ///
    /// # Errors
    /// [`Error::Refused`] and [`Error::Disk`].
    pub async fn list(&self, service: &str) -> Result<Vec<Revision>, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.list(service),
            Store::Couch(couch) => couch.list(service).await,
        }
    }

    /// Makes a revision that is kept the wanted one again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`], or why nobody could be asked.
    pub async fn want(&self, service: &str, id: &RevisionId, by: &Signature) -> Result<(), Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.want(service, id, by).await,
            Store::Couch(couch) => couch.want(service, id, by).await,
        }
    }

    /// Deletes the service; its revisions stay, to be wanted again.
    ///
    /// # Errors
    /// [`Error::Conflict`], or why nobody could be asked. Fine when it is not there.
    pub async fn delete(&self, service: &str, by: &Signature) -> Result<(), Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.delete(service, by).await,
            Store::Couch(couch) => couch.delete(service).await,
        }
    }

    /// Removes these revisions for good; those that are not there are fine.
    ///
    /// # Errors
    /// As the store says; some may be gone then.
    pub async fn forget(&self, service: &str, ids: &[RevisionId]) -> Result<(), Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.forget(service, ids),
            Store::Couch(couch) => couch.forget(service, ids).await,
        }
    }

    /// Takes over revisions of another store under the ids they have; returns those that were not
    /// there. A second call changes nothing.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another revision is wanted here; or as the store says.
    pub async fn adopt(
        &self,
        service: &str,
        kept: &[Kept],
        wanted: &Wanted,
        by: &Signature,
    ) -> Result<Vec<RevisionId>, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => files.adopt(service, kept, wanted),
            Store::Couch(couch) => couch.adopt(service, kept, wanted, by).await,
        }
    }

    /// Returns every service that is there, with a wanted revision or without.
    ///
    /// # Errors
    /// As the store says.
    pub async fn services(&self) -> Result<Vec<String>, Error> {
        match self {
            Store::Files(files) => files.services(),
            Store::Couch(couch) => couch.services().await,
        }
    }

    /// Returns a watch on a service. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Disk`] when the folder of its files cannot be made.
    pub fn watch(&self, service: &str) -> Result<Watch, Error> {
        checked(service)?;
        match self {
            Store::Files(files) => Ok(Watch::Folder(files.watch(service)?)),
            Store::Couch(couch) => Ok(Watch::Changes(couch.watch(service))),
        }
    }
}

impl Watch {
    /// Returns when the wanted revision may have changed, and at once after a connection that was
    /// lost came back. Dropping the wait loses nothing.
    pub async fn changed(&mut self) {
        match self {
            Watch::Folder(folder) => folder.changed().await,
            Watch::Changes(changes) => changes.changed().await,
        }
    }
}

/// What this host says about its store: the text of wharf.yaml (None: there is none) and $COUCHDB_URL.
///
/// # Errors
/// The file is there and cannot be read.
pub fn asked() -> Result<(Option<String>, Option<String>), Error> {
    let named = std::env::var_os(SETTINGS_VARIABLE);
    let file = settings();
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(why) if named.is_none() && why.kind() == std::io::ErrorKind::NotFound => None,
        Err(why) => return Err(Error::Disk(format!("read {}: {why}", file.display()))),
    };
    let url = std::env::var(COUCHDB_URL).ok().filter(|it| !it.is_empty());
    Ok((text, url))
}

/// The file that [`asked`] reads.
pub fn settings() -> PathBuf {
    std::env::var_os(SETTINGS_VARIABLE).map_or_else(|| SETTINGS.into(), PathBuf::from)
}

/// A name becomes part of paths and addresses.
fn checked(service: &str) -> Result<(), Error> {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"_.-".contains(&it);
    let first = service
        .bytes()
        .next()
        .is_some_and(|it| it.is_ascii_alphanumeric());
    if first && service.len() <= LONGEST_NAME_BYTES && service.bytes().all(fits) {
        return Ok(());
    }
    let shown: String = service.chars().take(LONGEST_NAME_BYTES).collect();
    Err(Error::Refused(format!(
        "{shown:?} cannot name a service: letters, digits, `_`, `.` and `-`, the first a letter or digit, at most {LONGEST_NAME_BYTES}"
    )))
}

/// Returns a password or token; a file gives its first line.
fn secret(token: &Token) -> Result<String, Error> {
    match token {
        Token::Text(text) => Ok(text.clone()),
        Token::File(path) => first_line(path),
    }
}

fn first_line(path: &PathBuf) -> Result<String, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| Error::Disk(format!("read the password in {}: {why}", path.display())))?;
    Ok(text
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned())
}

/// Names the change that came first.
fn conflict(service: &str, id: &RevisionId, who: &str, when: &str) -> String {
    let by = if who.is_empty() {
        String::new()
    } else {
        format!(" by {who}")
    };
    let at = if when.is_empty() {
        String::new()
    } else {
        format!(" at {when}")
    };
    format!("{service} was changed first{by}{at}: revision {id} is wanted now; nothing was written")
}
