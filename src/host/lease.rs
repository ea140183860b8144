//! A file only one process holds: gone with its holder, whatever ends it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// Held until dropped.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

/// What came of asking.
#[derive(Debug)]
pub enum Taken {
    Mine(Lease),
    /// Somebody holds it; what they wrote into it.
    Held(String),
}

/// Takes the lease and writes `text` into it, for those who come too late. Does not wait.
///
/// # Errors
/// The file cannot be made or written.
pub fn take(path: &Path, text: &str) -> io::Result<Taken> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut held = String::new();
            file.read_to_string(&mut held)?;
            return Ok(Taken::Held(held));
        }
        Err(why) => return Err(why.into()),
    }
    let mut lease = Lease { file };
    lease.write(text)?;
    Ok(Taken::Mine(lease))
}

impl Lease {
    /// Replaces what others read.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{Taken, take};

    #[test]
    fn one_holds_it_and_the_other_is_told_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lease");
        let Taken::Mine(mut first) = take(&path, "first").unwrap() else {
            panic!("nobody held it");
        };
        assert!(matches!(take(&path, "second").unwrap(), Taken::Held(it) if it == "first"));
        first.write("still first").unwrap();
        assert!(matches!(take(&path, "x").unwrap(), Taken::Held(it) if it == "still first"));
        drop(first);
        assert!(matches!(take(&path, "second").unwrap(), Taken::Mine(_)));
    }
}
