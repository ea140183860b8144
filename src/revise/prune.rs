//! Images of revisions that are kept no longer, removed from this host.

use std::time::Duration;

use super::{Refusal, desk, noted};
use crate::decide::{definition, prune as decide};
use crate::host::docker::{Docker, Error};
use crate::host::store::{self, Store};
use crate::host::{clock, definitions, files};
use crate::model::prune::{Gone, Noted, Pruned, Stored};
use crate::model::store::StorePlace;

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    #[error("{0}")]
    Docker(#[from] Error),
    /// What is kept cannot be told, so nothing can go.
    #[error("{0}")]
    Revisions(#[from] Refusal),
}

/// Removes them, or says which would go. No lock is taken and none waited for: what is needed is looked
/// at, and what came within the last `recent` is left.
///
/// # Errors
/// [`Halt`]; nothing was removed.
pub async fn prune(dry_run: bool, recent: Duration) -> Result<Pruned, Halt> {
    let mut pruned = Pruned::default();
    let notes = noted::all().map_err(Refusal::from)?;
    let needed = needed(&mut pruned.notices).await?;
    let docker = Docker::connect().await?;
    let stored = docker.images().await?;
    let since = clock::wall().saturating_sub(recent).as_secs();
    let going = decide::prunable(&notes, &needed, &stored, since);
    if dry_run {
        pruned.images = going.into_iter().map(|it| gone(it, None)).collect();
        return Ok(pruned);
    }
    let before = docker.layer_bytes().await;
    for image in &going {
        let refused = remove(&docker, image).await.err();
        pruned
            .images
            .push(gone(image, refused.map(|it| it.to_string())));
    }
    if !going.is_empty() {
        let left = decide::remaining(&notes, &needed, &docker.images().await?);
        noted::write(&left).map_err(Refusal::from)?;
        match (before, docker.layer_bytes().await) {
            (Ok(before), Ok(after)) => pruned.freed = Some(before.saturating_sub(after)),
            (Err(why), _) | (_, Err(why)) => {
                pruned
                    .notices
                    .push(format!("what it freed is not known: {why}"));
            }
        }
    }
    Ok(pruned)
}

/// Images of every revision that is kept, and of every definition of this host.
async fn needed(notices: &mut Vec<String>) -> Result<decide::Needed, Refusal> {
    let mut needed = decide::Needed::default();
    // A database lists no service that was withdrawn; this host's copies of its revisions are here.
    for place in [desk::place()?, StorePlace::Files] {
        kept(&Store::open(&place, &desk::state())?, &mut needed).await?;
    }
    for (name, path) in definitions::all(&definitions::search_path()) {
        let text = files::read(&path)?;
        match definition::read(&text, &name).service {
            Some(it) => needed.images.push(Noted {
                image: it.container.image,
                digest: None,
            }),
            None => {
                let shown = path.display();
                notices.push(format!("{shown} has mistakes; images named in it stay"));
                needed.texts.push(text);
            }
        }
    }
    Ok(needed)
}

async fn kept(store: &Store, needed: &mut decide::Needed) -> Result<(), Refusal> {
    for service in store.services().await? {
        for revision in store.list(&service).await? {
            match definition::read(&revision.definition, &service).service {
                Some(it) => needed.images.push(Noted {
                    image: it.container.image,
                    digest: revision.image_digest,
                }),
                None => needed.texts.push(revision.definition),
            }
        }
    }
    match store.trouble() {
        Some(why) => Err(store::Error::Away(why).into()),
        None => Ok(()),
    }
}

/// Name by name: docker takes the image away with the last one, and refuses while something needs it.
async fn remove(docker: &Docker, image: &Stored) -> Result<(), Error> {
    for name in &image.tags {
        docker.remove_image(name).await?;
    }
    match docker.remove_image(&image.id).await {
        Ok(()) | Err(Error::NotFound(_)) => Ok(()),
        Err(why) => Err(why),
    }
}

fn gone(image: &Stored, refused: Option<String>) -> Gone {
    let names = match image.tags.is_empty() {
        true => &image.digests,
        false => &image.tags,
    };
    Gone {
        id: image.id.clone(),
        names: names.clone(),
        refused,
    }
}
