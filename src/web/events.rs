//! What changes, as it changes: server-sent events with the new parts of the page.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use futures_util::stream::{self, Stream};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, timeout};

use super::answer;
use super::gate::Caller;
use super::live::Viewing;
use super::server::Server;
use crate::decide::web::changes::{self, Changes};
use crate::host::clock;
use crate::model::web::live::Seen;
use crate::say::page;

/// A line that means nothing, so often: proxies end what is silent.
const ALIVE: Duration = Duration::from_secs(15);
/// That nodes were heard again is told so often: a page takes them for gone after half a minute.
const HEARD_EACH: Duration = Duration::from_secs(5);
/// What a browser says it had last when it comes again.
const LAST: HeaderName = HeaderName::from_static("last-event-id");
/// Between two events to one viewer.
const PACE: Duration = Duration::from_millis(250);
/// Proxies that gather what goes through are told not to.
const UNGATHERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a tab shows: `*`, `service/NAME`, `node/NAME`, `runs`, `run/ID`.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    on: String,
    /// Which moment the page was made of, as it says itself.
    moment: Option<u64>,
}

pub(super) async fn stream(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    if asked.on == "runs" {
        return response(ticks(server.runs.news()));
    }
    if let Some(id) = asked.on.strip_prefix("run/") {
        return match server.runs.find(id) {
            Some(run) => response(ticks(run.news())),
            None => answer::problem(StatusCode::NOT_FOUND, "there is no such run"),
        };
    }
    // A tab that comes again says what it heard last.
    let last = answer::only(&headers, &LAST).and_then(|it| it.parse().ok());
    let (viewing, news, told) = server.follow(last.or(asked.moment));
    let follower = Follower {
        server,
        caller,
        _viewing: viewing,
        news,
        on: asked.on,
        told,
        heard: Duration::ZERO,
        first: true,
    };
    response(follower.events())
}

/// That there is something new, whatever it is: the page asks for itself again.
fn ticks(news: Receiver<u64>) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(news, async |mut news| {
        sleep(PACE).await;
        let text = match timeout(ALIVE, news.changed()).await {
            Ok(Ok(())) => event("changed", &json!({})),
            Ok(Err(_)) => return None,
            Err(_) => ":\n\n".to_owned(),
        };
        Some((Ok(Bytes::from(text)), news))
    })
}

/// An answer that goes on; each piece is a whole event.
pub(super) fn response(
    pieces: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response {
    let body = Body::from_stream(pieces);
    let mut answer = answer::whole(StatusCode::OK, "text/event-stream", body);
    answer
        .headers_mut()
        .insert(UNGATHERED, HeaderValue::from_static("no"));
    answer
}

/// One event; the value is on one line, as JSON is.
pub(super) fn event(name: &str, value: &Value) -> String {
    format!("event: {name}\ndata: {value}\n\n")
}

/// One tab.
struct Follower {
    server: Arc<Server>,
    caller: Caller,
    _viewing: Viewing,
    news: Receiver<Arc<Seen>>,
    on: String,
    /// What the tab shows; None: nobody knows.
    told: Option<Arc<Seen>>,
    /// When it was told last how fresh everything is, on the clock of uptime.
    heard: Duration,
    first: bool,
}

impl Drop for Follower {
    /// Its tab may be back in a moment, and need no more than what is new by then.
    fn drop(&mut self) {
        if let Some(told) = &self.told {
            self.server.watch.remember(told);
        }
    }
}

impl Follower {
    /// A tab that reads slowly is told of fewer moments: what it missed is in the next one.
    fn events(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, async |mut it| {
            let text = it.next().await?;
            Some((Ok(Bytes::from(text)), it))
        })
    }

    async fn next(&mut self) -> Option<String> {
        if !self.server.holds(&self.caller.cookie) {
            return None;
        }
        loop {
            if !std::mem::take(&mut self.first) {
                sleep(PACE).await;
                match timeout(ALIVE, self.news.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => return Some(":\n\n".to_owned()),
                }
            }
            let seen = Arc::clone(&self.news.borrow_and_update());
            let new = match &self.told {
                Some(told) => changes::changes(told, &seen),
                None => changes::all(&seen),
            };
            let now = clock::uptime();
            if new != Changes::default() || now.saturating_sub(self.heard) >= HEARD_EACH {
                let text = self.text(&seen, &new);
                (self.told, self.heard) = (Some(seen), now);
                return Some(text);
            }
        }
    }

    fn text(&self, seen: &Seen, new: &Changes) -> String {
        let mut text = String::new();
        let parts = self.on == "*" && !new.shape;
        if new.touches(&self.on) && !parts {
            text += &event("changed", &json!({}));
        }
        if !new.touched.is_empty() {
            let frame = self.server.frame("/events", &self.caller, seen);
            if parts {
                let parts = page::fragments(&frame, &seen.live, &new.touched);
                text += &event("patch", &json!(parts));
            }
            text += &event("sum", &json!(page::tab(&frame)));
        }
        // Whoever has this one has those before it.
        text += &format!("id: {}\n", seen.moment());
        text + &event("at", &json!(seen.live.at))
    }
}
