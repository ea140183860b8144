//! A database of CouchDB: one document a service, one more for each revision's body, a cache on this host.
//!
//! The database drops old bodies when it compacts, so each is written once more as a document of
//! its own. A rollback writes the old body again under a field that names the revision it brings
//! back: that one is wanted then, and its instances are still warm.

use std::sync::{Mutex, PoisonError};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Error;
use super::adopt;
use super::changes::Changes;
use super::document::{self, Addition};
use super::files::Files;
use super::http::{Answer, Database};
use crate::model::revision::{Revision, RevisionId, Wanted};
use crate::model::store::{CouchPlace, Draft, Signature};

/// Behind the last letter any id has: a range up to it holds all that begins alike.
const LAST: char = '\u{fff0}';

/// One database, with its cache.
pub struct Couch {
    pub(super) database: Database,
    pub(super) cache: Files,
    trouble: Mutex<Option<String>>,
}

/// A service's document as it stands.
pub(super) enum Head {
    There { rev: RevisionId, document: Value },
    Deleted,
    Missing,
}

impl Couch {
    pub(super) fn new(place: &CouchPlace, cache: Files) -> Result<Couch, Error> {
        Ok(Couch {
            database: Database::new(place)?,
            cache,
            trouble: Mutex::default(),
        })
    }

    pub(super) fn place(&self) -> String {
        self.database.place()
    }

    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    pub(super) async fn fetch(&self, service: &str, id: &RevisionId) -> Result<Revision, Error> {
        if let Ok(revision) = self.cache.fetch(service, id) {
            return Ok(revision);
        }
        let document = match self.body(service, id).await? {
            Some(document) => document,
            None => {
                // Edited by hand, or its writer died between the two documents.
                let document = self.at(service, id).await?;
                self.keep(service, id, &document).await?;
                document
            }
        };
        let revision = document::revision(service, id, &document);
        self.cache.keep(&revision)?;
        Ok(revision)
    }

    pub(super) async fn put(
        &self,
        draft: &Draft,
        expected: Option<&RevisionId>,
    ) -> Result<RevisionId, Error> {
        let service = &draft.service;
        let content: Value = serde_json::from_str(&draft.document)
            .map_err(|why| Error::Refused(format!("the definition of {service}: {why}")))?;
        let head = self.head(service).await?;
        let found = id_of(wanted(&head));
        if found.as_ref() != expected {
            return Err(self.conflict(service).await);
        }
        let by = &draft.signature;
        let addition = Addition::new(by, draft.image_digest.clone(), None);
        let document = document::compose(&document::content(&content), &addition);
        let id = self.write(service, &head, &document).await?;
        self.keep(service, &id, &document).await?;
        self.cache
            .keep(&document::revision(service, &id, &document))?;
        self.cache.point(service, &Wanted::Revision(id.clone()))?;
        Ok(id)
    }

    pub(super) async fn list(&self, service: &str) -> Result<Vec<Revision>, Error> {
        // A document changed by hand has no body of its own before it is fetched.
        let asked = match self.wanted(service).await {
            Ok(Wanted::Revision(id)) => self.fetch(service, &id).await.map(drop),
            Ok(Wanted::Deleted | Wanted::Unknown) => Ok(()),
            Err(why) => Err(why),
        };
        let stored = match asked {
            Ok(()) => self.bodies(service).await,
            Err(why) => Err(why),
        };
        self.note(stored.as_ref().err());
        let mut revisions = self.cache.list(service)?;
        match stored {
            Ok(stored) => {
                for (id, document) in stored {
                    if !revisions.iter().any(|it| it.id == id) {
                        revisions.push(document::revision(service, &id, &document));
                    }
                }
            }
            Err(Error::Away(_) | Error::NotFound(_)) => {}
            Err(why) => return Err(why),
        }
        revisions.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(revisions)
    }

    pub(super) async fn want(
        &self,
        service: &str,
        id: &RevisionId,
        by: &Signature,
    ) -> Result<(), Error> {
        let head = self.head(service).await?;
        if id_of(wanted(&head)).as_ref() == Some(id) {
            self.cache.drop_unsent(service)?;
            return self.cache.point(service, &Wanted::Revision(id.clone()));
        }
        self.want_over(&head, service, id, by).await
    }

