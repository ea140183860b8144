//! What each page is about, ready to be written down.

use std::collections::BTreeMap;

use crate::model::glance::{Cell, Glance, Head, Sign, Warning};
use crate::model::mistake::InFile;
use crate::model::observed::Open;
use crate::model::plan::Plan;
use crate::model::revised::{Contrast, Row};

/// The overview, and what other pages take from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    pub glance: Glance,
    /// When each node last answered or failed to, seconds since 1970. A node that is missing was never asked.
    pub at: BTreeMap<String, u64>,
    /// Seconds since 1970 from which the cells' `since` counts back.
    pub cells_at: u64,
}

impl Live {
    /// When a cell came into the state it is in, seconds since 1970; None: nobody knows.
    pub fn begun(&self, cell: &Cell) -> Option<u64> {
        cell.since.map(|it| self.cells_at.saturating_sub(it))
    }
}

/// Which services the overview is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a service's or a node's name; empty: all.
    pub text: String,
    pub sign: Option<Sign>,
}

/// A link outside, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub name: String,
    pub url: String,
}

/// One service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServicePage {
    pub name: String,
    pub kind: ServiceKind,
    /// On each of its nodes.
    pub cells: Vec<Cell>,
    /// Seconds since 1970 from which their `since` counts back.
    pub cells_at: u64,
    pub at: BTreeMap<String, u64>,
    pub warnings: Vec<Warning>,
    /// Copies that run, or did when the node was asked.
    pub instances: Vec<Copy>,
    /// Newest first. Empty: it has none, or no node could tell.
    pub revisions: Vec<Row>,
    /// Between the revision asked for and the one before it.
    pub difference: Option<Difference>,
    /// Of the last day, newest first.
    pub timeline: Vec<Moment>,
    /// Per node, and those of the service itself last.
    pub links: Vec<(String, Vec<Link>)>,
    /// The definition in force as YAML, secrets hidden; None: it is made of scripts.
    pub definition: Option<String>,
    /// Unit and scripts of a scripted service, each with its name.
    pub scripts: Vec<(String, String)>,
    /// What could not be asked, sentences.
    pub notices: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServiceKind {
    #[default]
    Scripted,
    Runner,
    Managed,
}

/// Two revisions side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub from: String,
    pub to: String,
    pub contrasts: Vec<Contrast>,
}

/// One running copy of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copy {
    pub node: String,
    pub unit: String,
    /// `3-abc1234.2`; None: the service has no revisions.
    pub instance: Option<String>,
    /// systemd's word, and what stands behind it.
    pub state: String,
    pub good: bool,
    pub container: Option<String>,
    pub image: Option<String>,
    pub weight: Option<u32>,
    pub connections: Option<Open>,
    /// Bytes.
    pub memory: Option<u64>,
    pub memory_limit: Option<u64>,
    pub restarts: u64,
    /// How it ended the last time, in words; None: it never did.
    pub ended: Option<String>,
    /// Seconds.
    pub since: Option<u64>,
}

/// Something that happened to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: u64,
    pub node: String,
    pub tone: Tone,
    /// `deployed`, `exited`, `ready`, ….
    pub word: String,
    /// One sentence.
    pub text: String,
}

/// How news is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    #[default]
    Plain,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePage {
    pub head: Head,
    pub at: Option<u64>,
    pub cells: Vec<Cell>,
    /// Seconds since 1970 from which their `since` counts back.
    pub cells_at: u64,
    pub warnings: Vec<Warning>,
    /// Name and version of what runs there: wharf, kernel, systemd, docker, ssh.
    pub versions: Vec<(String, String)>,
    pub labels: Vec<(String, String)>,
    /// Its containers, for the terminal: name and image.
    pub containers: Vec<(String, String)>,
}

/// What is asked of the journals, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogWish {
    pub service: String,
    pub node: String,
    pub level: String,
    pub stream: String,
    pub text: String,
    pub since: String,
    pub until: String,
}

/// A record of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogRow {
    /// Microseconds since 1970.
    pub t: u64,
    pub node: String,
    pub unit: String,
    pub revision: String,
    pub priority: u8,
    /// `stdout`, `stderr`, or empty: systemd's, or ours.
    pub stream: String,
    pub text: String,
    /// Names its place in that node's journal.
    pub cursor: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsPage {
    pub wish: LogWish,
    pub services: Vec<String>,
    pub nodes: Vec<String>,
    /// Oldest first.
    pub rows: Vec<LogRow>,
    /// A line that gives the same in a shell.
    pub command: String,
    /// What is wrong with the wish, or could not be asked.
    pub notices: Vec<String>,
}

/// The picture of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramPage {
    /// An SVG without style of its own; or what is wrong with the text, to be read.
    pub picture: Result<String, String>,
    /// mermaid's.
    pub text: String,
    /// The file says nothing; this one was drawn from its services.
    pub drawn: bool,
    pub notices: Vec<String>,
}

/// One run of something that changes nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunRow {
    pub id: String,
    /// `restart web on n1`.
    pub words: String,
    /// The same, to be typed.
    pub command: String,
    pub who: String,
    /// Seconds since 1970.
    pub began: u64,
    pub ended: Option<u64>,
    /// None: it is under way, or nobody knows how it ended.
    pub exit: Option<i32>,
    pub canceled: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunPage {
    pub run: RunRow,
    /// What was shown before it began.
    pub plan: Option<Plan>,
    /// What it said of services on nodes; empty where it says none.
    pub branches: Vec<Branch>,
    /// Everything else it said, the last of it.
    pub output: Vec<String>,
    /// Lines that were dropped before those.
    pub dropped: usize,
}

/// A service during a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    pub service: String,
    /// `wave 2 of 3`.
    pub wave: String,
    pub leaves: Vec<Leaf>,
}

/// A node of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    pub node: String,
    pub stage: Stage,
    /// What came of it, in words.
    pub what: Option<String>,
    /// Steps and output, oldest first.
    pub lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Waiting,
    Working,
    Done,
    Unchanged,
    Failed,
    PutBack,
    Stuck,
    Skipped,
    Untouched,
}

/// What a deploy is to be about, and what it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanPage {
    pub services: Vec<String>,
    pub nodes: Vec<String>,
    pub chosen_services: Vec<String>,
    pub chosen_nodes: Vec<String>,
    pub plan: Option<Plan>,
    /// Why there is no plan.
    pub trouble: Option<String>,
}

/// The cluster's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigPage {
    pub file: String,
    /// All files the cluster is read from; the one that is shown among them.
    pub files: Vec<String>,
    /// As it is shown: the file's text, or what was typed.
    pub text: String,
    /// SHA-256 of the file the text began from.
    pub base: String,
    pub mistakes: Vec<InFile>,
    /// Of what was typed against the file; None: nothing was typed.
    pub change: Option<Vec<Change>>,
    /// It became the file.
    pub saved: bool,
    /// Why it did not.
    pub trouble: Option<String>,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Same(String),
    Gone(String),
    New(String),
    /// This many lines that are the same.
    Gap(usize),
}

/// A terminal, before it is connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalPage {
    pub nodes: Vec<String>,
    pub node: String,
    /// None: the node itself.
    pub container: Option<String>,
    pub containers: Vec<String>,
}
