//! What a database wants, what this host goes by while it is away, and a rollback it is still to be told.

use super::Error;
use super::couch::{Couch, Head, wanted};
use crate::model::revision::{RevisionId, Wanted};
use crate::model::store::{Fate, Settled, Signature, Unsent};

impl Couch {
    /// Returns what this host goes by: an unsent rollback, else what the database says, or said last.
    pub(super) async fn wanted(&self, service: &str) -> Result<Wanted, Error> {
        let standing = self.standing(service).await;
        if let Some(unsent) = self.cache.unsent(service) {
            return Ok(Wanted::Revision(unsent.revision));
        }
        match standing {
            Ok(wanted) => Ok(wanted),
            Err(why @ Error::Disk(_)) => Err(why),
            Err(why) => match self.cache.wanted(service)? {
                Wanted::Unknown => Err(why),
                known @ (Wanted::Revision(_) | Wanted::Deleted) => Ok(known),
            },
        }
    }

    /// Returns what the database says and nobody else, and keeps it for its absence.
    pub(super) async fn standing(&self, service: &str) -> Result<Wanted, Error> {
        let head = self.head(service).await;
        self.note(head.as_ref().err());
        let head = head?;
        let wanted = match (wanted(&head), self.cache.wanted(service)) {
            // Of a database somebody emptied: what runs goes on.
            (Wanted::Unknown, Ok(Wanted::Revision(_) | Wanted::Deleted)) => Wanted::Deleted,
            (wanted, _) => wanted,
        };
        self.cache.point(service, &wanted)?;
        if wanted != Wanted::Unknown {
            self.cache.see(service, rev(&head))?;
        }
        Ok(wanted)
    }

    /// Goes by a revision that this host keeps, until the database can be told.
    pub(super) fn want_unsent(
        &self,
        service: &str,
        id: &RevisionId,
        by: &Signature,
    ) -> Result<(), Error> {
        self.cache.fetch(service, id)?;
        let unsent = Unsent {
            revision: id.clone(),
            over: self.cache.seen(service)?,
            signature: by.clone(),
        };
        self.cache.keep_unsent(service, &unsent)
    }

    pub(super) async fn settle(
        &self,
        service: &str,
        fate: impl Fn(&Unsent, Option<&RevisionId>, &Wanted) -> Fate,
    ) -> Result<Option<Settled>, Error> {
        let Some(unsent) = self.cache.unsent(service) else {
            return Ok(None);
        };
        let head = self.head(service).await?;
        let (id, by) = (unsent.revision.clone(), &unsent.signature);
        let sent = match fate(&unsent, rev(&head), &wanted(&head)) {
            Fate::Agreed => Ok(()),
            Fate::Sent => self.want_over(&head, service, &id, by).await,
            Fate::Overruled => Err(self.conflict(service).await),
        };
        let settled = match sent {
            Ok(()) => Settled::Kept(id),
            Err(Error::Conflict(why)) => Settled::Overruled(id, why),
            Err(why) => return Err(why),
        };
        self.cache.drop_unsent(service)?;
        Ok(Some(settled))
    }
}

/// The document's own revision.
fn rev(head: &Head) -> Option<&RevisionId> {
    match head {
        Head::There { rev, .. } => Some(rev),
        Head::Deleted | Head::Missing => None,
    }
}
