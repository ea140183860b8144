//! Children that read journals, and what comes of them: rows, as many as a tab takes, and how many were left out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::decide::web::{recall, rows};
use crate::host::errand::{self, Errand};
use crate::model::log::Stream;
use crate::model::web::shown::{LogRow, LogWish};
use crate::web::server::Server;

/// Rows that go to one tab at once, and how often: what is more is counted and left out, since nobody
/// reads 5,000 lines a second.
pub(super) const ROWS_AT_ONCE: usize = 500;
pub(super) const PACE: Duration = Duration::from_millis(100);
/// Lines taken from a child at once.
pub(super) const LINES_AT_ONCE: usize = 256;
/// Batches of lines on their way; then the nodes wait.
const WAITING_MOST: usize = 16;

/// What comes of one or more children.
pub(super) enum Said {
    Rows(Vec<LogRow>),
    Dropped(usize),
    Trouble(String),
}

/// The children; dropped, they end.
pub(super) struct Sources {
    pub(super) batch: Receiver<Said>,
    _tasks: JoinSet<()>,
}

impl Sources {
    pub(super) fn start(
        server: &Server,
        wish: &LogWish,
        orders: Vec<(String, Vec<String>)>,
        who: &str,
    ) -> Result<Sources, String> {
        let (to, batch) = mpsc::channel(WAITING_MOST);
        let mut tasks = JoinSet::new();
        let opened = server.opened();
        for (name, mut words) in orders {
            words.insert(1, "--json".to_owned());
            let errand = errand::start(&words, who).map_err(|why| why.to_string())?;
            let is_meant = {
                let (wish, opened) = (wish.clone(), Arc::clone(&opened));
                move |it: &LogRow| recall::is_meant(&wish, &opened.cluster, &name, &it.stream)
            };
            tasks.spawn(handed(errand, is_meant, to.clone()));
        }
        Ok(Sources {
            batch,
            _tasks: tasks,
        })
    }
}

/// Reads as fast as lines come, and makes rows of as many as a tab takes.
async fn handed(mut errand: Errand, is_meant: impl Fn(&LogRow) -> bool, to: mpsc::Sender<Said>) {
    let (mut window, mut left) = (Instant::now(), ROWS_AT_ONCE);
    loop {
        let lines = errand.lines(LINES_AT_ONCE).await;
        if lines.is_empty() {
            return;
        }
        if window.elapsed() >= PACE {
            (window, left) = (Instant::now(), ROWS_AT_ONCE);
        }
        let (mut rows, mut dropped) = (Vec::new(), 0);
        for (stream, line) in lines {
            let text = String::from_utf8_lossy(&line);
            match stream {
                Stream::Stderr => {
                    if to.send(Said::Trouble(text.into_owned())).await.is_err() {
                        return;
                    }
                }
                Stream::Stdout if left == 0 => dropped += 1,
                Stream::Stdout => {
                    let row = rows::row(&text).filter(&is_meant);
                    left -= usize::from(row.is_some());
                    rows.extend(row);
                }
            }
        }
        let rows = to.send(Said::Rows(rows)).await;
        if rows.is_err() || dropped > 0 && to.send(Said::Dropped(dropped)).await.is_err() {
            return;
        }
    }
}
