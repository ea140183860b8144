//! Another node: its own wharf, called over ssh, says what it has of a volume.

use std::time::Duration;

use super::{Ground, Refusal};
use crate::decide::fleet::remedy;
use crate::decide::shell;
use crate::host::btrfs;
use crate::host::ssh::Ssh;
use crate::model::fleet::Unreached;
use crate::model::seen::{Exit, Output};
use crate::model::volume::{Held, There, VolumeName};

/// A question and its answer.
const ASK_LIMIT: Duration = Duration::from_secs(60);
/// How long nothing may move in a transfer, unless somebody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// A shell's code for a program that is not there.
const NOT_FOUND: i64 = 127;
/// A cluster file of the node's own must not make it ask others in turn.
const HERE: &str = "unset WHARF_FILE; ";

/// How another node is reached, and how a transfer is to go.
#[derive(Clone, Debug)]
pub struct Way {
    pub ssh: Ssh,
    /// As it is called here; what is remembered of it is under this name.
    pub peer: String,
    /// ssh's destination.
    pub destination: String,
    /// Where volumes lie there; None: where that node has them.
    pub root: Option<String>,
    /// What this node calls itself.
    pub me: String,
    /// Bytes a second at most.
    pub rate: Option<u64>,
    /// Send all of a volume again, whatever its size.
    pub full: bool,
    pub patience: Duration,
}

impl Ground {
    /// Returns what this node has of a volume, for another one that asks.
    ///
    /// # Errors
    /// The file system's.
    pub async fn have(&self, name: &VolumeName) -> Result<There, Refusal> {
        let standing = self.standing(name)?;
        let snapshots = self.snapshots(name)?.into_iter().map(|it| Held {
            name: it.name.to_string(),
            id: it.subvolume.id(),
            created: it.subvolume.created,
        });
        Ok(There {
            btrfs: self.btrfs,
            zstd: btrfs::zstd().await,
            folder: self.places.volume(name).display().to_string(),
            present: self.volume(name)?.is_some(),
            role: standing.role,
            term: standing.term,
            snapshots: snapshots.collect(),
        })
    }
}

impl Way {
    /// Returns the line that has the other node's wharf do this.
    pub(super) fn line(&self, words: &[&str]) -> Result<String, Refusal> {
        let mut all = vec!["wharf", "node", "volume"];
        all.extend(words);
        if let Some(root) = &self.root {
            all.extend(["--root", root]);
        }
        let line = shell::line(&all).and_then(|it| shell::elevated(&format!("{HERE}{it}")));
        line.map_err(|why| Refusal::new(why.to_string()))
    }

    /// Asks it what it has.
    pub(super) async fn ask(&self, name: &VolumeName) -> Result<There, Refusal> {
        let line = self.line(&["have", name.as_str()])?;
        let output = self
            .ssh
            .run(&self.destination, &line, None, ASK_LIMIT)
            .await;
        let output = output.map_err(|why| self.away(&why))?;
        self.ended_well(&output)?;
        serde_json::from_slice(&output.stdout).map_err(|why| {
            Refusal::new(format!(
                "{} answers what this wharf does not understand: {why}",
                self.peer
            ))
            .next(format!(
                "wharf setup --nodes {} puts the same wharf on both",
                self.peer
            ))
        })
    }

    pub(super) fn away(&self, why: &Unreached) -> Refusal {
        Refusal {
            what: format!("{}: {}", self.peer, why.what),
            next: Some(remedy::remedy(why.kind, &self.destination)),
            away: true,
        }
    }

    pub(super) fn ended_well(&self, output: &Output) -> Result<(), Refusal> {
        match output.exit {
            Exit::Code(0) => Ok(()),
            Exit::Code(NOT_FOUND) => Err(Refusal::new(format!("{}: there is no wharf", self.peer))
                .next("wharf setup brings it there")),
            Exit::Code(_) | Exit::Signal(_) => Err(self.said(&output.stderr)),
        }
    }

    /// The other wharf's own words, its advice included.
    fn said(&self, stderr: &[u8]) -> Refusal {
        let text = String::from_utf8_lossy(stderr);
        let after = |mark: &str| text.lines().rev().find_map(|it| it.strip_prefix(mark));
        let last = text.lines().rfind(|it| !it.trim().is_empty());
        let what = after("error: ")
            .or(last)
            .unwrap_or("it failed without a word");
        let refusal = Refusal::new(format!("{}: {what}", self.peer));
        match after("next: ") {
            Some(next) => refusal.next(format!("on {}: {next}", self.peer)),
            None => refusal,
        }
    }
}
