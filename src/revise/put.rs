//! A definition put: checked, its image pinned, written as the next revision.

use std::path::PathBuf;

use super::desk::{self, Desk};
use super::{Refusal, noted, record};
use crate::decide::{definition, revision};
use crate::host::docker::Docker;
use crate::host::files;
use crate::model::mistake::Mistake;
use crate::model::prune::Noted;
use crate::model::revised::Outcome;
use crate::model::revision::{RevisionId, Wanted};
use crate::model::service::Service;
use crate::model::store::Draft;

/// What is asked for.
pub struct Asked {
    pub service: String,
    pub file: PathBuf,
    pub note: String,
    /// Put only while this one is wanted.
    pub expect: Option<String>,
    /// Whether systemd may be told.
    pub reload: bool,
}

/// Writes the next revision of a service, unless its content is wanted already.
///
/// # Errors
/// [`Refusal`]; nothing was written then, or what was is said.
pub async fn put(asked: &Asked) -> Result<Outcome, Refusal> {
    let desk = Desk::open(&asked.service)?;
    let text = read(&asked.file)?;
    let (service, mut notices) = meant(asked, &text)?;
    let expected = expected(&desk, asked.expect.as_deref()).await?;
    let canonical = definition::canonical(&text).unwrap_or_default();
    let image_digest = pinned(&service.container.image, &mut notices).await;
    let (id, new) = match unchanged(&desk, expected.as_ref(), &canonical, &image_digest).await {
        Some(id) => (id, false),
        None => {
            let draft = Draft {
                service: asked.service.clone(),
                digest: revision::digest(&canonical, image_digest.as_deref()),
                definition: text,
                document: canonical,
                image_digest: image_digest.clone(),
                signature: desk::signature(&asked.note),
            };
            (desk.store.put(&draft, expected.as_ref()).await?, true)
        }
    };
    let image = Noted {
        image: service.container.image.clone(),
        digest: image_digest.clone(),
    };
    if let Err(why) = noted::add(image) {
        notices.push(format!(
            "its image is not noted, so wharf prune will leave it: {why}"
        ));
    }
    desk.ask(false)?;
    announce(&service, asked.reload, &mut notices);
    let pruned = match prune(&desk, &id, service.rollout.keep).await {
        Ok(pruned) => pruned,
        Err(why) => {
            notices.push(format!("old revisions were left where they are: {why}"));
            Vec::new()
        }
    };
    Ok(Outcome {
        revision: id,
        new,
        image_digest,
        notices,
        pruned,
    })
}

/// The name of this process's input.
const STDIN: &str = "-";

fn read(file: &std::path::Path) -> Result<String, Refusal> {
    let text = match file == std::path::Path::new(STDIN) {
        true => files::stdin(),
        false => files::read(file),
    };
    text.map_err(|why| {
        let text = format!("read {}: {why}", file.display());
        std::io::Error::new(why.kind(), text).into()
    })
}

/// Reads the definition; one that names itself has to name the service it is put as.
fn meant(asked: &Asked, text: &str) -> Result<(Service, Vec<String>), Refusal> {
    let file = asked.file.display().to_string();
    let reading = definition::read(text, &asked.service);
    let refuse = |mistakes| Refusal::Mistakes {
        file: file.clone(),
        text: text.to_owned(),
        mistakes,
    };
    let Some(service) = reading.service else {
        return Err(refuse(reading.mistakes));
    };
    let wrong = |path: &str, what: String, hint: String| Mistake {
        line: 0,
        column: 0,
        width: 0,
        path: path.to_owned(),
        what,
        hint: Some(hint),
    };
    if service.process.is_some() {
        let what = "a process of this host has no revisions".to_owned();
        let hint = format!("systemctl enable --now runner@{}", service.name);
        return Err(refuse(vec![wrong("command", what, hint)]));
    }
    if service.name != asked.service {
        let what = format!(
            "it names itself `{}` and is put as `{}`",
            service.name, asked.service
        );
        let hint = format!("wharf put {} {file}", service.name);
        return Err(refuse(vec![wrong("name", what, hint)]));
    }
    let mut notices: Vec<String> = reading.notices.iter().map(ToString::to_string).collect();
    if service.rollout.addresses.is_empty() {
        notices.push(
            "it has no `address`: the unit has to give one, as service-manager's do".to_owned(),
        );
    }
    Ok((service, notices))
}

/// What has to be wanted still when the revision is written.
async fn expected(desk: &Desk, typed: Option<&str>) -> Result<Option<RevisionId>, Refusal> {
    let wanted = match desk.wanted().await? {
        Wanted::Revision(id) => Some(id),
        Wanted::Deleted | Wanted::Unknown => None,
    };
    match typed {
        Some(typed) => desk.find(typed).await.map(Some),
        None => Ok(wanted),
    }
}

/// Asks docker for the digest, and docker the registry; a revision without one is still a revision.
async fn pinned(image: &str, notices: &mut Vec<String>) -> Option<String> {
    let found = match Docker::connect().await {
        Ok(docker) => docker.image_digest(image).await,
        Err(why) => Err(why),
    };
    let why = match found {
        Ok(Some(digest)) => return Some(digest),
        Ok(None) => "neither this host nor its registry knows it".to_owned(),
        Err(why) => why.to_string(),
    };
    notices.push(format!(
        "image {image} is kept by its name, for its digest could not be told: {why}"
    ));
    None
}

/// Returns the wanted revision when it is this very content already.
async fn unchanged(
    desk: &Desk,
    wanted: Option<&RevisionId>,
    canonical: &str,
    image_digest: &Option<String>,
) -> Option<RevisionId> {
    let id = wanted?;
    if !matches!(desk.store.wanted(&desk.service).await, Ok(Wanted::Revision(it)) if it == *id) {
        return None;
    }
    let old = desk.store.fetch(&desk.service, id).await.ok()?;
    let same = definition::canonical(&old.definition)? == canonical;
    let image = image_digest.is_none() || *image_digest == old.image_digest;
    (same && image).then(|| id.clone())
}

/// Tells the generator; what fails is said, for the revision is written.
fn announce(service: &Service, reload: bool, notices: &mut Vec<String>) {
    let told = match record::write(service) {
        Ok(true) if reload => record::reload(),
        Ok(true) => {
            notices.push("systemd does not know of it yet: systemctl daemon-reload".to_owned());
            Ok(())
        }
        Ok(false) => Ok(()),
        Err(why) => Err(why),
    };
    if let Err(why) = told {
        notices.push(format!(
            "the revision is kept, and its units are as before: {why}"
        ));
    }
}

async fn prune(desk: &Desk, wanted: &RevisionId, keep: usize) -> Result<Vec<RevisionId>, Refusal> {
    let all = desk.store.list(&desk.service).await?;
    let ids: Vec<_> = all.into_iter().map(|it| it.id).collect();
    let wanted = Wanted::Revision(wanted.clone());
    let old = revision::forgettable(&ids, &wanted, &desk.judged(), &desk.running(), keep);
    desk.store.forget(&desk.service, &old).await?;
    Ok(old)
}
