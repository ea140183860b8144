//! The words of `wharf web`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::fleet_words::Fleet;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct WebWish {
    #[command(subcommand)]
    pub what: Option<WebVerb>,
    #[command(flatten)]
    pub fleet: Fleet,
    /// Where to listen; others than this host need TLS and users
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:1234")]
    pub listen: SocketAddr,
    /// A certificate with its chain, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// TLS is a proxy's: only these addresses may connect, 10.0.0.7 or 10.0.0.0/24
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub behind_proxy: Vec<String>,
    /// A name browsers reach it by, besides the address; repeat it for several
    #[arg(long, value_name = "HOST[:PORT]")]
    pub name: Vec<String>,
    /// Who may log in; without, a link that works once is printed
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Nothing can be started, stopped, deployed or edited
    #[arg(long)]
    pub read_only: bool,
    /// No shells
    #[arg(long)]
    pub no_terminal: bool,
}

#[derive(Debug, Subcommand)]
pub enum WebVerb {
    /// Write a person into a users file; the password comes from stdin
    User {
        /// Letters, digits and . _ - @
        name: String,
        #[arg(long, value_parser = ["viewer", "operator", "admin"], default_value = "viewer")]
        role: String,
        /// Made where it is not there yet
        #[arg(long, value_name = "FILE")]
        users: PathBuf,
    },
}
