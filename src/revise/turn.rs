//! Back to an old revision, or away with all of them.

use super::desk::{self, Desk};
use super::{Refusal, record};
use crate::decide::{definition, revision};
use crate::host::files;
use crate::host::store::Error;
use crate::model::revision::{RevisionId, Wanted};

/// What a rollback made of the store's wish.
#[derive(Debug)]
pub struct Back {
    pub now: RevisionId,
    /// Wanted so far.
    pub before: Option<RevisionId>,
    /// Why the store has not been told; this host goes by it all the same.
    pub untold: Option<String>,
}

/// Makes an old revision the wanted one: the one meant, or the one proven last before. With a database
/// that is away it is so on this host, and the database is told when it is back.
///
/// # Errors
/// [`Refusal`]; nothing is changed then.
pub async fn rollback(service: &str, typed: Option<&str>, note: &str) -> Result<Back, Refusal> {
    let desk = Desk::open(service)?;
    let so_far = match desk.store.wanted(service).await? {
        Wanted::Revision(id) => Some(id),
        Wanted::Deleted | Wanted::Unknown => None,
    };
    let id = match typed {
        Some(typed) => desk.find(typed).await?,
        None => revision::before(so_far.as_ref(), &desk.judged()).ok_or_else(|| {
            Refusal::Unknown(format!(
                "no other revision of {service} was proven on this host; name one of `wharf revisions {service}`"
            ))
        })?,
    };
    let kept = desk.store.fetch(service, &id).await?;
    let failed = desk.judged().into_iter().any(|(it, verdict)| {
        it == id && matches!(verdict, crate::model::rollout::Verdict::Failed { .. })
    });
    // Nothing to write: that succeeds on a full disk as well.
    if so_far.as_ref() == Some(&id) && !failed && !desk.is_withdrawn() {
        return Ok(Back {
            now: id,
            before: so_far,
            untold: None,
        });
    }
    let untold = want(&desk, &id, note).await?;
    // Whoever asks for a revision that failed wants it tried again.
    if failed {
        files::remove(&desk.places.verdict(&id))?;
    }
    desk.ask(false)?;
    if let Some(meant) = definition::read(&kept.definition, service).service
        && record::write(&meant)?
    {
        record::reload()?;
    }
    Ok(Back {
        now: id,
        before: so_far,
        untold,
    })
}

/// Returns why the store was not told, where it is away.
async fn want(desk: &Desk, id: &RevisionId, note: &str) -> Result<Option<String>, Refusal> {
    let by = desk::signature(note);
    match desk.store.want(&desk.service, id, &by).await {
        Ok(()) => Ok(None),
        Err(Error::Away(why)) => {
            desk.store.want_unsent(&desk.service, id, &by)?;
            Ok(Some(why))
        }
        Err(why) => Err(why.into()),
    }
}

/// Deletes the service from its store and has its manager take everything of it away. Returns
/// whether a manager is at it.
///
/// # Errors
/// [`Refusal`]; what runs goes on then.
pub async fn withdraw(service: &str) -> Result<bool, Refusal> {
    let desk = Desk::open(service)?;
    if desk.wanted().await? == Wanted::Unknown {
        return Err(Refusal::Unknown(format!(
            "{service} was never put in {}",
            desk.store.place()
        )));
    }
    desk.store
        .delete(service, &desk::signature("withdrawn"))
        .await?;
    desk.ask(true)?;
    // A manager that is at it needs its units until it is done.
    let managed = record::is_managed(service);
    if !managed && record::remove(service)? {
        record::reload()?;
    }
    Ok(managed)
}