    /// Writes over the document as it was seen, so that nobody's change in between is lost.
    pub(super) async fn want_over(
        &self,
        head: &Head,
        service: &str,
        id: &RevisionId,
        by: &Signature,
    ) -> Result<(), Error> {
        let revision = self.fetch(service, id).await?;
        // The cache may hold it as it was typed, before the revision came into this database.
        let content = match self.body(service, id).await? {
            Some(document) => document,
            // Forgotten there; the other hosts are to find it again.
            None => {
                let document = adopt::sealed(&revision, &revision.definition)?;
                self.keep(service, id, &document).await?;
                document
            }
        };
        let addition = Addition::new(by, revision.image_digest, Some(id.clone()));
        let document = document::compose(&document::content(&content), &addition);
        self.write(service, head, &document).await?;
        self.cache.point(service, &Wanted::Revision(id.clone()))
    }

    pub(super) async fn delete(&self, service: &str) -> Result<(), Error> {
        if let Head::There { rev, .. } = self.head(service).await? {
            let rev = rev.to_string();
            let query = [("rev", rev.as_str())];
            let answer = self
                .database
                .ask(Method::DELETE, service, &query, None)
                .await?;
            match answer.status {
                StatusCode::CONFLICT => return Err(self.conflict(service).await),
                status if status.is_success() || status == StatusCode::NOT_FOUND => {}
                _ => return Err(self.database.refusal(&answer, "delete the document")),
            }
        }
        self.cache.see(service, None)?;
        self.cache.drop_unsent(service)?;
        match self.cache.wanted(service)? {
            Wanted::Unknown => Ok(()),
            Wanted::Revision(_) | Wanted::Deleted => self.cache.point(service, &Wanted::Deleted),
        }
    }

    pub(super) async fn forget(&self, service: &str, ids: &[RevisionId]) -> Result<(), Error> {
        for id in ids {
            let name = body_name(service, id);
            let answer = self.database.ask(Method::GET, &name, &[], None).await?;
            let Some(rev) = answer.body["_rev"].as_str() else {
                continue;
            };
            let query = [("rev", rev)];
            let answer = self
                .database
                .ask(Method::DELETE, &name, &query, None)
                .await?;
            let gone = [StatusCode::NOT_FOUND, StatusCode::CONFLICT].contains(&answer.status);
            if !answer.status.is_success() && !gone {
                return Err(self.database.refusal(&answer, "delete an old revision"));
            }
        }
        self.cache.forget(service, ids)
    }

    pub(super) async fn services(&self) -> Result<Vec<String>, Error> {
        let answer = self
            .database
            .ask(Method::GET, "_all_docs", &[], None)
            .await?;
        if !answer.status.is_success() {
            return Err(self.database.refusal(&answer, "list its documents"));
        }
        let rows = answer.body["rows"].as_array().cloned().unwrap_or_default();
        let names = rows.iter().filter_map(|it| it["id"].as_str());
        let own = names.filter(|it| super::checked(it).is_ok());
        Ok(own.map(str::to_owned).collect())
    }

    pub(super) fn watch(&self, service: &str) -> Changes {
        Changes::follow(self.database.clone(), service.to_owned())
    }

    pub(super) async fn head(&self, service: &str) -> Result<Head, Error> {
        let answer = self.database.ask(Method::GET, service, &[], None).await?;
        match answer.status {
            StatusCode::OK => {
                let rev = rev(&answer.body["_rev"], &self.place())?;
                Ok(Head::There {
                    rev,
                    document: answer.body,
                })
            }
            StatusCode::NOT_FOUND => match answer.body["reason"].as_str() {
                Some("deleted") => Ok(Head::Deleted),
                Some("missing") => Ok(Head::Missing),
                Some(_) | None => Err(self.database.refusal(&answer, "open the database")),
            },
            _ => Err(self.database.refusal(&answer, "give the document")),
        }
    }

    /// Writes the service's document over `head`; what was to be told before is out of date then.
    async fn write(
        &self,
        service: &str,
        head: &Head,
        document: &Value,
    ) -> Result<RevisionId, Error> {
        let mut document = document.clone();
        if let Head::There { rev, .. } = head {
            document["_rev"] = json!(rev);
        }
        let answer = self
            .database
            .ask(Method::PUT, service, &[], Some(&document))
            .await?;
        match answer.status {
            status if status.is_success() => {
                let rev = rev(&answer.body["rev"], &self.place())?;
                self.cache.see(service, Some(&rev))?;
                self.cache.drop_unsent(service)?;
                Ok(rev)
            }
            StatusCode::CONFLICT => Err(self.conflict(service).await),
            _ => Err(self.database.refusal(&answer, "take the document")),
        }
    }

