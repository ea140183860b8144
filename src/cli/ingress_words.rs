//! The words for the way in.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::fleet_words::Fleet;

#[derive(Debug, Subcommand)]
pub enum IngressWish {
    /// Print the proxy's whole configuration: this host's, or with -f what a node is to have
    Show {
        /// With a cluster file: this node's; the first one's when it is left out
        node: Option<String>,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Have each node's own proxy check the routes of the file; nothing is changed
    Check {
        #[command(flatten)]
        to: GateWish,
    },
    /// Make the nodes take requests as the file says; a service whose routes are bad is held back alone
    Apply {
        #[command(flatten)]
        to: GateWish,
        /// Without a file: stop, and take no requests any more
        #[arg(long)]
        remove: bool,
    },
    /// Show whether the proxy runs, what it serves, and what is held back
    Status {
        #[command(flatten)]
        fleet: Fleet,
        #[arg(long)]
        json: bool,
    },
}

/// Whose gate it is: each node's of a cluster file, or this host's.
#[derive(Debug, Args)]
pub struct GateWish {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Without a cluster file: the JSON a cluster's machine sends; `-` is stdin
    #[arg(default_value = "-")]
    pub gate: PathBuf,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct MaintenanceWish {
    /// The service
    pub service: String,
    /// on: its requests are answered with the maintenance page; off: they are served
    #[arg(value_parser = ["on", "off"])]
    pub state: String,
    #[command(flatten)]
    pub fleet: Fleet,
}
