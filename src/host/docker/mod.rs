//! Docker's API, the only room that knows Docker exists.

mod auth;
mod body;
mod chunks;
mod connect;
mod digest;
pub mod events;
pub mod exec;
mod frames;
pub mod image;
mod inspect;
mod lifecycle;
mod networks;
mod raw;
pub mod saved;
mod stored;
pub mod streams;

use std::time::Duration;

/// A connection to the daemon, its API version agreed and pinned on every request.
#[derive(Clone)]
pub struct Docker {
    api: bollard::Docker,
    socket: String,
}

/// What a story must tell apart; anything else is [`Error::Other`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No daemon answers on the socket: it is down, restarting, or not ours to talk to.
    #[error("docker does not answer on {socket}: {why}")]
    Away { socket: String, why: String },
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 409: a name in use, or a removal under way.
    #[error("{0}")]
    Conflict(String),
    /// 400: the daemon does not take the request as it is.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Other(String),
}

/// The longest one call may take; `wait`, streams and pulls have their own limits.
pub const CALL_LIMIT: Duration = Duration::from_secs(30);

impl Docker {
    /// Turns bollard's error into ours.
    fn error(&self, error: bollard::errors::Error) -> Error {
        use bollard::errors::Error as E;
        if let E::DockerResponseServerError {
            status_code,
            message,
        } = error
        {
            return match status_code {
                404 => Error::NotFound(message),
                409 => Error::Conflict(message),
                400 => Error::Refused(message),
                _ => Error::Other(message),
            };
        }
        if let E::DockerStreamError { error } = error {
            return Error::Other(error);
        }
        // What is left is the transport's: refused, reset, timed out, cut short.
        Error::Away {
            socket: self.socket.clone(),
            why: chain(&error),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}
