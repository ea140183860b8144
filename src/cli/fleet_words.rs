//! The words for many nodes at once, and those with which they are asked.

use clap::Subcommand;

/// What the operator's machine calls on a node.
#[derive(Debug, Subcommand)]
pub enum NodeWish {
    /// Print everything wharf knows of this host, as one JSON object
    Look,
}
