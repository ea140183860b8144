//! Which container a person means who wants to be in a service's.

use super::status;
use crate::decide::revision::{self, Unfound};
use crate::model::observed::{Part, Standing};

/// Returns the id of the running container of a service: of a revision where one is named, else of what
/// serves, else of what runs.
///
/// # Errors
/// A sentence: there is no such service, revision or container.
pub async fn container(service: &str, typed: Option<&str>) -> Result<String, String> {
    let seen = status::look(&[service.to_owned()]).await;
    if seen.standings.is_empty() {
        return Err(seen.notices.join("; "));
    }
    let mut running: Vec<&Standing> = seen
        .standings
        .iter()
        .filter(|it| it.container.as_ref().is_some_and(|it| it.running))
        .collect();
    if let Some(typed) = typed {
        let meant = meant(service, typed, &running)?;
        running.retain(|it| revision_of(it).is_some_and(|it| *it == meant));
    }
    let serves = |it: &&&Standing| matches!(&it.part, Some(Part::Instance(seat)) if seat.weight.is_some_and(|it| it > 0));
    let chosen = running.iter().find(serves).or(running.last());
    let id = chosen.and_then(|it| Some(it.container.as_ref()?.id.clone()));
    id.ok_or_else(|| match seen.notices.is_empty() {
        true => format!("no container of {service} runs on this host"),
        false => seen.notices.join("; "),
    })
}

fn meant(
    service: &str,
    typed: &str,
    running: &[&Standing],
) -> Result<crate::model::revision::RevisionId, String> {
    let mut ids: Vec<_> = running
        .iter()
        .filter_map(|it| revision_of(it).cloned())
        .collect();
    ids.dedup();
    revision::find(typed, &ids).map_err(|why| match why {
        Unfound::Nothing => {
            let ids: Vec<_> = ids.iter().map(|it| it.short()).collect();
            let there = match ids.is_empty() {
                true => "none does".to_owned(),
                false => format!("these do: {}", ids.join(", ")),
            };
            format!("no revision {typed} of {service} runs on this host; {there}")
        }
        Unfound::Several(_) => {
            format!("{typed} may be several revisions of {service}; write more of it")
        }
    })
}

fn revision_of(standing: &Standing) -> Option<&crate::model::revision::RevisionId> {
    match standing.part.as_ref()? {
        Part::Instance(seat) => Some(&seat.instance.revision),
        Part::Manager => None,
    }
}
