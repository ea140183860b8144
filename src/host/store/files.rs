//! Revisions as files: one body each, and one that names the wanted one. Also a database's cache.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, Kept, folder::Folder};
use crate::model::revision::{Revision, RevisionId, Wanted};
use crate::model::store::{Draft, Signature, Unsent};

/// Holds the id of the wanted revision, or [`DELETED`].
pub(super) const WANTED: &str = "wanted";
const DELETED: &str = "deleted";
/// Of a database's cache: the document's own revision as it was seen last, or [`DELETED`].
const SEEN: &str = "seen";
/// Of a database's cache: a rollback that it is still to be told.
const UNSENT: &str = "unsent";
/// Held while a writer is at it; holds that writer's name.
const LOCK: &str = ".lock";
/// How long a writer waits for another one, and how often it looks.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
const LOCK_STEP: Duration = Duration::from_millis(50);
/// A body is a definition and a few lines; a larger file is something else.
const LARGEST_BODY: u64 = 8 << 20;

/// The folder with one folder for each service.
#[derive(Clone)]
pub struct Files {
    root: PathBuf,
}

/// The right to write, until it is dropped.
struct Turn {
    _file: File,
}

impl Files {
    pub(super) fn new(root: PathBuf) -> Files {
        Files { root }
    }

    pub(super) fn place(&self) -> String {
        self.root.display().to_string()
    }

    pub(super) fn wanted(&self, service: &str) -> Result<Wanted, Error> {
        let path = self.folder(service).join(WANTED);
        let Some(text) = read(&path)? else {
            return Ok(Wanted::Unknown);
        };
        match text.trim() {
            DELETED => Ok(Wanted::Deleted),
            id => id.parse().map(Wanted::Revision).map_err(|why| {
                let shown: String = id.chars().take(60).collect();
                Error::Disk(format!("{} holds {shown:?}: {why}", path.display()))
            }),
        }
    }

    pub(super) fn fetch(&self, service: &str, id: &RevisionId) -> Result<Revision, Error> {
        let path = self.body(service, id);
        let Some(text) = read(&path)? else {
            let place = self.place();
            let what = format!("{service} has no revision {id} in {place}");
            return Err(Error::NotFound(what));
        };
        serde_json::from_str(&text).map_err(|why| {
            let path = path.display();
            Error::Disk(format!("{path} is no revision: {why}"))
        })
    }

    pub(super) async fn put(
        &self,
        draft: &Draft,
        expected: Option<&RevisionId>,
    ) -> Result<RevisionId, Error> {
        let service = &draft.service;
        let _turn = self.turn(service, &draft.signature).await?;
        self.expect(service, expected)?;
        let newest = self.ids(service)?.last().map_or(0, |it| it.generation);
        let id = RevisionId {
            generation: newest + 1,
            digest: draft.digest.clone(),
        };
        self.keep(&Revision {
            service: service.clone(),
            id: id.clone(),
            definition: draft.definition.clone(),
            image_digest: draft.image_digest.clone(),
            who: draft.signature.who.clone(),
            when: draft.signature.when.clone(),
            note: draft.signature.note.clone(),
        })?;
        self.point(service, &Wanted::Revision(id.clone()))?;
        Ok(id)
    }

    /// A body that cannot be read is left out: one bad file must not hide the others.
    pub(super) fn list(&self, service: &str) -> Result<Vec<Revision>, Error> {
        let ids = self.ids(service)?;
        let bodies = ids.iter().map(|id| self.fetch(service, id));
        Ok(bodies.flatten().collect())
    }

    pub(super) async fn want(
        &self,
        service: &str,
        id: &RevisionId,
        by: &Signature,
    ) -> Result<(), Error> {
        self.fetch(service, id)?;
        let _turn = self.turn(service, by).await?;
        self.point(service, &Wanted::Revision(id.clone()))
    }

    pub(super) async fn delete(&self, service: &str, by: &Signature) -> Result<(), Error> {
        if self.wanted(service)? == Wanted::Unknown {
            return Ok(());
        }
        let _turn = self.turn(service, by).await?;
        self.point(service, &Wanted::Deleted)
    }

