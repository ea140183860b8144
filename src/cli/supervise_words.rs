//! The words for host processes without systemd.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SuperviseWish {
    /// A folder of definitions, instead of ~/.config/wharf/services (root: /etc/wharf/services)
    #[arg(long, value_name = "FOLDER")]
    pub config: Vec<PathBuf>,
    /// usrsvc's own configuration instead, with its config_dir
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub usrsvc: Option<PathBuf>,
    /// Where records, output and the socket are kept, instead of ~/.local/state/wharf/supervise
    #[arg(long, value_name = "FOLDER", global = true)]
    pub state: Option<PathBuf>,
    #[command(subcommand)]
    pub order: Option<SuperviseOrder>,
}

#[derive(Debug, Subcommand)]
pub enum SuperviseOrder {
    /// Start services, each behind what it comes after
    Start(OrderWish),
    /// Stop services; they stay stopped until somebody starts them
    Stop(OrderWish),
    /// Stop services and start them
    Restart(OrderWish),
    /// Show how services stand
    Status(StandWish),
    /// Read all definitions again: a mistake in any of them changes nothing
    Reload {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct OrderWish {
    /// Services, or `all`
    #[arg(required = true)]
    pub names: Vec<String>,
    /// All at the same time
    #[arg(short = 'P', long)]
    pub parallel: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StandWish {
    /// Services; all without any
    pub names: Vec<String>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ImportWish {
    /// usrsvc.cfg and its config_dir
    Usrsvc {
        /// ~/usrsvc.cfg when none is named
        file: Option<PathBuf>,
        /// Where the definitions are written, instead of ~/.config/wharf/services
        #[arg(long, value_name = "FOLDER")]
        into: Option<PathBuf>,
        /// Print the definitions and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct UsrsvcWish {
    /// start, stop, restart or status, then a program or `all`, then --parallel
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}