    /// Returns a revision's body from the document of its own.
    async fn body(&self, service: &str, id: &RevisionId) -> Result<Option<Value>, Error> {
        let name = body_name(service, id);
        let answer = self.database.ask(Method::GET, &name, &[], None).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer.body["document"].clone())),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.database.refusal(&answer, "give the revision")),
        }
    }

    /// Returns the service's document as it was at a revision, if the database still has it.
    async fn at(&self, service: &str, id: &RevisionId) -> Result<Value, Error> {
        let text = id.to_string();
        let query = [("rev", text.as_str())];
        let answer = self
            .database
            .ask(Method::GET, service, &query, None)
            .await?;
        let Answer { status, body } = &answer;
        match *status {
            StatusCode::OK if body["_deleted"] != json!(true) => Ok(body.clone()),
            StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
                let place = self.place();
                let what = format!("{service} has no revision {id} in {place} any more");
                Err(Error::NotFound(what))
            }
            _ => Err(self.database.refusal(&answer, "give the revision")),
        }
    }

    /// Writes a revision's body as a document of its own; one that is there is the same.
    pub(super) async fn keep(
        &self,
        service: &str,
        id: &RevisionId,
        document: &Value,
    ) -> Result<(), Error> {
        let ours = document::addition(document).unwrap_or_default();
        let body = json!({
            "service": service,
            "revision": id,
            "document": document::compose(&document::content(document), &ours),
        });
        let name = body_name(service, id);
        let answer = self
            .database
            .ask(Method::PUT, &name, &[], Some(&body))
            .await?;
        match answer.status {
            StatusCode::CONFLICT => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(self.database.refusal(&answer, "keep the revision")),
        }
    }

    pub(super) async fn bodies(&self, service: &str) -> Result<Vec<(RevisionId, Value)>, Error> {
        let from = json!(format!("{service}:rev:")).to_string();
        let to = json!(format!("{service}:rev:{LAST}")).to_string();
        let query = [
            ("include_docs", "true"),
            ("startkey", &from),
            ("endkey", &to),
        ];
        let answer = self
            .database
            .ask(Method::GET, "_all_docs", &query, None)
            .await?;
        if !answer.status.is_success() {
            return Err(self.database.refusal(&answer, "list the revisions"));
        }
        let rows = answer.body["rows"].as_array().cloned().unwrap_or_default();
        let body = |row: &Value| {
            let id = row["doc"]["revision"].as_str()?.parse().ok()?;
            Some((id, row["doc"]["document"].clone()))
        };
        Ok(rows.iter().filter_map(body).collect())
    }

    /// Names who came first, as far as that can be told now.
    pub(super) async fn conflict(&self, service: &str) -> Error {
        let Ok(Head::There { rev, document }) = self.head(service).await else {
            let what = format!(
                "{service} was deleted or changed by somebody else first; nothing was written"
            );
            return Error::Conflict(what);
        };
        let ours = document::addition(&document).unwrap_or_default();
        let id = ours.brings_back.unwrap_or(rev);
        Error::Conflict(super::conflict(service, &id, &ours.who, &ours.when))
    }

    pub(super) fn note(&self, why: Option<&Error>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = why.map(ToString::to_string);
    }
}

pub(super) fn wanted(head: &Head) -> Wanted {
    match head {
        Head::There { rev, document } => {
            let back = document::addition(document).and_then(|it| it.brings_back);
            Wanted::Revision(back.unwrap_or_else(|| rev.clone()))
        }
        Head::Deleted => Wanted::Deleted,
        Head::Missing => Wanted::Unknown,
    }
}

fn id_of(wanted: Wanted) -> Option<RevisionId> {
    match wanted {
        Wanted::Revision(id) => Some(id),
        Wanted::Deleted | Wanted::Unknown => None,
    }
}

fn rev(value: &Value, place: &str) -> Result<RevisionId, Error> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|why| {
        Error::Refused(format!(
            "the store at {place} gave {text:?} for a revision: {why}"
        ))
    })
}

fn body_name(service: &str, id: &RevisionId) -> String {
    format!("{service}:rev:{id}")
}
