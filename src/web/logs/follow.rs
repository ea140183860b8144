//! Lines as they come, as events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use futures_util::stream::{self, Stream};
use http::header::HeaderName;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use super::sources::{PACE, ROWS_AT_ONCE, Said, Sources};
use super::{Asked, PAGE_LINES, TOO_MANY, order};
use crate::decide::web::recall::Reach;
use crate::model::web::shown::LogRow;
use crate::web::answer;
use crate::web::events;
use crate::web::gate::Caller;
use crate::web::server::Server;

/// A line that means nothing, so often.
const ALIVE: Duration = Duration::from_secs(15);
/// What a browser says it had last when it comes again.
const LAST: HeaderName = HeaderName::from_static("last-event-id");

/// What comes, as events.
pub(in crate::web) async fn stream(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let last = answer::only(&headers, &LAST).and_then(|it| it.parse().ok());
    let after = last.or(asked.after);
    let wish = asked.wish();
    let reach = after.map_or(Reach::Follow(PAGE_LINES), Reach::After);
    let Some(slot) = server.readers.slot() else {
        return answer::problem(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    };
    let sources =
        order(&server, &wish, reach).and_then(|words| Sources::start(&wish, words, caller.name()));
    match sources {
        Ok(sources) => events::response(followed(Followed {
            server,
            cookie: caller.cookie,
            sources,
            after: after.unwrap_or(0),
            _slot: slot,
        })),
        Err(why) => answer::problem(StatusCode::CONFLICT, &why),
    }
}

struct Followed {
    server: Arc<Server>,
    cookie: String,
    sources: Sources,
    /// What is not newer the tab has.
    after: u64,
    _slot: OwnedSemaphorePermit,
}

fn followed(followed: Followed) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(followed, async |mut it| {
        let text = it.next().await?;
        Some((Ok(Bytes::from(text)), it))
    })
}

impl Followed {
    /// One batch: what has come since the last one, in the order of time.
    async fn next(&mut self) -> Option<String> {
        if !self.server.holds(&self.cookie) {
            return None;
        }
        let (mut rows, mut dropped, mut trouble) = (VecDeque::new(), 0, Vec::new());
        let mut behind = 0;
        let mut first = match timeout(ALIVE, self.sources.batch.recv()).await {
            Ok(said) => Some(said?),
            Err(_) => return Some(":\n\n".to_owned()),
        };
        sleep(PACE).await;
        while let Some(said) = first.take().or_else(|| self.sources.batch.try_recv().ok()) {
            match said {
                Said::Rows(more) => rows.extend(more),
                Said::Dropped(more) => dropped += more,
                Said::Behind(micros) => behind = micros / 1_000_000,
                Said::Trouble(why) => trouble.push(why),
            }
        }
        rows.retain(|it: &LogRow| it.t > self.after);
        dropped += rows.len().saturating_sub(ROWS_AT_ONCE);
        rows.drain(..rows.len().saturating_sub(ROWS_AT_ONCE));
        rows.make_contiguous().sort_by_key(|it| it.t);
        let mut text = String::new();
        for why in trouble {
            text += &format!(
                "event: trouble\ndata: {}\n\n",
                why.replace(['\n', '\r'], " ")
            );
        }
        if let Some(last) = rows.back() {
            text += &format!("id: {}\n", last.t);
        }
        text += &format!(
            "data: {}\n\n",
            json!({ "rows": rows, "dropped": dropped, "behind": behind })
        );
        Some(text)
    }
}
