//! What the application said once for the life of its container, kept for the next shim.

use std::path::PathBuf;

use crate::host::files;
use crate::host::notify::proxy::Note;
use crate::host::surroundings::Surroundings;

/// In the runtime folder; holds the id of the container whose application said READY=1.
const FILE: &str = "said-ready";

/// Takes in what the application of this container said.
///
/// # Errors
/// The runtime folder cannot be written to.
pub(super) fn remember(site: &Surroundings, id: &str, notes: &[Note]) -> std::io::Result<()> {
    let last = notes
        .iter()
        .rfind(|it| matches!(it, Note::Ready | Note::Stopping));
    match last {
        Some(Note::Ready) => files::put(&file(site), id),
        Some(_) => forget(site),
        None => Ok(()),
    }
}

/// Whether the application of this container has said READY=1, and no STOPPING=1 since.
pub(super) fn remembers(site: &Surroundings, id: &str) -> bool {
    files::read(&file(site)).is_ok_and(|it| it == id)
}

/// The container is a new one, or begins anew.
///
/// # Errors
/// The runtime folder cannot be written to.
pub(super) fn forget(site: &Surroundings) -> std::io::Result<()> {
    files::remove(&file(site))
}

fn file(site: &Surroundings) -> PathBuf {
    site.runtime.join(FILE)
}
