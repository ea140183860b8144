//! A definition file, YAML or JSON, to the service it means, with every mistake in it at once.

mod alerts;
mod ask;
mod beside;
pub(super) mod canonical;
mod compose;
pub(super) mod environment;
pub(super) mod fields;
pub(super) mod findings;
mod flags;
mod health;
pub(super) mod keys;
mod later;
mod limits;
mod logs;
mod monitor;
mod naming;
mod order;
pub(super) mod parse;
mod places;
mod process;
mod rhythm;
mod rollout;
mod secrets;
pub(super) mod service;
mod stop;
pub(super) mod tree;
mod values;
mod volumes;
mod weave;

use crate::model::{mistake::Mistake, service::Service};

pub use canonical::canonical;
pub use keys::known_keys;
pub use naming::name_fault;

use fields::Entry;
use findings::{Findings, Place};

/// Longest file read: a definition is a page, not a book.
pub const LONGEST_FILE_BYTES: usize = 1 << 20;

/// What a file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Present only when there are no mistakes.
    pub service: Option<Service>,
    pub mistakes: Vec<Mistake>,
    /// What the operator should know though the definition works.
    pub notices: Vec<Mistake>,
}

/// Returns the service a file means and everything that is wrong with it, in the order of the file.
/// `file_name` (with or without directories) gives the name of a service that names itself nowhere.
pub fn read(text: &str, file_name: &str) -> Reading {
    let mut found = Findings::default();
    let service = walk(text, file_name, &mut found);
    let (mistakes, notices) = found.done();
    Reading {
        service: service.filter(|_| mistakes.is_empty()),
        mistakes,
        notices,
    }
}

fn walk(text: &str, file_name: &str, found: &mut Findings) -> Option<Service> {
    if text.len() > LONGEST_FILE_BYTES {
        let what = format!("the file has {} bytes", text.len());
        let hint = format!("a definition has at most {LONGEST_FILE_BYTES}");
        found.mistake_with(Place::default(), "", what, hint);
        return None;
    }
    let Some(root) = parse::parse(text, found) else {
        if found.is_clean() {
            let hint = "a definition needs at least `image: …` or `command: …`";
            found.mistake_with(Place::default(), "", "the file is empty", hint);
        }
        return None;
    };
    let entry = Entry {
        path: String::new(),
        place: Place {
            line: 1,
            column: 1,
            width: 1,
            ..Place::default()
        },
        node: &root,
    };
    service::read(&entry, file_name, found)
}
