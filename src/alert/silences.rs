//! Silences made by hand, one small file each.

use std::io;
use std::path::PathBuf;

use super::ground::Ground;
use crate::host::files;
use crate::model::alert::Silence;

/// Silences looked at; more than that nobody made on purpose.
const MOST: usize = 1_000;

/// Returns those in force now; files that are none are passed over.
pub fn all(ground: &Ground, now: u64) -> Vec<Silence> {
    let folder = &ground.silences;
    let mut names = files::names(folder);
    names.sort();
    let read = |name: &String| {
        let text = files::read(&folder.join(name)).ok()?;
        serde_json::from_str::<Silence>(&text).ok()
    };
    let found = names.iter().filter(|it| it.ends_with(".json")).take(MOST);
    found.filter_map(read).filter(|it| it.until > now).collect()
}

/// Keeps a silence; another one about the same is replaced.
///
/// # Errors
/// As the system says.
pub fn keep(ground: &Ground, silence: &Silence) -> io::Result<()> {
    files::private_folder(&ground.silences)?;
    let text = serde_json::to_string(silence).map_err(io::Error::other)?;
    files::write(&path(ground, silence), text.as_bytes(), 0o600)
}

/// Ends the silence about the same; returns whether there was one.
///
/// # Errors
/// As the system says.
pub fn end(ground: &Ground, silence: &Silence) -> io::Result<bool> {
    let path = path(ground, silence);
    let there = path.exists();
    files::remove(&path)?;
    Ok(there)
}

/// `web@node1.json`, `@node1.json`, `web.json`, `all.json`; what could leave the folder is written out.
fn path(ground: &Ground, silence: &Silence) -> PathBuf {
    let safe = |text: &str| {
        let each = text.bytes().map(|it| match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(it).to_string(),
            other => format!(".{other:02x}"),
        });
        each.collect::<String>()
    };
    let service = silence.service.as_deref().map_or_else(String::new, safe);
    let name = match &silence.node {
        Some(node) => format!("{service}@{}.json", safe(node)),
        None if service.is_empty() => "@.json".to_owned(),
        None => format!("{service}.json"),
    };
    ground.silences.join(name)
}
