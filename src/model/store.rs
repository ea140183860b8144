//! Where revisions are kept, and what is handed to it.

use super::global::Token;

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
#[derive(Clone, PartialEq, Eq)]
pub struct CouchPlace {
    /// The database, `http://host:5984/services`; may hold user and password itself.
    pub url: String,
    /// In place of what the URL holds.
    pub login: Option<(String, Token)>,
}

/// Neither a password nor a URL that may hold one shows in a log.
impl std::fmt::Debug for CouchPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CouchPlace").finish_non_exhaustive()
    }
}

/// Who changes a store, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
