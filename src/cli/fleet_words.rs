//! The words for many nodes at once, and those with which they are asked.

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::volume_words::NodeVolumeWish;
use crate::cluster::load::Wish;

/// Seconds a node has to tell how it stands.
pub const ASK_SECONDS: u64 = 10;

/// Which cluster, and which of its nodes; without a file a command acts on this host.
#[derive(Clone, Debug, Default, Args)]
pub struct Fleet {
    /// Act on the nodes of this cluster file, over ssh; repeat it for several files
    #[arg(short = 'f', long = "file", value_name = "FILE", env = "WHARF_FILE")]
    pub file: Vec<OsString>,
    #[command(flatten)]
    pub part: Part,
}

/// The same for commands in which -f follows.
#[derive(Clone, Debug, Default, Args)]
pub struct FleetLong {
    /// Act on the nodes of this cluster file, over ssh; repeat it for several files
    #[arg(short = 'F', long = "file", value_name = "FILE", env = "WHARF_FILE")]
    pub file: Vec<OsString>,
    #[command(flatten)]
    pub part: Part,
}

#[derive(Clone, Debug, Default, Args)]
pub struct Part {
    /// With a cluster file: lay cluster.NAME.yaml, beside cluster.yaml, over it
    #[arg(short = 'e', long = "env", value_name = "NAME")]
    pub overlay: Option<String>,
    /// With a cluster file: only these of its nodes, web-1,db-*
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub nodes: Vec<String>,
}

impl From<FleetLong> for Fleet {
    fn from(it: FleetLong) -> Fleet {
        let FleetLong { file, part } = it;
        Fleet { file, part }
    }
}

impl Fleet {
    /// Returns what to load; None: this host is meant. An empty WHARF_FILE is none.
    pub fn wish(&self) -> Option<Wish> {
        let files = self.file.iter().filter(|it| !it.is_empty());
        let files: Vec<_> = files.map(Into::into).collect();
        (!files.is_empty()).then(|| Wish {
            files,
            overlay: self.part.overlay.clone(),
            nodes: self.part.nodes.clone(),
        })
    }
}

#[derive(Debug, Args)]
pub struct StatusWish {
    /// Services; all of them when none is given
    pub names: Vec<String>,
    #[command(flatten)]
    pub fleet: Fleet,
    #[arg(long)]
    pub json: bool,
    /// Show again every two seconds
    #[arg(short, long)]
    pub watch: bool,
    /// With a cluster file: seconds each node has to answer
    #[arg(long, value_name = "SECONDS", default_value_t = ASK_SECONDS, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub struct ExecWish {
    /// The service; SERVICE@REV for one of its revisions
    pub service: String,
    #[command(flatten)]
    pub fleet: Fleet,
    /// With a cluster file: on this node; on the service's first one when it is left out
    #[arg(long)]
    pub node: Option<String>,
    /// Keep stdin open
    #[arg(short, long)]
    pub interactive: bool,
    /// On a terminal of its own
    #[arg(short, long)]
    pub tty: bool,
    /// The command and its words
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct RunOnceWish {
    /// The service whose image, environment, mounts and secrets the command gets, as the file has them
    pub service: String,
    #[command(flatten)]
    pub fleet: Fleet,
    /// On this node; on the service's first one when it is left out
    #[arg(long)]
    pub node: Option<String>,
    /// Seconds it may take
    #[arg(long, default_value = "300", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// The command and its words
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct SshWish {
    /// A node of the file; a pattern may choose several, which then need a command
    pub node: String,
    #[command(flatten)]
    pub fleet: Fleet,
    /// A command and its words; one word alone is a line for the shell there
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct AckWish {
    /// SERVICE@NODE or NODE; without it, what is acknowledged is shown
    pub target: Option<String>,
    /// What is known there; everything when it is left out
    #[arg(value_parser = ["down", "unit", "memory", "load", "disk", "clock", "ingress"])]
    pub kind: Option<String>,
    #[command(flatten)]
    pub fleet: Fleet,
    /// Why nobody needs to look
    #[arg(short = 'm', long = "comment", default_value = "")]
    pub comment: String,
    /// For how long: 90s, 45m, 2h, 7d
    #[arg(long = "for", value_name = "TIME", default_value = "2h")]
    pub time: String,
    /// Take it back
    #[arg(long)]
    pub remove: bool,
    #[arg(long)]
    pub json: bool,
}

/// What the operator's machine calls on a node.
#[derive(Debug, Subcommand)]
pub enum NodeWish {
    /// Print everything wharf knows of this host, as one JSON object
    Look,
    /// Place a definition read from stdin, restart its unit, and put both back when it does not come up
    Place(PlaceWish),
    /// Run a command in a container of the definition read from stdin, beside the service itself
    Once(OnceWish),
    /// What another node asks about volumes
    Volume(NodeVolumeWish),
}

#[derive(Debug, Args)]
pub struct PlaceWish {
    /// The service
    pub service: String,
    /// Why, for those who read it later
    #[arg(short = 'm', long = "note", default_value = "")]
    pub note: String,
    /// Bring back what the last one found
    #[arg(long, conflicts_with = "remove")]
    pub back: bool,
    /// Stop the unit and remove the definition
    #[arg(long)]
    pub remove: bool,
}

#[derive(Debug, Args)]
pub struct OnceWish {
    /// The service
    pub service: String,
    /// Seconds it may take
    #[arg(long, default_value = "300")]
    pub timeout: u64,
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}
