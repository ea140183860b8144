//! The socket docker calls a volume driver on: HTTP, one answer of JSON for each request.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Bytes of a request; docker's have some hundred.
const LONGEST: usize = 1 << 20;
/// How long who calls may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may be kept open. docker opens a new one then.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The first descriptor systemd hands over.
const FIRST: i32 = 3;

/// The open socket.
pub struct Door {
    listener: UnixListener,
    /// Made here, and removed at the end; None: systemd holds it, so that it always answers.
    own: Option<PathBuf>,
}

/// One connection.
pub struct Call(UnixStream);

impl Door {
    /// Takes the socket systemd hands over, or makes one in place of an older one.
    ///
    /// # Errors
    /// The file system's, with the path.
    pub fn open(path: &Path) -> io::Result<Door> {
        if let Some(given) = given() {
            let listener = std::os::unix::net::UnixListener::from(given);
            listener.set_nonblocking(true)?;
            return Ok(Door {
                listener: UnixListener::from_std(listener)?,
                own: None,
            });
        }
        let named =
            |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", path.display()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(named)?;
        }
        match fs::remove_file(path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(named(why)),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(named)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(named)?;
        Ok(Door {
            listener,
            own: Some(path.to_owned()),
        })
    }

    /// Waits for a caller.
    ///
    /// # Errors
    /// Too many descriptors are open; the next one may be taken.
    pub async fn next(&self) -> io::Result<Call> {
        Ok(Call(self.listener.accept().await?.0))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(path) = &self.own {
            let _ = fs::remove_file(path);
        }
    }
}

impl Call {
    /// Answers every request of this connection: `answer` gets the path and the body.
    pub async fn serve(self, answer: impl AsyncFn(&str, &[u8]) -> String) {
        let answer = &answer;
        let service = service_fn(async |request: Request<Incoming>| {
            let path = request.uri().path().to_owned();
            let body = Limited::new(request.into_body(), LONGEST).collect();
            let text = match timeout(PATIENCE, body).await {
                Ok(Ok(body)) => answer(&path, &body.to_bytes()).await,
                Ok(Err(_)) | Err(_) => {
                    r#"{"Err":"the request did not come to its end"}"#.to_owned()
                }
            };
            let mut response = Response::new(Full::new(Bytes::from(text)));
            let kind = http::HeaderValue::from_static("application/vnd.docker.plugins.v1.2+json");
            response
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, kind);
            Ok::<_, Infallible>(response)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(self.0), service);
        // A caller that went away is no trouble of ours.
        let _ = timeout(KEPT, connection).await;
    }
}

/// What systemd hands over to this very process.
fn given() -> Option<OwnedFd> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let ours = number("LISTEN_PID")? == std::process::id() && number("LISTEN_FDS")? >= 1;
    if !ours {
        return None;
    }
    // SAFETY: systemd says that this descriptor was opened for this process; nothing else here takes it, and it is
    // asked for once, before anything else is opened.
    #[allow(unsafe_code)]
    Some(unsafe { OwnedFd::from_raw_fd(FIRST) })
}
