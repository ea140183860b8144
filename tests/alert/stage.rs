//! A place of its own for the alerts of one test, and `wharf` run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

pub(crate) const WHARF: &str = env!("CARGO_BIN_EXE_wharf");

pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    /// Where the journal is read, and written to.
    journal: Option<(PathBuf, PathBuf)>,
}

impl Stage {
    pub(crate) fn new(settings: &str) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("alerts.yaml"), settings).unwrap();
        Stage {
            folder,
            journal: None,
        }
    }

    pub(crate) fn with_journal(mut self, files: &Path, socket: &Path) -> Stage {
        self.journal = Some((files.to_owned(), socket.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn set(&self, settings: &str) {
        fs::write(self.path().join("alerts.yaml"), settings).unwrap();
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(WHARF);
        command
            .arg("alert")
            .args(words)
            .env("WHARF_ALERTS", self.path().join("alerts.yaml"))
            .env("WHARF_STATE", self.path().join("state"))
            .env_remove("NOTIFY_SOCKET");
        if let Some((files, socket)) = &self.journal {
            command
                .env("WHARF_JOURNAL_DIR", files)
                .env("WHARF_JOURNAL_SOCKET", socket);
        }
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub(crate) fn start(&self, words: &[&str]) -> Running {
        Running(self.command(words).spawn().unwrap())
    }
}

/// A process that is killed when nobody holds it any more.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
