//! From a name or a path to a service, or to all of its mistakes; and from a stored revision to an instance.

use std::path::{Path, PathBuf};

use crate::decide::{definition, instance};
use crate::host::{definitions, files, surroundings};
use crate::model::balance::Address;
use crate::model::mistake::Mistake;
use crate::model::owner::Owner;
use crate::model::revision::{InstanceName, Revision};
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

/// Reads the stored revision of an instance.
///
/// # Errors
/// [`Unusable`]: the revision is not on this node, or is not what it was when it was put.
pub fn revision(service: &str, name: InstanceName, address: Address) -> Result<Loaded, Unusable> {
    let folder = surroundings::places(service).revisions();
    let file = folder.join(format!("{}.json", name.revision));
    let unreadable = |why: String| Unusable::Unreadable {
        file: file.clone(),
        why,
    };
    let stored: Revision =
        serde_json::from_str(&read(&file)?).map_err(|why| unreadable(why.to_string()))?;
    if stored.service != service || stored.id != name.revision {
        let found = format!("it holds revision {} of {}", stored.id, stored.service);
        return Err(unreadable(found));
    }
    let meant = understood(&stored.definition, &file, service)?;
    if meant.name != service {
        let other = format!("its definition is named {}, not {service}", meant.name);
        return Err(unreadable(other));
    }
    Ok(Loaded {
        service: instance::fit(meant, stored.image_digest.as_deref()),
        owner: Owner::instance(service, name),
        file,
        address: Some(address),
    })
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
