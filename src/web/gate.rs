//! The gate before every route: which host was meant, where the request comes from, who asks, what they may.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{COOKIE, HOST, HeaderName, ORIGIN, UPGRADE};
use http::{HeaderMap, Method, StatusCode};
use tokio::time::timeout;

use super::answer;
use super::listen::Peer;
use super::logins::Session;
use super::server::Server;
use crate::decide::web::origin::{self, Claims};
use crate::decide::web::{address, needs};
use crate::host::clock;
use crate::model::web::footing::Footing;
use crate::model::web::viewer::Viewer;
use crate::say::page;

/// Bytes of a request's body: a cluster file fits.
const BODY_MOST: usize = 2 * 1024 * 1024;
/// How long a client may take over it.
const BODY_LIMIT: Duration = Duration::from_secs(20);
/// How long an answer may take to begin.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whoever asks, once they are past the gate.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// None: nobody has logged in, and nobody needs to.
    pub(super) viewer: Option<Viewer>,
    pub(super) csrf: String,
    /// What the cookie says; empty without one.
    pub(super) cookie: String,
}

impl Caller {
    /// Whom the journal names.
    pub(super) fn name(&self) -> &str {
        self.viewer.as_ref().map_or("nobody", |it| &it.name)
    }

    pub(super) fn nobody() -> Caller {
        Caller {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            viewer: None,
            csrf: String::new(),
            cookie: String::new(),
        }
    }
}

pub(super) async fn pass(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let secure = server.opening.footing != Footing::Loopback;
    let answer = match admitted(&server, request).await {
        Ok(request) => match timeout(ANSWER_LIMIT, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => answer::problem(StatusCode::GATEWAY_TIMEOUT, "that took too long"),
        },
        Err(refusal) => *refusal,
    };
    answer::dressed(answer, secure)
}

type Refusal = Box<Response>;

async fn admitted(server: &Server, mut request: Request) -> Result<Request, Refusal> {
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().map(|it| it.0);
    let address = client(server, peer, request.headers())?;
    let host = host(server, request.headers())?;
    let changes = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "only GET and POST")),
    };
    let claims = claims(request.headers());
    let socket = request.headers().contains_key(UPGRADE);
    let scheme = server.opening.footing.scheme();
    if (changes || socket) && !origin::may_change(claims, scheme, &host) {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "not from a page of this server",
        ));
    }
    if !changes && !origin::may_read(claims) {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "not for another site's page",
        ));
    }
    let cookie = cookie(server, request.headers()).unwrap_or_default();
    let session = server.logins.find(&cookie, clock::uptime());
    allowed(server, &request, changes, session.as_ref())?;
    if changes {
        request = with_token(request, session.as_ref(), &path).await?;
    }
    request.extensions_mut().insert(Caller {
        address,
        csrf: session
            .as_ref()
            .map(|it| it.csrf.clone())
            .unwrap_or_default(),
        viewer: session.map(|it| it.viewer),
        cookie,
    });
    Ok(request)
}

/// Who asks: the peer, or whom the proxy names.
fn client(server: &Server, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<IpAddr, Refusal> {
    let peer = peer.ok_or_else(|| refused(StatusCode::BAD_REQUEST, "from nowhere"))?;
    match &server.opening.footing {
        Footing::Loopback | Footing::Tls => Ok(peer.to_canonical()),
        Footing::Proxy(ranges) if ranges.iter().any(|it| address::within(peer, it)) => {
            let forwarded = headers.get_all(&FORWARDED_FOR).iter().next_back();
            Ok(address::client(
                peer,
                forwarded.and_then(|it| it.to_str().ok()),
            ))
        }
        Footing::Proxy(_) => Err(refused(StatusCode::FORBIDDEN, "only through its proxy")),
    }
}

fn host(server: &Server, headers: &HeaderMap) -> Result<String, Refusal> {
    let host = answer::only(headers, &HOST);
    match host.filter(|it| origin::is_ours(Some(it), &server.names)) {
        Some(host) => Ok(host.to_owned()),
        None => Err(refused(
            StatusCode::MISDIRECTED_REQUEST,
            "this server has another name; --name NAME adds one",
        )),
    }
}

fn claims(headers: &HeaderMap) -> Claims<'_> {
    let text = |name: &HeaderName| match headers.contains_key(name) {
        // There twice, or no text: nothing of ours says that.
        true => Some(answer::only(headers, name).unwrap_or_default()),
        false => None,
    };
    Claims {
        origin: text(&ORIGIN),
        site: text(&SITE),
        mode: text(&MODE),
    }
}

/// The name of the cookie: cookies know no ports, so that each server on this host has its own.
pub(super) fn cookie_name(server: &Server) -> String {
    match server.opening.footing {
        Footing::Loopback => {
            let port = server.authority.rsplit(':').next().unwrap_or_default();
            format!("wharf-{port}")
        }
        Footing::Tls | Footing::Proxy(_) => "__Host-wharf".to_owned(),
    }
}

fn cookie(server: &Server, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(server);
    let all = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok());
    let mut pairs = all
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn allowed(
    server: &Server,
    request: &Request,
    changes: bool,
    session: Option<&Session>,
) -> Result<(), Refusal> {
    let path = request.uri().path();
    let Some(role) = needs::role(changes, path) else {
        return Ok(());
    };
    let api = path.starts_with("/api/") || path == "/events" || changes;
    match session {
        Some(session) if session.viewer.role >= role => Ok(()),
        Some(_) if api => Err(refused(
            StatusCode::FORBIDDEN,
            "your role does not reach so far",
        )),
        Some(session) => {
            let caller = Caller {
                viewer: Some(session.viewer.clone()),
                csrf: session.csrf.clone(),
                ..Caller::nobody()
            };
            let frame = server.bare(path, &caller);
            let text = format!("this takes the role {}", role.name());
            let markup = page::message(&frame, "Not for your role", &text, None);
            Err(Box::new(answer::page(StatusCode::FORBIDDEN, markup)))
        }
        None if api => Err(refused(StatusCode::UNAUTHORIZED, "log in first")),
        None => Err(Box::new(answer::on_to("/login"))),
    }
}

/// Reads the body, bounded in size and time, and lets it through when the session's token came with it.
async fn with_token(
    request: Request,
    session: Option<&Session>,
    path: &str,
) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let body = match timeout(BODY_LIMIT, to_bytes(body, BODY_MOST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return Err(refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too long, or broken off",
            ));
        }
        Err(_) => return Err(refused(StatusCode::REQUEST_TIMEOUT, "too slow")),
    };
    let token = answer::only(&parts.headers, &CSRF).map(str::to_owned);
    let token = token.or_else(|| field(&body));
    let open = needs::role(true, path).is_none();
    let right = session.is_some_and(|it| token.as_ref() == Some(&it.csrf));
    match open || right {
        true => Ok(Request::from_parts(parts, Body::from(body))),
        false => Err(refused(
            StatusCode::FORBIDDEN,
            "this page is too old: load it again",
        )),
    }
}

/// The token of a form, which it has first or last.
fn field(body: &Bytes) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut fields = text.split('&').filter_map(|it| it.split_once('='));
    fields
        .find(|(key, _)| *key == "csrf")
        .map(|(_, value)| value.to_owned())
}

fn refused(status: StatusCode, what: &str) -> Refusal {
    Box::new(answer::problem(status, what))
}
