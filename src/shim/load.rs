//! From a name or a path to a service, or to all of its mistakes; and from a stored revision to an instance.

use std::path::{Path, PathBuf};

use crate::decide::{definition, global, instance};
use crate::host::store::{self, Store};
use crate::host::{definitions, files, surroundings};
use crate::model::balance::Address;
use crate::model::mistake::Mistake;
use crate::model::owner::Owner;
use crate::model::revision::{InstanceName, Revision, RevisionId};
use crate::model::service::Service;

/// A definition that can be run.
pub struct Loaded {
    pub service: Service,
    pub file: PathBuf,
    pub owner: Owner,
    /// Of an instance: where its clients come in.
    pub address: Option<Address>,
}

/// Why there is nothing to run.
pub enum Unusable {
    /// No file of that name in these folders.
    Missing {
        name: String,
        places: Vec<PathBuf>,
    },
    Unreadable {
        file: PathBuf,
        why: String,
    },
    Wrong {
        file: PathBuf,
        text: String,
        mistakes: Vec<Mistake>,
    },
    /// A revision that cannot be had; `passing`: its store is only away.
    Unstored {
        service: String,
        revision: RevisionId,
        why: String,
        passing: bool,
    },
}

/// Finds and reads the definition of `name`, which may be a path.
///
/// # Errors
/// [`Unusable`], with every mistake of the file at once.
pub fn load(name: &str) -> Result<Loaded, Unusable> {
    let places = definitions::search_path();
    let Some(file) = definitions::find(name, &places) else {
        return Err(Unusable::Missing {
            name: name.to_owned(),
            places,
        });
    };
    let text = read(&file)?;
    let service = understood(&text, &file, &file.to_string_lossy())?;
    Ok(Loaded {
        owner: Owner::runner(&service.name),
        service,
        file,
        address: None,
    })
}

/// Reads the revision of an instance: from this host, where it is kept, else from the database that
/// `$COUCHDB_URL` names.
///
/// # Errors
/// [`Unusable`]: the revision cannot be had, or is not what it was when it was put.
pub async fn revision(
    service: &str,
    name: InstanceName,
    addresses: &[Address],
) -> Result<Loaded, Unusable> {
    let file = surroundings::places(service).revision(&name.revision);
    let unstored = |why: String, passing| Unusable::Unstored {
        service: service.to_owned(),
        revision: name.revision.clone(),
        why,
        passing,
    };
    let stored = fetch(service, &name.revision).await.map_err(|why| {
        let passing = matches!(why, store::Error::Away(_));
        unstored(why.to_string(), passing)
    })?;
    let meant = understood(&stored.definition, &file, service)?;
    if meant.name != service {
        let other = format!("its definition is named {}, not {service}", meant.name);
        return Err(unstored(other, false));
    }
    Ok(Loaded {
        service: instance::fit(meant, stored.image_digest.as_deref()),
        owner: Owner::instance(service, name),
        file,
        address: addresses.first().copied(),
    })
}

async fn fetch(service: &str, id: &RevisionId) -> Result<Revision, store::Error> {
    let (text, url) = store::asked()?;
    let place = global::store::place(text.as_deref(), url.as_deref());
    let place = place.map_err(|mistakes| {
        let words: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        store::Error::Refused(format!("{}: {}", store::SETTINGS, words.join("; ")))
    })?;
    let store = Store::open(&place, surroundings::places(service).state())?;
    store.fetch(service, id).await
}

fn read(file: &Path) -> Result<String, Unusable> {
    files::read(file).map_err(|why| Unusable::Unreadable {
        file: file.to_owned(),
        why: why.to_string(),
    })
}

fn understood(text: &str, file: &Path, name: &str) -> Result<Service, Unusable> {
    let reading = definition::read(text, name);
    let service = reading.service.filter(|_| reading.mistakes.is_empty());
    service.ok_or_else(|| Unusable::Wrong {
        file: file.to_owned(),
        text: text.to_owned(),
        mistakes: reading.mistakes,
    })
}