    pub(super) fn forget(&self, service: &str, ids: &[RevisionId]) -> Result<(), Error> {
        for id in ids {
            let path = self.body(service, id);
            match fs::remove_file(&path) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => {
                    return Err(disk("remove", &path, &why));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn services(&self) -> Result<Vec<String>, Error> {
        let names = names(&self.root)?.into_iter();
        let mut names: Vec<_> = names
            .filter(|it| !it.starts_with('.') && self.root.join(it).is_dir())
            .collect();
        names.sort();
        Ok(names)
    }

    /// The folder may be the database's cache, and then has all of it already.
    pub(super) fn adopt(
        &self,
        service: &str,
        kept: &[Kept],
        wanted: &Wanted,
    ) -> Result<Vec<RevisionId>, Error> {
        let there = self.ids(service)?;
        let mut taken = Vec::new();
        for it in kept.iter().filter(|it| !there.contains(&it.revision.id)) {
            self.keep(&it.revision)?;
            taken.push(it.revision.id.clone());
        }
        self.point(service, wanted)?;
        Ok(taken)
    }

    pub(super) fn watch(&self, service: &str) -> Result<Folder, Error> {
        let folder = self.folder(service);
        fs::create_dir_all(&folder).map_err(|why| disk("make", &folder, &why))?;
        Ok(Folder::new(folder))
    }

    /// Writes a body; one that is there is replaced.
    pub(super) fn keep(&self, revision: &Revision) -> Result<(), Error> {
        let path = self.body(&revision.service, &revision.id);
        let text = serde_json::to_string_pretty(revision)
            .map_err(|why| Error::Disk(format!("write {}: {why}", path.display())))?;
        self.write(&path, &text)
    }

    /// Writes which revision is wanted, unless that stands there already.
    pub(super) fn point(&self, service: &str, wanted: &Wanted) -> Result<(), Error> {
        let text = match wanted {
            Wanted::Revision(id) => id.to_string(),
            Wanted::Deleted => DELETED.to_owned(),
            Wanted::Unknown => return Ok(()),
        };
        let path = self.folder(service).join(WANTED);
        if read(&path)?.is_some_and(|it| it.trim() == text) {
            return Ok(());
        }
        self.write(&path, &format!("{text}\n"))
    }

    /// Returns the document's revision as it was seen last; None: deleted, or never seen.
    pub(super) fn seen(&self, service: &str) -> Result<Option<RevisionId>, Error> {
        let text = read(&self.folder(service).join(SEEN))?;
        Ok(text.and_then(|it| it.trim().parse().ok()))
    }

    /// Writes down which revision the document has, unless that stands there already.
    pub(super) fn see(&self, service: &str, rev: Option<&RevisionId>) -> Result<(), Error> {
        let path = self.folder(service).join(SEEN);
        let text = rev.map_or_else(|| DELETED.to_owned(), ToString::to_string);
        if read(&path)?.is_some_and(|it| it.trim() == text) {
            return Ok(());
        }
        self.write(&path, &format!("{text}\n"))
    }

    /// One that cannot be read counts as none: what the database said last holds then.
    pub(super) fn unsent(&self, service: &str) -> Option<Unsent> {
        let text = read(&self.folder(service).join(UNSENT)).ok()??;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn keep_unsent(&self, service: &str, unsent: &Unsent) -> Result<(), Error> {
        let path = self.folder(service).join(UNSENT);
        let text = serde_json::to_string_pretty(unsent)
            .map_err(|why| Error::Disk(format!("write {}: {why}", path.display())))?;
        self.write(&path, &text)
    }

    pub(super) fn drop_unsent(&self, service: &str) -> Result<(), Error> {
        let path = self.folder(service).join(UNSENT);
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(disk("remove", &path, &why)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The ids of all bodies, the oldest first.
    fn ids(&self, service: &str) -> Result<Vec<RevisionId>, Error> {
        let names = names(&self.folder(service))?.into_iter();
        let mut ids: Vec<RevisionId> = names
            .filter_map(|it| it.strip_suffix(".json")?.parse().ok())
            .collect();
        ids.sort();
        Ok(ids)
    }

    fn expect(&self, service: &str, expected: Option<&RevisionId>) -> Result<(), Error> {
        let found = match self.wanted(service)? {
            Wanted::Revision(id) => Some(id),
            Wanted::Deleted | Wanted::Unknown => None,
        };
        if found.as_ref() == expected {
            return Ok(());
        }
        let other = found.map(|id| (self.fetch(service, &id).ok(), id));
        Err(Error::Conflict(match other {
            Some((Some(it), id)) => super::conflict(service, &id, &it.who, &it.when),
            Some((None, id)) => super::conflict(service, &id, "", ""),
            None => format!("{service} has no wanted revision any more"),
        }))
    }

    async fn turn(&self, service: &str, by: &Signature) -> Result<Turn, Error> {
        let folder = self.folder(service);
        fs::create_dir_all(&folder).map_err(|why| disk("make", &folder, &why))?;
        let path = folder.join(LOCK);
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false);
        let mut file = open.open(&path).map_err(|why| disk("open", &path, &why))?;
        let taken = tokio::time::timeout(LOCK_LIMIT, lock(&file)).await;
        match taken {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Err(disk("lock", &path, &why.into())),
            Err(_) => {
                let mut who = String::new();
                // Its name is a help, no more.
                let _ = file.read_to_string(&mut who);
                let who = if who.is_empty() {
                    "another writer"
                } else {
                    &who
                };
                let waited = LOCK_LIMIT.as_secs();
                let what = format!(
                    "{service} is being changed by {who}, for more than {waited} s; nothing was written"
                );
                return Err(Error::Conflict(what));
            }
        }
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = file.write_all(by.who.as_bytes());
        Ok(Turn { _file: file })
    }

    /// Beside, synced, renamed, the folder synced: after a power failure it is the old or the new one.
    fn write(&self, path: &Path, text: &str) -> Result<(), Error> {
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|why| disk("make", folder, &why))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder.join(format!(".{name}.{}", std::process::id()));
        let written = File::create(&beside)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, path))
            .and_then(|()| File::open(folder)?.sync_all());
        written.map_err(|why| {
            // The first error is the one to tell.
            drop(fs::remove_file(&beside));
            disk("write", path, &why)
        })
    }

    fn folder(&self, service: &str) -> PathBuf {
        self.root.join(service)
    }

    fn body(&self, service: &str, id: &RevisionId) -> PathBuf {
        self.folder(service).join(format!("{id}.json"))
    }
}

async fn lock(file: &File) -> Result<(), rustix::io::Errno> {
    loop {
        match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {
                tokio::time::sleep(LOCK_STEP).await;
            }
            other => return other,
        }
    }
}

/// Returns None when there is no such file.
fn read(path: &Path) -> Result<Option<String>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(disk("read", path, &why)),
    };
    let mut text = String::new();
    file.take(LARGEST_BODY)
        .read_to_string(&mut text)
        .map_err(|why| disk("read", path, &why))?;
    Ok(Some(text))
}

/// The names in a folder; none when it is not there.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(disk("read", folder, &why)),
    };
    let names = entries.flatten().map(|it| it.file_name().into_string());
    Ok(names.flatten().collect())
}

fn disk(verb: &str, path: &Path, why: &io::Error) -> Error {
    Error::Disk(format!("{verb} {}: {why}", path.display()))
}
