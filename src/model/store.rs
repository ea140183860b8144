//! Where revisions are kept, and what is handed to it.

use std::path::PathBuf;

use super::global::Token;
use super::revision::RevisionId;

/// Which store a host uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StorePlace {
    /// Files of this host alone.
    #[default]
    Files,
    /// A database of CouchDB, shared by hosts; the files are its cache.
    Couch(CouchPlace),
}

/// A database of CouchDB.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CouchPlace {
    /// The database, `http://host:5984/services`; may hold user and password itself.
    pub url: String,
    /// In place of what the URL holds.
    pub login: Option<(String, Token)>,
    /// The authorities trusted over https, in place of the public and the host's own ones.
    pub ca_file: Option<PathBuf>,
}

/// Neither a password nor a URL that may hold one shows in a log.
impl std::fmt::Debug for CouchPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CouchPlace").finish_non_exhaustive()
    }
}

/// Who changes a store, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signature {
    pub who: String,
    /// RFC 3339, UTC.
    pub when: String,
    pub note: String,
}

/// A revision to be: the store gives it its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub service: String,
    /// As it was typed, YAML or JSON.
    pub definition: String,
    /// The same as one JSON object, for stores that keep documents.
    pub document: String,
    /// 32 hex digits of what it means: equal for equal content.
    pub digest: String,
    /// `sha256:…`; None when it cannot be told.
    pub image_digest: Option<String>,
    pub signature: Signature,
}

/// A rollback made on this host while its database was away, which the database is still to be told.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unsent {
    pub revision: RevisionId,
    /// The revision of the service's document as this host saw it last; None when it was deleted.
    pub over: Option<RevisionId>,
    pub signature: Signature,
}

/// What becomes of an unsent rollback now that the database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The database wants that revision already.
    Agreed,
    /// Nobody changed the document meanwhile: it is written.
    Sent,
    /// Somebody did, and wants something else.
    Overruled,
}

/// How a rollback made while the database was away came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The database wants it as well.
    Kept(RevisionId),
    /// The database wants something else; why, in words.
    Overruled(RevisionId, String),
}
