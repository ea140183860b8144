//! Connections: accepted, bounded in number, with limits for how slowly a client may speak.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::server::locked;
use super::{Error, Opening};

/// Connections at once; the next one waits in the kernel's queue.
const CONNECTIONS_MOST: usize = 1024;
/// Of one address, where each client has its own.
const OWN_MOST: usize = 128;
/// How long a client may take over the head of a request, and over TLS's beginning.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_LONGEST: usize = 32 * 1024;
/// Headers of a request.
const HEADERS_MOST: usize = 64;
/// When the kernel has no descriptors left: there are some again soon.
const AGAIN: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Reads certificate and key, where there are any.
///
/// # Errors
/// [`Error::Certificate`].
pub(super) fn tls(opening: &Opening) -> Result<Option<TlsAcceptor>, Error> {
    let Some((certificate, key)) = &opening.certificate else {
        return Ok(None);
    };
    let wrong = |path: &Path, why: String| Error::Certificate(format!("{}: {why}", path.display()));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| wrong(certificate, why.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| wrong(key, why.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|why| wrong(certificate, why.to_string()))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Connections of each address.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them; dropped, it is over.
struct Place(Crowd, IpAddr);

impl Crowd {
    /// None: this address has as many as one may have.
    fn place(&self, address: IpAddr, most: usize) -> Option<Place> {
        let mut all = locked(&self.0);
        let own = all.entry(address).or_default();
        if *own >= most {
            return None;
        }
        *own += 1;
        Some(Place(self.clone(), address))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = locked(&self.0.0);
        let left = all.get_mut(&self.1).map(|it| {
            *it -= 1;
            *it
        });
        if left == Some(0) {
            all.remove(&self.1);
        }
    }
}

/// Serves whoever comes, for ever. On this host, and behind a proxy, all come from one address.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, app: Router) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MOST));
    let crowd = Crowd::default();
    let most = tls.as_ref().map_or(CONNECTIONS_MOST, |_| OWN_MOST);
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(AGAIN).await;
            continue;
        };
        let Some(place) = crowd.place(peer.ip(), most) else {
            continue;
        };
        let (tls, app) = (tls.clone(), app.clone());
        tokio::spawn(async move {
            connection(stream, peer, tls, app).await;
            drop((slot, place));
        });
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, app: Router) {
    // Small answers are to be on their way at once.
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak(stream, peer.ip(), app).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD_LIMIT, tls.accept(stream)).await {
                speak(stream, peer.ip(), app).await;
            }
        }
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    app: Router,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        app.call(request)
    });
    // A client that breaks off is its own business.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_LONGEST)
        .max_headers(HEADERS_MOST)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
