//! The words that name a cluster and speak about its file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which cluster.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterWords {
    /// A cluster file; several are one cluster
    #[arg(
        short,
        long = "file",
        value_name = "FILE",
        env = "WHARF_FILE",
        hide_env_values = true
    )]
    pub file: Vec<PathBuf>,
    /// Lay FILE.NAME.yaml, beside each file, over it
    #[arg(
        short,
        long,
        value_name = "NAME",
        env = "WHARF_ENV",
        hide_env_values = true
    )]
    pub env: Option<String>,
}

#[derive(Debug, Args)]
pub struct ConfigWish {
    #[command(flatten)]
    pub cluster: ClusterWords,
    #[arg(long)]
    pub json: bool,
}

/// What a schema is of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Cluster,
    Service,
}

/// What a shell completes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Names {
    Nodes,
    Services,
}

#[derive(Debug, Args)]
pub struct CompleteWish {
    pub names: Names,
    #[command(flatten)]
    pub cluster: ClusterWords,
}
