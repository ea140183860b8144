//! One question to a server: does it accept, does it answer. Nothing is judged here.

mod file;
mod http;
mod target;
mod tls;

use std::{error::Error, io, time::Duration};

use tokio::{net::TcpStream, time::timeout};

pub use file::read;
pub use http::{BODY_KEPT, http};
pub use target::{place, url};

use crate::model::seen::NoAnswer;

/// Connects to `host` (an address or a name) and hangs up.
///
/// # Errors
/// Says why there was no connection within the limit.
pub async fn tcp(host: &str, port: u16, limit: Duration) -> Result<(), NoAnswer> {
    match timeout(limit, connect(host, port)).await {
        Ok(connected) => connected.map(drop),
        Err(_) => Err(NoAnswer::Late(limit)),
    }
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, NoAnswer> {
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(|why| transport(&why))?;
    // Small requests must not wait for an acknowledgement; where it cannot be set they do.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

// The standard library's list of kinds grows; its own words serve for the rest.
#[allow(clippy::wildcard_enum_match_arm)]
fn transport(why: &io::Error) -> NoAnswer {
    use io::ErrorKind as K;
    match why.kind() {
        K::ConnectionRefused => NoAnswer::Refused,
        K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted => NoAnswer::Reset,
        K::UnexpectedEof => NoAnswer::Closed,
        K::HostUnreachable | K::NetworkUnreachable => NoAnswer::Other("no route to it".into()),
        // The kernel's own limit, shorter than ours.
        K::TimedOut => NoAnswer::Other("nobody answers at this address".into()),
        _ => NoAnswer::Other(chain(why)),
    }
}

/// An error with its causes, each said once.
fn chain(error: &dyn Error) -> String {
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
