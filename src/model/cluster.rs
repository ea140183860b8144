//! A cluster file as meant: which services belong on which nodes, and how they get there.

use std::net::IpAddr;
use std::time::Duration;

use super::channel::AlertSettings;
use super::route::{Ingress, Routed};
use super::service::Service;

/// Everything one cluster file says, every name resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// In the file's order: those under `nodes`, then as services name them first.
    pub nodes: Vec<Node>,
    /// In the file's order, which is the order they are deployed in.
    pub services: Vec<Placed>,
    /// For services that have none of their own.
    pub waves: Waves,
    pub hooks: Hooks,
    /// ssh's `-F`: a configuration of its own for this cluster.
    pub ssh_config: Option<String>,
    /// Who is told of what a watch over the cluster sees; None: as the watching host's own file says.
    pub alerts: Option<AlertSettings>,
    /// mermaid's text, as typed.
    pub diagram: Option<String>,
    pub doc_sites: Vec<Site>,
    pub ingress: Ingress,
    /// Services with routes, in the order of the file.
    pub routed: Vec<Routed>,
    /// Where nodes reach each other, by name; all of them where requests are handed on.
    pub addresses: Vec<(String, IpAddr)>,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What the file and the operator call it.
    pub name: String,
    /// What ssh is given: `root@NAME`, `op@host` or `ssh://op@host:2222`. Never begins with a dash.
    pub destination: String,
    /// Key and value, to choose nodes by.
    pub labels: Vec<(String, String)>,
}

/// One service and the nodes it belongs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub name: String,
    /// Names of [`Cluster::nodes`], each once, in the order typed.
    pub nodes: Vec<String>,
    pub workload: Workload,
    pub links: Links,
    /// None: the cluster's.
    pub waves: Option<Waves>,
    /// Run once per deploy, with the new image and environment, before the first node changes.
    pub pre_deploy: Option<PreDeploy>,
    /// Images reach the node over ssh, from the docker of whoever deploys.
    pub push_image: bool,
}

/// What a service consists of on a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// A unit with scripts, sc's way: what is absent is somebody else's to install.
    Scripted(Scripts),
    /// A definition with an `address`: revisions, `NAME@manager`.
    Managed(Box<Definition>),
    /// A definition without one: `runner@NAME`.
    Runner(Box<Definition>),
}

/// sc's three texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// The unit's text; None: the service installs its own.
    pub unit: Option<String>,
    pub deploy: Option<String>,
    pub delete: Option<String>,
}

/// A service definition, as typed and as meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// One line of JSON with sorted keys, as `decide::definition::canonical` gives it.
    pub document: String,
    pub service: Service,
}

/// A command inside a container of the new revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreDeploy {
    pub command: Vec<String>,
    pub timeout: Duration,
}

/// Where people look at a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub ports: Vec<u16>,
    /// With `%NODE_NAME%` where the node's name goes.
    pub uris: Vec<String>,
    pub sites: Vec<Site>,
}

/// A page somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub name: String,
    pub url: String,
}

/// In what portions nodes are taken, and what a failure leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waves {
    /// Nodes that are done when a wave is, counted from the first; the last one is all of them.
    pub sizes: Vec<Size>,
    /// Between waves.
    pub pause: Duration,
    pub on_failure: OnFailure,
    pub offline: Offline,
}

/// How many nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Nodes(usize),
    /// 1 to 100, rounded up.
    Percent(u8),
}

/// What becomes of the rest when a node fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// Every node this deploy changed goes back to what it had.
    RollbackAll,
    /// Only the node that failed does; no further wave begins.
    RollbackHost,
    /// Nothing is put back; no further wave begins.
    Pause,
}

/// What a node that cannot be reached does to a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// It is refused before anything changes.
    Fail,
    /// The others go on; the next deploy brings the node up to date.
    Skip,
}

/// Scripts on the operator's machine, with what they are about in their environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    pub before: Option<String>,
    pub after: Option<String>,
    pub failed: Option<String>,
}

impl Default for Waves {
    fn default() -> Waves {
        Waves {
            sizes: vec![Size::Nodes(1), Size::Percent(25), Size::Percent(100)],
            pause: Duration::ZERO,
            on_failure: OnFailure::RollbackAll,
            offline: Offline::Fail,
        }
    }
}

impl Cluster {
    /// Returns the node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|it| it.name == name)
    }

    /// Returns the service of this name.
    pub fn service(&self, name: &str) -> Option<&Placed> {
        self.services.iter().find(|it| it.name == name)
    }
}
