//! Nodes made ready: this very wharf on each, its units installed, its doctor asked.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use crate::decide::setup::{self as decide, Wanted};
use crate::decide::shell::{self, HasNul};
use crate::host::{digest, ssh::Ssh};
use crate::model::cluster::Node;
use crate::model::finding::Finding;
use crate::model::fleet::{Unreached, UnreachedKind};
use crate::model::seen::{Exit, Output};
use crate::model::setup::{Ready, SetupEnd, SetupStep};

/// Nodes worked on at once: each is sent a whole binary.
const AT_ONCE: usize = 16;
/// A question and its answer.
const ASK_LIMIT: Duration = Duration::from_secs(30);
/// An install has systemd read all its units again.
const INSTALL_LIMIT: Duration = Duration::from_secs(120);
/// The doctor asks docker, systemd and the journal, each with a limit of its own.
const DOCTOR_LIMIT: Duration = Duration::from_secs(120);
/// How long nothing may move while a binary is sent and installed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A binary to be put on nodes.
pub struct Binary<'a> {
    path: &'a Path,
    wanted: Wanted,
}

impl Binary<'_> {
    /// Looks at a program: for which machine it is, and which it is.
    ///
    /// # Errors
    /// It cannot be read, or is no program for Linux.
    pub async fn look(path: &Path) -> Result<Binary<'_>, String> {
        let shown = path.display();
        let head = digest::head(path).map_err(|why| format!("{shown}: {why}"))?;
        let machine = decide::machine(&head)
            .ok_or_else(|| format!("{shown} is no program for Linux"))?
            .to_owned();
        let (sha256, bytes) = digest::sha256(path)
            .await
            .map_err(|why| format!("{shown}: {why}"))?;
        let wanted = Wanted {
            machine,
            sha256,
            bytes,
        };
        Ok(Binary { path, wanted })
    }
}

/// Makes the nodes ready, several at once, and returns how each stands, in their order. `tell` hears each
/// step before it is done; with `dry_run` nothing is done and nothing told.
pub async fn setup(
    ssh: &Ssh,
    nodes: &[&Node],
    binary: &Binary<'_>,
    dry_run: bool,
    tell: &impl Fn(&str, &SetupStep),
) -> Vec<Ready> {
    let all = nodes
        .iter()
        .map(|node| one(ssh, node, binary, dry_run, tell));
    stream::iter(all).buffered(AT_ONCE).collect().await
}

async fn one(
    ssh: &Ssh,
    node: &Node,
    binary: &Binary<'_>,
    dry_run: bool,
    tell: &impl Fn(&str, &SetupStep),
) -> Ready {
    let mut ready = Ready {
        node: node.name.clone(),
        steps: Vec::new(),
        end: SetupEnd::Shown,
        findings: Vec::new(),
    };
    let seat = Seat {
        ssh,
        node,
        binary,
        step: Cell::new(""),
    };
    match seat.through(&mut ready, dry_run, tell).await {
        Ok(()) => {}
        Err(end) => ready.end = end,
    }
    ready
}

/// One node and what is wanted of it.
struct Seat<'a> {
    ssh: &'a Ssh,
    node: &'a Node,
    binary: &'a Binary<'a>,
    /// What is under way, for a message.
    step: Cell<&'static str>,
}

impl Seat<'_> {
    async fn through(
        &self,
        ready: &mut Ready,
        dry_run: bool,
        tell: &impl Fn(&str, &SetupStep),
    ) -> Result<(), SetupEnd> {
        self.step.set("look at the node");
        let found = self.run(decide::ASK, ASK_LIMIT).await?;
        let found = decide::footing(&String::from_utf8_lossy(&found.stdout));
        let steps = decide::steps(&found, &self.binary.wanted).map_err(|it| SetupEnd::Refused {
            what: it.what,
            remedy: it.remedy,
        })?;
        ready.steps = steps;
        if dry_run {
            return Ok(());
        }
        for step in &ready.steps {
            tell(&self.node.name, step);
        }
        match ready.steps.first() {
            Some(SetupStep::Send { .. }) => self.send().await?,
            Some(SetupStep::Install) => {
                self.step.set("install the units");
                self.run(decide::INSTALL, INSTALL_LIMIT).await?;
            }
            None => {}
        }
        self.step.set("ask its doctor");
        let told = self.run(decide::DOCTOR, DOCTOR_LIMIT).await?;
        ready.findings = self.findings(&told.stdout)?;
        ready.end = SetupEnd::Done;
        Ok(())
    }

    /// The node takes the binary and has it install itself, in one line: nothing is left half done.
    async fn send(&self) -> Result<(), SetupEnd> {
        self.step.set("take the binary and install it");
        let line = line(&decide::take(&self.binary.wanted.sha256))?;
        let file = tokio::fs::File::open(self.binary.path).await;
        let file =
            file.map_err(|why| unreached(format!("{}: {why}", self.binary.path.display())))?;
        let sent = self
            .ssh
            .send(&self.node.destination, &line, file, PATIENCE, |_| {})
            .await;
        self.good(sent.map_err(SetupEnd::Unreached)?).map(drop)
    }

    async fn run(&self, script: &str, limit: Duration) -> Result<Output, SetupEnd> {
        let line = line(script)?;
        let ran = self.ssh.run(&self.node.destination, &line, None, limit);
        self.good(ran.await.map_err(SetupEnd::Unreached)?)
    }

    fn good(&self, output: Output) -> Result<Output, SetupEnd> {
        if output.exit == Exit::Code(0) {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|it| !it.trim().is_empty());
        Err(SetupEnd::Refused {
            what: format!(
                "it could not {}: {}",
                self.step.get(),
                last.unwrap_or("it did not say why")
            ),
            remedy: format!("see for yourself: ssh {}", self.node.destination),
        })
    }

    fn findings(&self, json: &[u8]) -> Result<Vec<Finding>, SetupEnd> {
        serde_json::from_slice(json).map_err(|why| SetupEnd::Refused {
            what: format!("its doctor's answer is not understood: {why}"),
            remedy: format!(
                "see for yourself: ssh {} wharf doctor",
                self.node.destination
            ),
        })
    }
}

fn line(script: &str) -> Result<String, SetupEnd> {
    shell::elevated(script).map_err(|why: HasNul| unreached(why.to_string()))
}

/// What fails on this side, before the node hears of it.
fn unreached(what: String) -> SetupEnd {
    SetupEnd::Unreached(Unreached {
        kind: UnreachedKind::Other,
        what,
    })
}
