//! The words of `wharf alert`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::fleet_words::Fleet;

#[derive(Debug, Subcommand)]
pub enum AlertWish {
    /// Show what is wrong, who was told, what waits in the spool, and what is silenced
    List {
        #[arg(long)]
        json: bool,
    },
    /// Send a message to each channel, or to one, and say what became of it; 1 when one does not work
    Test {
        /// A channel of alerts.yaml
        channel: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Tell nobody about a service for a time; what is still wrong then is told
    Silence(SilenceWish),
    /// Report every mistake of alerts.yaml at once, with line and column
    Check {
        /// Another file than the one in force
        file: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Ask the nodes of a cluster file now and then, and tell people which do not answer or are short of something
    Watch(WatchWish),
    /// Follow the journal and tell people; wharf-alert.service calls this
    Pump {
        /// Read what there is, send what is due, and end
        #[arg(long)]
        once: bool,
    },
}

#[derive(Debug, Args)]
pub struct WatchWish {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Tell of services too: where the nodes have no wharf-alert.service that does
    #[arg(long)]
    pub services: bool,
    /// Seconds from one look to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub every: u64,
    /// Look once, send what is due, and end
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub struct SilenceWish {
    /// The service
    #[arg(required_unless_present_any = ["all", "node"])]
    pub service: Option<String>,
    /// Every service, and the host itself
    #[arg(long, conflicts_with = "service")]
    pub all: bool,
    /// Only on this node, where alerts of several come together
    #[arg(long)]
    pub node: Option<String>,
    /// How long: 30m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", default_value = "1h")]
    pub time: String,
    /// Why, for those who see it in the list
    #[arg(long, default_value = "")]
    pub why: String,
    /// End it now
    #[arg(long)]
    pub end: bool,
}
