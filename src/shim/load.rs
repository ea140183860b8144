//! From a name or a path to a service, or to all of its mistakes.

use std::path::PathBuf;

use crate::decide::definition;
use crate::host::{definitions, files};
use crate::model::mistake::Mistake;
use crate::model::service::Service;

/// A definition that can be run.
pub struct Loaded {
    pub service: Service,
    pub file: PathBuf,
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
    let text = match files::read(&file) {
        Ok(text) => text,
        Err(why) => {
            return Err(Unusable::Unreadable {
                file,
                why: why.to_string(),
            });
        }
    };
    let reading = definition::read(&text, &file.to_string_lossy());
    match reading.service.filter(|_| reading.mistakes.is_empty()) {
        Some(service) => Ok(Loaded { service, file }),
        None => Err(Unusable::Wrong {
            file,
            text,
            mistakes: reading.mistakes,
        }),
    }
}
