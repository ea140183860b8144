//! One HTTP/1.1 request over a connection of its own, redirects never followed.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{chain, connect, target, tls, transport};
use crate::model::{
    check::Ask,
    seen::{Ending, NoAnswer, Reply},
};

/// Bytes of a body that are kept; reading stops there.
pub const BODY_KEPT: usize = 64 * 1024;
/// Bytes of status line and headers taken before the server counts as talking nonsense.
const HEAD_KEPT: usize = 64 * 1024;

/// The moment everything must be done, and the limit that led to it.
#[derive(Clone, Copy)]
struct Deadline {
    limit: Duration,
    end: Instant,
}

impl Deadline {
    async fn cut<T>(self, work: impl Future<Output = T>) -> Result<T, NoAnswer> {
        let done = timeout_at(self.end, work).await;
        done.map_err(|_| NoAnswer::Late(self.limit))
    }
}

/// Asks `host` (an address or a name; `ask.host` is not looked at) and returns what came back.
/// Connecting, TLS, the answer and its body share one limit.
///
/// # Errors
/// Says why there was no answer. A body that breaks off is no error but the reply's ending.
pub async fn http(ask: &Ask, host: &str, limit: Duration) -> Result<Reply, NoAnswer> {
    let request = request(ask, host).map_err(NoAnswer::Other)?;
    let deadline = Deadline {
        limit,
        end: Instant::now() + limit,
    };
    let stream = deadline.cut(connect(host, ask.port)).await??;
    if ask.https {
        let stream = deadline.cut(tls::wrap(stream, host, ask.verify)).await??;
        exchange(stream, request, deadline).await
    } else {
        exchange(stream, request, deadline).await
    }
}

fn request(ask: &Ask, host: &str) -> Result<Request<Full<Bytes>>, String> {
    let body = Bytes::from(ask.body.clone().unwrap_or_default());
    let mut request = Request::builder()
        .method(ask.method.as_str())
        .uri(target::path_and_query(ask))
        .body(Full::new(body))
        .map_err(|why| format!("cannot be asked: {why}"))?;
    *request.headers_mut() = headers(ask, host)?;
    Ok(request)
}

/// The check's own headers, and ours where it has none of that name.
fn headers(ask: &Ask, host: &str) -> Result<HeaderMap, String> {
    let mut all = HeaderMap::new();
    for (name, value) in &ask.headers {
        let wrong = || format!("cannot be asked: `{name}: {value}` is not a header");
        let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        all.append(name, HeaderValue::try_from(value).map_err(|_| wrong())?);
    }
    for (name, value) in [
        (header::HOST, target::authority(ask, host)),
        (header::USER_AGENT, "wharf".into()),
        (header::ACCEPT, "*/*".into()),
        (header::CONNECTION, "close".into()),
    ] {
        let value = HeaderValue::try_from(&value)
            .map_err(|_| format!("cannot be asked: `{value}` is not a host"))?;
        all.entry(name).or_insert(value);
    }
    Ok(all)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
    deadline: Deadline,
) -> Result<Reply, NoAnswer> {
    let mut protocol = http1::Builder::new();
    protocol.max_buf_size(HEAD_KEPT);
    let (mut sender, connection) = protocol
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|why| explain(&why))?;
    let asking = pin!(async {
        let response = deadline.cut(sender.send_request(request)).await?;
        Ok(reply(response.map_err(|why| explain(&why))?, deadline).await)
    });
    // The connection only moves while it is polled; it may well end before the answer is read.
    match select(asking, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, asking)) => asking.await,
    }
}

async fn reply(response: Response<Incoming>, deadline: Deadline) -> Reply {
    let location = response.headers().get(header::LOCATION);
    let mut reply = Reply {
        status: response.status().as_u16(),
        location: location.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()),
        body: Vec::new(),
        ending: Ending::Whole,
    };
    let read = deadline.cut(body(response.into_body(), &mut reply.body));
    reply.ending = read.await.unwrap_or_else(Ending::Broken);
    reply
}

async fn body(mut body: Incoming, kept: &mut Vec<u8>) -> Ending {
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(why) => return Ending::Broken(explain(&why)),
        };
        let bytes = frame.into_data().unwrap_or_default();
        let room = bytes.len().min(BODY_KEPT - kept.len());
        kept.extend_from_slice(&bytes[..room]);
        if room < bytes.len() {
            return Ending::Cut;
        }
    }
    Ending::Whole
}

fn explain(why: &hyper::Error) -> NoAnswer {
    let mut source = std::error::Error::source(why);
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<std::io::Error>() {
            return transport(cause);
        }
        source = cause.source();
    }
    if why.is_parse() {
        NoAnswer::NotHttp
    } else if why.is_incomplete_message() || why.is_closed() || why.is_canceled() {
        NoAnswer::Closed
    } else {
        NoAnswer::Other(chain(why))
    }
}
