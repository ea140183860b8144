//! Cluster files, from the disk to what they mean.

use std::io;
use std::path::{Path, PathBuf};

use crate::decide::choice;
use crate::decide::cluster::{self, Given, Source};
use crate::host::files;
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
    let sources = sources(wish)?;
    let given: Vec<Given> = cluster::referred(&sources)
        .into_iter()
        .map(|path| Given {
            text: text(Path::new(&path)),
            path,
        })
        .collect();
    let reading = cluster::read(&sources, &given);
    let Some(cluster) = reading.cluster else {
        let sources = sources.into_iter().map(|it| (it.name, it.text));
        let given = given
            .into_iter()
            .filter_map(|it| Some((it.path, it.text.ok()?)));
        return Err(Refusal::Mistakes(
            reading.mistakes,
            sources.chain(given).collect(),
        ));
    };
    let names: Vec<&str> = cluster.nodes.iter().map(|it| it.name.as_str()).collect();
    if let Some(idle) = choice::idle(&names, &wish.nodes).first() {
        return Err(Refusal::NoNode((*idle).clone(), names.join(", ")));
    }
    let file = wish.files.first().cloned().unwrap_or_default();
    let config = cluster.ssh_config.as_ref().map(|it| beside(&file, it));
    Ok(Loaded {
        ssh: Ssh::new(config.as_deref()).map_err(Refusal::Ssh)?,
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

fn sources(wish: &Wish) -> Result<Vec<Source>, Refusal> {
    let mut sources = Vec::new();
    for path in &wish.files {
        sources.push(source(path, false)?);
    }
    let Some(name) = &wish.overlay else {
        return Ok(sources);
    };
    let overlays: Vec<PathBuf> = wish.files.iter().map(|it| overlay(it, name)).collect();
    let there: Vec<&PathBuf> = overlays.iter().filter(|it| it.is_file()).collect();
    if there.is_empty() {
        let names: Vec<_> = overlays.iter().map(|it| it.display().to_string()).collect();
        return Err(Refusal::NoOverlay(names.join(", and no ")));
    }
    for path in there {
        sources.push(source(path, true)?);
    }
    Ok(sources)
}

fn source(path: &Path, overlay: bool) -> Result<Source, Refusal> {
    let name = path.display().to_string();
    match text(path) {
        Ok(text) => Ok(Source {
            name,
            text,
            overlay,
        }),
        Err(why) => Err(Refusal::Unread(format!("{name}: {why}"))),
    }
}

fn text(path: &Path) -> Result<String, String> {
    files::read(path).map_err(|why| why.to_string())
}

/// `cluster.yaml` and `prod` give `cluster.prod.yaml`.
fn overlay(path: &Path, name: &str) -> PathBuf {
    let ending = path.extension().and_then(|it| it.to_str());
    path.with_extension(match ending {
        Some(ending) => format!("{name}.{ending}"),
        None => name.to_owned(),
    })
}

/// A path as it is typed in a file: relative to the file.
fn beside(file: &Path, typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => file.parent().unwrap_or(Path::new("")).join(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_has_its_name_before_the_ending() {
        for (file, wanted) in [
            ("a/cluster.yaml", "a/cluster.prod.yaml"),
            ("cluster", "cluster.prod"),
            ("my.cluster.yml", "my.cluster.prod.yml"),
        ] {
            assert_eq!(overlay(Path::new(file), "prod"), Path::new(wanted));
        }
    }
}
