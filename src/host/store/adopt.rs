//! Revisions of another store taken into a database, under the ids they have.

use reqwest::Method;
use serde_json::{Value, json};

use super::couch::{Couch, wanted};
use super::document::{self, Addition};
use super::{Error, Kept};
use crate::model::revision::{Revision, RevisionId, Wanted};
use crate::model::store::Signature;

impl Couch {
    /// Writes each body as it is, then the newest as the service's document under the very revision
    /// it has, which CouchDB takes from whoever replicates.
    pub(super) async fn adopt(
        &self,
        service: &str,
        kept: &[Kept],
        wished: &Wanted,
        by: &Signature,
    ) -> Result<Vec<RevisionId>, Error> {
        let there: Vec<_> = self
            .bodies(service)
            .await?
            .into_iter()
            .map(|it| it.0)
            .collect();
        let head = self.head(service).await?;
        let found = wanted(&head);
        if let (Wanted::Revision(found), true) = (&found, found != *wished)
            && !kept.iter().any(|it| it.revision.id == *found)
        {
            return Err(self.conflict(service).await);
        }
        let mut taken = Vec::new();
        for it in kept.iter().filter(|it| !there.contains(&it.revision.id)) {
            self.keep(
                service,
                &it.revision.id,
                &sealed(&it.revision, &it.document)?,
            )
            .await?;
            taken.push(it.revision.id.clone());
        }
        if let (Wanted::Unknown, Wanted::Revision(_), Some(newest)) = (&found, wished, kept.last())
        {
            self.replicate(service, newest).await?;
        }
        match wished {
            Wanted::Revision(id) => self.want(service, id, by).await?,
            Wanted::Deleted | Wanted::Unknown => {}
        }
        Ok(taken)
    }

    async fn replicate(&self, service: &str, kept: &Kept) -> Result<(), Error> {
        let mut document = sealed(&kept.revision, &kept.document)?;
        document["_id"] = json!(service);
        document["_rev"] = json!(kept.revision.id);
        let body = json!({"new_edits": false, "docs": [document]});
        let answer = self
            .database
            .ask(Method::POST, "_bulk_docs", &[], Some(&body))
            .await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(self.database.refusal(&answer, "take the document")),
        }
    }
}

/// The document a revision of another store becomes.
pub(super) fn sealed(revision: &Revision, document: &str) -> Result<Value, Error> {
    let content: Value = serde_json::from_str(document)
        .map_err(|why| Error::Refused(format!("revision {}: {why}", revision.id)))?;
    let by = Signature {
        who: revision.who.clone(),
        when: revision.when.clone(),
        note: revision.note.clone(),
    };
    let addition = Addition::new(&by, revision.image_digest.clone(), None);
    Ok(document::compose(&document::content(&content), &addition))
}
