//! Where the alerts are set up and kept: for the host, or for one user of it.

use std::io;
use std::path::{Path, PathBuf};

use crate::decide::alert::settings::{Reading, read};
use crate::host::lease::{self, Taken};
use crate::host::{files, surroundings};
use crate::model::alert::Book;
use crate::model::channel::AlertSettings;
use crate::model::mistake::Mistake;

/// The variable that names another file than the usual one.
const VARIABLE: &str = "WHARF_ALERTS";
const FILE: &str = "/etc/wharf/alerts.yaml";
/// The largest book that is read; one of all incidents there can be at once is a tenth of it.
const LARGEST_BOOK: u64 = 256 << 20;

/// Where things of the alerts lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    pub file: PathBuf,
    pub folder: PathBuf,
    pub silences: PathBuf,
}

/// Why there are no alerts.
#[derive(Debug)]
pub enum Unusable {
    /// There is no such file.
    Missing(PathBuf),
    Unreadable {
        file: PathBuf,
        why: io::Error,
    },
    Wrong {
        file: PathBuf,
        text: String,
        mistakes: Vec<Mistake>,
    },
}

impl Ground {
    /// Returns where they are for whoever runs this: the host's for root, the user's own for a user.
    pub fn here() -> Ground {
        let named = std::env::var_os(VARIABLE).filter(|it| !it.is_empty());
        let root = rustix::process::geteuid().is_root();
        let usual = match (root, surroundings::home()) {
            (false, Some(home)) => home.join(".config/wharf/alerts.yaml"),
            (true, _) | (false, None) => PathBuf::from(FILE),
        };
        let state = match (root, surroundings::state_home()) {
            (false, Some(home)) => home.join("wharf"),
            (true, _) | (false, None) => surroundings::places("").state().to_owned(),
        };
        let moved = std::env::var_os(crate::model::places::STATE_VARIABLE);
        let state = moved.map_or(state, PathBuf::from);
        let folder = state.join("alerts");
        Ground {
            file: named.map_or(usual, PathBuf::from),
            silences: folder.join("silences"),
            folder,
        }
    }

    /// Returns the place of alerts about other hosts: the same file and silences, a book of its own.
    #[must_use]
    pub fn of_others(&self) -> Ground {
        Ground {
            folder: self.folder.join("others"),
            ..self.clone()
        }
    }

    /// Returns what the file says.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is wrong; then with all of its mistakes.
    pub fn settings(&self) -> Result<AlertSettings, Unusable> {
        let file = self.file.clone();
        let text = match files::read(&file) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                return Err(Unusable::Missing(file));
            }
            Err(why) => return Err(Unusable::Unreadable { file, why }),
        };
        let Reading { settings, mistakes } = read(&text);
        settings.ok_or(Unusable::Wrong {
            file,
            text,
            mistakes,
        })
    }

    /// Returns what is known so far; nothing where nothing was kept yet.
    ///
    /// # Errors
    /// As the system says; `InvalidData` for a file that is no book.
    pub fn book(&self) -> io::Result<Book> {
        let path = self.path();
        let text = match files::read_within(&path, LARGEST_BOOK) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Book::default()),
            Err(why) => return Err(named(&path, &why)),
        };
        serde_json::from_str(&text).map_err(|why| named(&path, &io::Error::other(why)))
    }

    /// Writes the book beside and renames it.
    ///
    /// # Errors
    /// As the system says.
    pub fn keep(&self, book: &str) -> io::Result<()> {
        files::write(&self.path(), book.as_bytes(), 0o600)
    }

    /// Makes the folder, and takes the pump's place in it until the lease is dropped.
    ///
    /// # Errors
    /// As the system says; `WouldBlock` when another pump is at work.
    pub fn claim(&self) -> io::Result<lease::Lease> {
        files::private_folder(&self.folder)?;
        let id = std::process::id().to_string();
        match lease::take(&self.folder.join("pump.lock"), &id)? {
            Taken::Mine(lease) => Ok(lease),
            Taken::Held(who) => {
                // One that has just begun has not said its number yet.
                let who = match who.trim() {
                    "" => "another process".to_owned(),
                    who => format!("process {who}"),
                };
                let why = format!("{who} does this already");
                Err(io::Error::new(io::ErrorKind::WouldBlock, why))
            }
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("book.json")
    }
}

fn named(path: &Path, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{}: {why}", path.display()))
}
