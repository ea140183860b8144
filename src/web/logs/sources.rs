//! A child that reads journals, and what comes of it: rows, as many as a tab takes, and how many were left out.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::decide::fleet::behind::Behind;
use crate::decide::web::{recall, rows};
use crate::host::clock;
use crate::host::errand::{self, Errand};
use crate::model::log::Stream;
use crate::model::web::shown::{LogRow, LogWish};

/// Rows that go to one tab at once, and how often: what is more is counted and left out, since nobody
/// reads 5,000 lines a second.
pub(super) const ROWS_AT_ONCE: usize = 500;
pub(super) const PACE: Duration = Duration::from_millis(100);
/// Lines taken from a child at once.
pub(super) const LINES_AT_ONCE: usize = 256;
/// Batches of lines on their way; then the nodes wait.
const WAITING_MOST: usize = 16;

/// What comes of it.
pub(super) enum Said {
    Rows(Vec<LogRow>),
    Dropped(usize),
    /// How many microseconds older than at best the last one was when it came.
    Behind(u64),
    Trouble(String),
}

/// The child; dropped, it ends.
pub(super) struct Sources {
    pub(super) batch: Receiver<Said>,
    _task: JoinSet<()>,
}

impl Sources {
    pub(super) fn start(
        wish: &LogWish,
        mut words: Vec<String>,
        who: &str,
    ) -> Result<Sources, String> {
        let (to, batch) = mpsc::channel(WAITING_MOST);
        let mut task = JoinSet::new();
        words.splice(1..1, ["--json", "--brief"].map(str::to_owned));
        let errand = errand::start(&words, who).map_err(|why| why.to_string())?;
        task.spawn(handed(errand, wish.clone(), to));
        Ok(Sources { batch, _task: task })
    }
}

/// Reads as fast as lines come, and makes rows of as many as a tab takes.
async fn handed(mut errand: Errand, wish: LogWish, to: mpsc::Sender<Said>) {
    let (mut window, mut left) = (Instant::now(), ROWS_AT_ONCE);
    let mut nodes: HashMap<String, Behind> = HashMap::new();
    loop {
        let lines = errand.lines(LINES_AT_ONCE).await;
        if lines.is_empty() {
            return;
        }
        if window.elapsed() >= PACE {
            (window, left) = (Instant::now(), ROWS_AT_ONCE);
        }
        let new = sorted(lines, &wish, &mut left);
        let now = u64::try_from(clock::uptime().as_micros()).unwrap_or(u64::MAX);
        // One that was read is enough: what was left out behind it is no older.
        let behind = new.last.map(|(node, at)| {
            let node = nodes.entry(node).or_default();
            Said::Behind(node.heard(at, now))
        });
        let trouble = new.trouble.into_iter().map(Said::Trouble);
        let dropped = (new.dropped > 0).then_some(Said::Dropped(new.dropped));
        let rows = [Said::Rows(new.rows)].into_iter();
        for said in trouble.chain(rows).chain(dropped).chain(behind) {
            if to.send(said).await.is_err() {
                return;
            }
        }
    }
}

/// A few lines of the child.
#[derive(Default)]
struct New {
    rows: Vec<LogRow>,
    dropped: usize,
    trouble: Vec<String>,
    /// The node and the time of the last line that was read.
    last: Option<(String, u64)>,
}

/// `left`: rows that may still be made of them.
fn sorted(lines: Vec<(Stream, Vec<u8>)>, wish: &LogWish, left: &mut usize) -> New {
    let mut new = New::default();
    for (stream, line) in lines {
        let text = String::from_utf8_lossy(&line);
        if stream == Stream::Stderr {
            new.trouble.push(text.into_owned());
        } else if let Some(count) = rows::left_out(&text) {
            new.dropped += count;
            new.rows.extend(rows::row(&text));
        } else if *left == 0 {
            new.dropped += 1;
        } else if let Some(row) = rows::row(&text) {
            new.last = Some((row.node.clone(), row.t));
            let row = Some(row).filter(|it| recall::is_meant(wish, &it.stream));
            *left -= usize::from(row.is_some());
            new.rows.extend(row);
        }
    }
    new
}
