//! The images revisions were put with on this host: what may be pruned one day, and nothing else.

use std::io;
use std::path::PathBuf;

use super::desk;
use crate::host::files;
use crate::model::prune::Noted;

/// Notes kept; of more, those that come first by name are forgotten and their images left where they are.
const MOST: usize = 2000;

/// Notes an image. Two puts at once may lose one of two notes, whose image is then left where it is.
pub(super) fn add(image: Noted) -> io::Result<()> {
    let mut all = all()?;
    if all.contains(&image) {
        return Ok(());
    }
    all.push(image);
    write(&all)
}

/// Returns the notes; none before the first put.
pub(super) fn all() -> io::Result<Vec<Noted>> {
    match files::read(&path()) {
        Ok(text) => serde_json::from_str(&text).map_err(|why| {
            let path = path();
            io::Error::other(format!("{}: {why}; remove it", path.display()))
        }),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(why),
    }
}

pub(super) fn write(all: &[Noted]) -> io::Result<()> {
    let kept = &all[all.len().saturating_sub(MOST)..];
    let text = serde_json::to_vec_pretty(kept).map_err(io::Error::other)?;
    std::fs::create_dir_all(desk::state())?;
    files::write(&path(), &text, 0o644)
}

fn path() -> PathBuf {
    desk::state().join("images.json")
}
