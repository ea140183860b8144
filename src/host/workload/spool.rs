//! What a process writes to: a file it appends to, so that it never waits for us and nothing is lost without us.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};

/// Space is given back in pieces of at least this many bytes.
const PIECE: u64 = 1 << 20;

/// Opens a file for a process to append to.
///
/// # Errors
/// The file system's, with the path.
pub fn append(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(mode);
    options.open(path).map_err(|why| named(path, &why))
}

/// The other end of it.
pub struct Spool {
    file: File,
    /// Bytes before this were given back.
    freed: u64,
}

impl Spool {
    /// Opens a file to read what was appended.
    ///
    /// # Errors
    /// The file system's, with the path.
    pub fn open(path: &Path) -> io::Result<Spool> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        Ok(Spool {
            file: file.map_err(|why| named(path, &why))?,
            freed: 0,
        })
    }

    /// Returns how many bytes of these there are from `from` on; 0 at the end.
    ///
    /// # Errors
    /// The file system's.
    pub fn read(&self, from: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(bytes, from)
    }

    /// Returns its length and the file's number, by which another file of the name is known.
    ///
    /// # Errors
    /// The file system's.
    pub fn length(&self) -> io::Result<(u64, u64)> {
        let seen = self.file.metadata()?;
        Ok((seen.len(), seen.ino()))
    }

    /// Gives the space of all bytes before `until` back. The file keeps its length, so whoever appends
    /// is not disturbed; where the file system cannot, it only stays large.
    pub fn free(&mut self, until: u64) {
        if until - self.freed.min(until) < PIECE {
            return;
        }
        let whole = until / PIECE * PIECE;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(&self.file, flags, self.freed, whole - self.freed);
        self.freed = whole;
    }
}

fn named(path: &Path, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::{PIECE, Spool, append};

    #[test]
    fn what_was_read_is_given_back_and_appending_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut writer = append(&path, 0o600).unwrap();
        let mut spool = Spool::open(&path).unwrap();
        for _ in 0..3 {
            writer.write_all(&vec![b'x'; PIECE as usize]).unwrap();
        }
        let before = writer.metadata().unwrap().blocks();
        spool.free(3 * PIECE);
        assert!(writer.metadata().unwrap().blocks() < before);
        writer.write_all(b"tail\n").unwrap();
        let mut bytes = [0; 16];
        assert_eq!(spool.read(3 * PIECE, &mut bytes).unwrap(), 5);
        assert_eq!(&bytes[..5], b"tail\n");
        assert_eq!(spool.length().unwrap().0, 3 * PIECE + 5);
    }
}
