//! A small file rewritten in place: what must survive this process's sudden death, but no power cut.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

/// The longest text read back, in bytes.
const LONGEST: u64 = 64 * 1024;

/// An open memo, for its owner's eyes only.
pub struct Memo {
    file: File,
}

impl Memo {
    /// Opens the file, making it if there is none.
    ///
    /// # Errors
    /// When the directory is missing or not ours.
    pub fn open(path: &Path) -> io::Result<Memo> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        Ok(Memo { file })
    }

    /// Returns what was written last; empty for a new file.
    ///
    /// # Errors
    /// When the file cannot be read or is no text.
    pub fn read(&self) -> io::Result<String> {
        let mut text = String::new();
        let mut file = &self.file;
        io::Seek::rewind(&mut file)?;
        file.take(LONGEST).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Replaces the text in one write: texts of one length, smaller than a page, are never seen torn,
    /// not even after a SIGKILL between two instructions.
    ///
    /// # Errors
    /// When the file system is full or gone.
    pub fn write(&self, text: &str) -> io::Result<()> {
        self.file.write_all_at(text.as_bytes(), 0)
    }
}
