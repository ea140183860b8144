//! The journals of many nodes as one, in the order of time.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep, timeout_at};

use super::load::Loaded;
use crate::decide::fleet::merge::{Merge, Timed};
use crate::decide::fleet::records;
use crate::decide::shell;
use crate::model::cluster::Node;
use crate::model::fleet::{Unreached, UnreachedKind};
use crate::model::log::Stream;
use crate::model::seen::Exit;

/// How long a line that is followed waits for an older one from another node.
const FOLLOW_WINDOW: Duration = Duration::from_secs(1);
/// How long a listing waits for a node that says nothing.
const LISTING_WINDOW: Duration = Duration::from_secs(20);
/// Lines on their way from all nodes; then the nodes wait.
const WAITING_MOST: usize = 1024;
/// Before a node that was lost is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// As good as without end: a hundred years.
const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What is handed on.
pub enum Said {
    /// A record as journalctl prints it, from the node of this number.
    Record(usize, String),
    /// The node is gone for now, or refused; its lines are missing from here on.
    Lost(usize, Unreached),
    /// It answers again.
    Back(usize),
}

enum News {
    Line(usize, Timed<String>),
    Lost(usize, Unreached),
    Back(usize),
    End(usize),
}

/// What a node is asked: None at first, then from these microseconds since 1970 on.
pub type Line<'a> = &'a dyn Fn(usize, Option<u64>) -> String;

/// Runs on each node what `line` says, which prints journal records as JSON, oldest first, and hands them
/// on in the order of time. With `follow` that goes on until it is dropped, and a node that was lost is
/// asked again for what it has since.
pub async fn read(
    loaded: &Loaded,
    nodes: &[&Node],
    line: Line<'_>,
    follow: bool,
    each: impl FnMut(Said),
) {
    let window = if follow {
        FOLLOW_WINDOW
    } else {
        LISTING_WINDOW
    };
    let (sender, receiver) = mpsc::channel(WAITING_MOST);
    let sources = nodes.iter().enumerate().map(|(index, node)| Source {
        loaded,
        node,
        index,
        last: 0,
        lost: false,
        to: sender.clone(),
    });
    let sources: Vec<_> = sources.map(|it| it.run(line, follow)).collect();
    drop(sender);
    let merged = merged(receiver, Merge::new(nodes.len(), window), each);
    tokio::join!(join_all(sources), merged);
}

/// One node's journal.
struct Source<'a> {
    loaded: &'a Loaded,
    node: &'a Node,
    index: usize,
    /// The time of its newest record, in microseconds.
    last: u64,
    lost: bool,
    to: Sender<News>,
}

impl Source<'_> {
    async fn run(mut self, line: Line<'_>, follow: bool) {
        loop {
            let since = Some(self.last).filter(|it| *it > 0);
            let why = match self.once(&line(self.index, since)).await {
                Ok(Exit::Code(0)) => break,
                Ok(exit) => refused(exit),
                Err(why) => why,
            };
            // Said once, however often it is tried again.
            if !self.lost {
                let _ = self.to.send(News::Lost(self.index, why)).await;
            }
            self.lost = true;
            if !follow {
                break;
            }
            sleep(AGAIN).await;
        }
        let _ = self.to.send(News::End(self.index)).await;
    }

    async fn once(&mut self, line: &str) -> Result<Exit, Unreached> {
        let line = shell::elevated(line).map_err(|why| other(why.to_string()))?;
        let (sender, mut pieces) = mpsc::channel(WAITING_MOST);
        let ssh = self.loaded.ssh.clone();
        let destination = self.node.destination.clone();
        let lines = ssh.lines(&destination, &line, None, NO_LIMIT, sender);
        // Of the very microsecond it was lost in, the rest is taken as seen.
        let seen = self.last;
        let mut told = String::new();
        let handed = async {
            while let Some((stream, text)) = pieces.recv().await {
                let text = String::from_utf8_lossy(&text).into_owned();
                match stream {
                    Stream::Stdout => self.record(text, seen).await,
                    Stream::Stderr => told = text,
                }
            }
        };
        let (ended, ()) = tokio::join!(lines, handed);
        match ended {
            Ok(Exit::Code(0)) | Err(_) => ended,
            Ok(_) if told.is_empty() => ended,
            Ok(_) => Err(other(told)),
        }
    }

    async fn record(&mut self, line: String, seen: u64) {
        let at = records::time(&line).unwrap_or(self.last);
        if at <= seen && seen > 0 {
            return;
        }
        if std::mem::take(&mut self.lost) {
            let _ = self.to.send(News::Back(self.index)).await;
        }
        self.last = self.last.max(at);
        let _ = self
            .to
            .send(News::Line(self.index, Timed { at, line }))
            .await;
    }
}

fn refused(exit: Exit) -> Unreached {
    other(match exit {
        Exit::Code(code) => format!("its journal could not be read: {code}"),
        Exit::Signal(signal) => format!("killed by signal {signal}"),
    })
}

fn other(what: String) -> Unreached {
    Unreached {
        kind: UnreachedKind::Other,
        what,
    }
}

async fn merged(mut news: Receiver<News>, mut merge: Merge<String>, mut each: impl FnMut(Said)) {
    let begun = Instant::now();
    loop {
        while let Some((index, line)) = merge.next(begun.elapsed()) {
            each(Said::Record(index, line.line));
        }
        let next = match merge.due() {
            Some(due) => timeout_at(begun + due, news.recv()).await,
            None => Ok(news.recv().await),
        };
        match next {
            Err(_) => {}
            Ok(None) => break,
            Ok(Some(News::Line(index, line))) => merge.push(index, line, begun.elapsed()),
            Ok(Some(News::End(index))) => merge.end(index),
            Ok(Some(News::Lost(index, why))) => {
                merge.end(index);
                each(Said::Lost(index, why));
            }
            Ok(Some(News::Back(index))) => {
                merge.begin(index);
                each(Said::Back(index));
            }
        }
    }
}
