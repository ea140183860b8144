//! The way in: which host, path or port leads to which service, on every node of a cluster.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What holds for all routes of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingress {
    /// Where requests come in on each node.
    pub http: u16,
    pub https: u16,
    /// Where nodes hand requests to each other; connections of a tcp port go to the port after it.
    pub peers: u16,
    /// Files on the nodes, each a certificate with its key in it or beside it as `.key`. Empty: no TLS.
    pub certificates: Vec<String>,
    /// Networks of balancers in front, which begin each connection with a PROXY header.
    pub accept_proxy: Vec<String>,
    /// Pages instead of the proxy's own, by status.
    pub errors: Vec<(u16, String)>,
    /// Shown for a service in maintenance.
    pub maintenance: String,
    /// What is served by something else than a service of the file.
    pub outside: Vec<Outside>,
}

/// Something that is no service of ours, and the routes to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    pub name: String,
    pub routes: Vec<Route>,
}

/// One way to one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub way: Way,
    /// `HOST:PORT`, on the node where the service is; several are for what is outside. Empty where the
    /// route leads nowhere but to another address.
    pub to: Vec<String>,
    /// Whether each connection to it begins with a PROXY header that names the client.
    pub send_proxy: bool,
}

/// What a request must ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Http(Box<HttpWay>),
    Tcp {
        port: u16,
        /// Each connection begins with a PROXY header, whoever makes it.
        accept_proxy: bool,
    },
}

/// Requests for a name, and what is done to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpWay {
    /// Lower case; `*.example.org` is each name below it.
    pub hosts: Vec<String>,
    /// `/` or `/api`, which is `/api` and what is below `/api/`.
    pub path: String,
    pub tls: Tls,
    /// A file on the nodes for these hosts, as in [`Ingress::certificates`].
    pub certificate: Option<String>,
    /// Instead of serving: where clients are sent, for good.
    pub redirect: Option<String>,
    /// Who may pass, with the hash of the password.
    pub logins: Vec<(String, String)>,
    /// Set on what the service gets; an empty value takes one away.
    pub request_headers: Vec<(String, String)>,
    /// Set on what the client gets.
    pub response_headers: Vec<(String, String)>,
}

/// Whether a route is for https.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    #[default]
    No,
    /// Whoever comes without it is sent there.
    Yes,
    /// With it and without it.
    Both,
}

/// One service of a cluster file with its routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    pub service: String,
    /// Where it is.
    pub nodes: Vec<String>,
    pub routes: Vec<Route>,
}

/// Everything that makes up one node's ingress: what a deploy sends, and what the node renders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub node: String,
    pub ingress: Ingress,
    /// Addresses of the other nodes: the only ones that may hand requests over.
    pub peers: Vec<IpAddr>,
    pub entrances: Vec<Entrance>,
}

/// What the name of an entrance to something outside begins with; no service has it.
pub const OUTSIDE: &str = "outside:";

/// One service's routes, as one node sees them. It is good or bad as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    pub service: String,
    /// Whether the addresses of its routes are this node's.
    pub here: bool,
    /// Other nodes it is on: what they are called, and their address.
    pub elsewhere: Vec<(String, IpAddr)>,
    pub routes: Vec<Route>,
}

impl Default for Ingress {
    fn default() -> Ingress {
        Ingress {
            http: 80,
            https: 443,
            peers: 8480,
            certificates: Vec::new(),
            accept_proxy: Vec::new(),
            errors: Vec::new(),
            maintenance: MAINTENANCE.to_owned(),
            outside: Vec::new(),
        }
    }
}

/// What clients see of a service in maintenance when the file has no page for it.
const MAINTENANCE: &str = "<!doctype html><title>Maintenance</title>\
<h1>Under maintenance</h1><p>This service will be back soon.</p>\n";
