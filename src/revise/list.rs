//! Revisions shown and compared.

use super::Refusal;
use super::desk::Desk;
use crate::decide::{contrast, definition};
use crate::model::revised::{Contrast, Row};
use crate::model::revision::{Revision, RevisionId, Wanted};

/// Returns the revisions of a service, the newest first, and what is to be known beside them.
///
/// # Errors
/// [`Refusal`], when there are none too.
pub async fn rows(service: &str) -> Result<(Vec<Row>, Option<String>), Refusal> {
    let desk = Desk::open(service)?;
    let all = desk.store.list(service).await?;
    let wanted = desk.store.wanted(service).await?;
    if all.is_empty() {
        let place = desk.store.place();
        return Err(Refusal::Unknown(format!(
            "{service} has no revision in {place}"
        )));
    }
    let judged = desk.judged();
    let mut rows: Vec<Row> = all
        .into_iter()
        .map(|it| Row {
            wanted: wanted == Wanted::Revision(it.id.clone()),
            verdict: judged
                .iter()
                .find(|(id, _)| *id == it.id)
                .map(|(_, it)| it.clone()),
            image: image(&it),
            image_digest: it.image_digest,
            revision: it.id,
            when: it.when,
            who: it.who,
            note: it.note,
        })
        .collect();
    rows.reverse();
    let deleted = (wanted == Wanted::Deleted).then(|| {
        format!(
            "{service} is deleted in the store; what runs goes on until `wharf withdraw {service}`"
        )
    });
    Ok((rows, desk.store.trouble().or(deleted)))
}

/// Returns what differs between two revisions, with their ids; without a second one, between the
/// first and the wanted one.
///
/// # Errors
/// [`Refusal`].
pub async fn diff(
    service: &str,
    one: &str,
    other: Option<&str>,
) -> Result<(RevisionId, RevisionId, Vec<Contrast>), Refusal> {
    let desk = Desk::open(service)?;
    let one = desk.find(one).await?;
    let other = match other {
        Some(other) => desk.find(other).await?,
        None => match desk.store.wanted(service).await? {
            Wanted::Revision(id) => id,
            Wanted::Deleted | Wanted::Unknown => {
                return Err(Refusal::Unknown(format!(
                    "no revision of {service} is wanted"
                )));
            }
        },
    };
    let before = desk.store.fetch(service, &one).await?;
    let after = desk.store.fetch(service, &other).await?;
    Ok((one, other, between(&before, &after)))
}

fn between(before: &Revision, after: &Revision) -> Vec<Contrast> {
    let canonical = |it: &Revision| definition::canonical(&it.definition).unwrap_or_default();
    let mut all = contrast::contrasts(&canonical(before), &canonical(after));
    if before.image_digest != after.image_digest {
        all.push(Contrast {
            what: "image digest".to_owned(),
            before: before.image_digest.clone(),
            after: after.image_digest.clone(),
        });
    }
    all
}

fn image(revision: &Revision) -> String {
    let reading = definition::read(&revision.definition, &revision.service);
    reading
        .service
        .map(|it| it.container.image)
        .unwrap_or_default()
}
