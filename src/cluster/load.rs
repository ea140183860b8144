//! Cluster files, from the disk to what they mean.

use std::io;
use std::path::{Path, PathBuf};

use super::files;
use crate::decide::choice;
use crate::host::ssh::Ssh;
use crate::model::cluster::{Cluster, Node};
use crate::model::mistake::InFile;

/// Which files, and which part of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub files: Vec<PathBuf>,
    /// Names an overlay beside each file: `cluster.NAME.yaml` for `cluster.yaml`.
    pub overlay: Option<String>,
    /// Patterns of node names; none: all nodes.
    pub nodes: Vec<String>,
}

/// A cluster, and how its nodes are reached.
#[derive(Debug)]
pub struct Loaded {
    pub cluster: Cluster,
    /// The first file, as it was typed.
    pub file: PathBuf,
    pub notices: Vec<InFile>,
    pub ssh: Ssh,
    patterns: Vec<String>,
}

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    Unread(String),
    /// No overlay of this name is beside any of the files.
    #[error("there is no {0}")]
    NoOverlay(String),
    /// All of them, and the texts they are in, by their names.
    #[error("the cluster file has mistakes")]
    Mistakes(Vec<InFile>, Vec<(String, String)>),
    /// Patterns that choose none of these nodes.
    #[error("--nodes {0}: the file has no such node; it has {1}")]
    NoNode(String, String),
    #[error("no folder for ssh's connections: {0}")]
    Ssh(io::Error),
}

/// Reads the files with their overlays and all they refer to.
///
/// # Errors
/// [`Refusal`].
pub fn load(wish: &Wish) -> Result<Loaded, Refusal> {
    let looked = files::look(&wish.files, wish.overlay.as_deref())?;
    let texts = looked.texts();
    let reading = looked.reading;
    let Some(cluster) = reading.cluster else {
        return Err(Refusal::Mistakes(reading.mistakes, texts));
    };
    let names: Vec<&str> = cluster.nodes.iter().map(|it| it.name.as_str()).collect();
    if let Some(idle) = choice::idle(&names, &wish.nodes).first() {
        return Err(Refusal::NoNode((*idle).clone(), names.join(", ")));
    }
    let file = wish.files.first().cloned().unwrap_or_default();
    let config = cluster.ssh_config.as_ref().map(Path::new);
    Ok(Loaded {
        ssh: Ssh::new(config).map_err(Refusal::Ssh)?,
        notices: reading.notices,
        patterns: wish.nodes.clone(),
        cluster,
        file,
    })
}

impl Loaded {
    /// The nodes chosen, in the file's order.
    pub fn nodes(&self) -> Vec<&Node> {
        let nodes = self.cluster.nodes.iter();
        nodes
            .filter(|it| choice::chosen(&it.name, &self.patterns))
            .collect()
    }

    /// Those of the chosen nodes a service belongs on; None: the file has no such service.
    pub fn nodes_of(&self, service: &str) -> Option<Vec<&Node>> {
        let placed = self.cluster.service(service)?;
        let named = placed.nodes.iter().filter_map(|it| self.cluster.node(it));
        let chosen = |it: &&Node| choice::chosen(&it.name, &self.patterns);
        Some(named.filter(chosen).collect())
    }
}

impl From<files::Refusal> for Refusal {
    fn from(why: files::Refusal) -> Refusal {
        match why {
            files::Refusal::Mistakes { texts, mistakes } => Refusal::Mistakes(mistakes, texts),
            files::Refusal::NoOverlay { looked, .. } => {
                Refusal::NoOverlay(looked.join(", and no "))
            }
            files::Refusal::Unreadable { .. }
            | files::Refusal::Name(_)
            | files::Refusal::None
            | files::Refusal::TooMany => Refusal::Unread(why.to_string()),
        }
    }
}
