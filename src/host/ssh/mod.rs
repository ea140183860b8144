//! Other hosts, reached with the operator's own `ssh`: its keys, agents, jumps and known hosts are in force.

mod fetch;
mod masters;
mod options;
mod run;
mod send;
mod stream;
mod terminal;
mod told;

use std::{io, path::Path};

pub use stream::Piece;

/// How hosts are reached. One per cluster file; any number of commands may be under way with it at once.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// Before every destination.
    options: Vec<String>,
}

impl Ssh {
    /// Makes the folder for the shared connections; `config` is ssh's `-F`.
    ///
    /// # Errors
    /// There is no folder of this user's own where they could be.
    pub fn new(config: Option<&Path>) -> io::Result<Ssh> {
        let folder = options::folder()?;
        Ok(Ssh {
            options: options::common(config, &folder),
        })
    }
}
