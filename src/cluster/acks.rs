//! What somebody has acknowledged, kept on the machine it was said on.

use std::io;
use std::path::PathBuf;

use crate::host::{files, surroundings};
use crate::model::glance::Ack;

const FILE: &str = "acks.json";
/// For its owner: comments are for people who were asked in.
const MODE: u32 = 0o600;

/// Returns what was acknowledged about this cluster file and is not over yet.
///
/// # Errors
/// The file is there and cannot be read.
pub fn of(file: &str, now: u64) -> io::Result<Vec<Ack>> {
    let all = all()?.into_iter();
    Ok(all.filter(|it| it.file == file && it.until > now).collect())
}

/// Writes one down in the place of an earlier one about the very same; those that are over go.
///
/// # Errors
/// The file cannot be read or written.
pub fn keep(ack: Ack, now: u64) -> io::Result<()> {
    let mut all = all()?;
    all.retain(|it| it.until > now && !is_same(it, &ack));
    all.push(ack);
    write(&all)
}

/// Takes back what was acknowledged about the very same, and returns whether there was anything.
///
/// # Errors
/// The file cannot be read or written.
pub fn take_back(ack: &Ack) -> io::Result<bool> {
    let mut all = all()?;
    let before = all.len();
    all.retain(|it| !is_same(it, ack));
    write(&all)?;
    Ok(all.len() < before)
}

fn is_same(one: &Ack, other: &Ack) -> bool {
    let about = |it: &Ack| {
        (
            it.file.clone(),
            it.node.clone(),
            it.service.clone(),
            it.kind,
        )
    };
    about(one) == about(other)
}

fn all() -> io::Result<Vec<Ack>> {
    let path = path()?;
    let text = match files::read(&path) {
        Ok(text) => text,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    serde_json::from_str(&text).map_err(|why| {
        let text = format!("{}: {why}; remove it to begin anew", path.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

fn write(all: &[Ack]) -> io::Result<()> {
    let path = path()?;
    files::private_folder(path.parent().unwrap_or(&path))?;
    let text = serde_json::to_vec_pretty(all).map_err(io::Error::other)?;
    files::write(&path, &text, MODE)
}

fn path() -> io::Result<PathBuf> {
    let home = surroundings::state_home().ok_or_else(|| {
        let text = "neither XDG_STATE_HOME nor HOME says where to keep it";
        io::Error::new(io::ErrorKind::NotFound, text)
    })?;
    Ok(home.join("wharf").join(FILE))
}
