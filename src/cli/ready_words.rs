//! The words that make nodes ready and show what is on them.

use std::path::PathBuf;

use clap::Args;

use super::fleet_words::Fleet;

#[derive(Debug, Args)]
pub struct SetupWish {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Another binary than the one that runs here, for nodes of another kind
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// Show what would be done on each node and do nothing
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PushWish {
    /// The service whose image is sent
    pub service: String,
    #[command(flatten)]
    pub fleet: Fleet,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DiagramWish {
    #[command(flatten)]
    pub fleet: Fleet,
    /// A picture instead of mermaid's text
    #[arg(long)]
    pub svg: bool,
    /// Ask no node
    #[arg(long)]
    pub no_state: bool,
}
