//! The cluster in a browser: who may look, what they see, and what they do there.

mod act;
mod answer;
mod api;
mod asset;
mod audit;
mod config;
mod diagram;
mod events;
mod gate;
mod listen;
mod live;
mod login;
mod logins;
mod logs;
mod node;
mod pages;
mod plan;
mod routes;
mod runs;
mod server;
mod service;
mod terminal;

pub use server::{Opened, Opening, Source};

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::host::signals;
use server::Server;

/// What the page has to say while it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Where it listens.
    Listening(String),
    /// Opens the page once, for whoever has it.
    Link(String),
    /// Something did not go as it should.
    Trouble(String),
}

/// Why the page is not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    #[error("{0}: {1}")]
    Users(String, String),
    #[error("{0}")]
    Certificate(String),
    #[error("{0}")]
    Cluster(String),
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Serves until SIGTERM or SIGINT; SIGHUP reads users and certificate again and makes a new login link.
///
/// # Errors
/// [`Error`], before anything is served.
pub async fn serve(opening: Opening) -> Result<(), Error> {
    let address = opening.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|why| Error::Listen(address, why))?;
    let address = listener.local_addr()?;
    let tls = listen::tls(&opening)?;
    let server = Arc::new(Server::new(opening, address)?);
    let (mut stop, mut reload) = signals::listen()?;
    let _children = signals::children()?;
    server.announce();
    let app = routes::routes(&server);
    let serving = listen::serve(listener, tls, app);
    let mut serving = std::pin::pin!(serving);
    loop {
        tokio::select! {
            () = &mut serving => return Ok(()),
            () = stop.asked() => break,
            () = reload.asked() => server.reload(),
        }
    }
    server.runs.stop().await;
    Ok(())
}
