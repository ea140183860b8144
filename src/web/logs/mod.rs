//! Lines of all nodes: the last ones as a page, all that come as events, all there are as a file.

mod download;
mod follow;
mod sources;

pub(super) use download::download;
pub(super) use follow::stream;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::answer;
use super::gate::Caller;
use super::runs;
use super::server::Server;
use crate::decide::web::recall::{self, Reach};
use crate::model::web::shown::{LogWish, LogsPage};
use crate::say::page;
use sources::{Said, Sources};

/// Lines a page begins with, and followed ones begin with where nobody says after what.
const PAGE_LINES: u64 = 300;
/// How long a page waits for nodes.
const PAGE_LIMIT: Duration = Duration::from_secs(8);
/// Pages, tabs and downloads at once: each speaks with each of its nodes.
const READERS_MOST: usize = 32;
const TOO_MANY: &str = "too many logs are read at once: close one, or wait";

/// Who may read at once.
pub(super) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Readers {
        Readers(Arc::new(Semaphore::new(READERS_MOST)))
    }
}

impl Readers {
    fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    service: String,
    node: String,
    level: String,
    stream: String,
    text: String,
    since: String,
    until: String,
    /// Microseconds since 1970: only what is newer.
    after: Option<u64>,
}

impl Asked {
    fn wish(&self) -> LogWish {
        let Asked {
            service,
            node,
            level,
            stream,
            text,
            since,
            until,
            after: _,
        } = self.clone();
        LogWish {
            service,
            node,
            level,
            stream,
            text,
            since,
            until,
        }
    }
}

/// The last lines, as a page.
pub(super) async fn page(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Response {
    let wish = asked.wish();
    let frame = server.bare("/logs", &caller);
    let opened = server.opened();
    let mut shown = LogsPage {
        services: opened
            .cluster
            .services
            .iter()
            .map(|it| it.name.clone())
            .collect(),
        nodes: opened.nodes.iter().map(|it| it.name.clone()).collect(),
        ..LogsPage::default()
    };
    match order(&server, &wish, Reach::Last(PAGE_LINES)) {
        Ok(words) => {
            shown.command = runs::typed(&words);
            listed(&server, &wish, words, &caller, &mut shown).await;
        }
        Err(why) => shown.notices.push(why),
    }
    shown.wish = wish;
    answer::page(StatusCode::OK, page::logs(&frame, &shown))
}

/// The command that shows them.
fn order(server: &Server, wish: &LogWish, reach: Reach) -> Result<Vec<String>, String> {
    let files = &server.opening.source.words;
    recall::words(wish, reach, &server.opened().cluster, files)
}

async fn listed(
    server: &Server,
    wish: &LogWish,
    words: Vec<String>,
    caller: &Caller,
    shown: &mut LogsPage,
) {
    let Some(_slot) = server.readers.slot() else {
        return shown.notices.push(TOO_MANY.to_owned());
    };
    let mut sources = match Sources::start(wish, words, caller.name()) {
        Ok(sources) => sources,
        Err(why) => return shown.notices.push(why),
    };
    let end = Instant::now() + PAGE_LIMIT;
    loop {
        match timeout_at(end, sources.batch.recv()).await {
            Ok(Some(Said::Rows(rows))) => shown.rows.extend(rows),
            Ok(Some(Said::Trouble(why))) => shown.notices.push(why),
            Ok(Some(Said::Dropped(_) | Said::Behind(_))) => {}
            Ok(None) => break,
            Err(_) => {
                shown
                    .notices
                    .push("Not every node has answered yet.".to_owned());
                break;
            }
        }
    }
    shown.rows.sort_by_key(|it| it.t);
    let more = shown.rows.len().saturating_sub(PAGE_LINES as usize);
    shown.rows.drain(..more);
}
