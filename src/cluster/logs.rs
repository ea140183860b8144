//! The journals of many nodes as one, in the order of time.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep, timeout_at};

use super::load::Loaded;
use crate::decide::fleet::behind::Behind;
use crate::decide::fleet::merge::{Merge, Timed};
use crate::decide::fleet::records::{self, From};
use crate::decide::shell;
use crate::host::clock;
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
    /// Lines of the node came faster than they could be read.
    LeftOut(usize, LeftOut),
}

/// Lines nobody read.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut {
    /// Microseconds since 1970: the last line before them, and the first one after.
    pub since: u64,
    pub until: u64,
    /// How many at most, where the journal says so: those of other services are among them.
    pub most: Option<u64>,
}

/// How long it goes on, and what matters more where not both can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To the last line there is.
    Now,
    /// Until it is dropped: every line, however late.
    EveryLine,
    /// Until it is dropped: never far behind.
    Newest,
}

enum News {
    Line(usize, Timed<String>),
    Lost(usize, Unreached),
    Back(usize),
    LeftOut(usize, LeftOut),
    End(usize),
}

/// What the node of this number is asked.
pub type Line<'a> = &'a dyn Fn(usize, From) -> String;

/// Runs on each node what `line` says, which prints journal records as JSON, oldest first, and hands them
/// on in the order of time. Where that goes on, a node that was lost is asked again for what it has since.
/// A node may be there several times.
pub async fn read(
    loaded: &Loaded,
    nodes: &[&Node],
    line: Line<'_>,
    until: Until,
    each: impl FnMut(Said),
) {
    let window = match until {
        Until::Now => LISTING_WINDOW,
        Until::EveryLine | Until::Newest => FOLLOW_WINDOW,
    };
    let (sender, receiver) = mpsc::channel(WAITING_MOST);
    let sources = nodes.iter().enumerate().map(|(index, node)| Source {
        loaded,
        node,
        index,
        last: 0,
        cursor: String::new(),
        behind: (until == Until::Newest).then(Behind::default),
        left_out: None,
        lost: false,
        to: sender.clone(),
    });
    let sources: Vec<_> = sources.map(|it| it.run(line, until)).collect();
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
    /// Of its newest record; empty where that is of no use.
    cursor: String,
    /// None: every line is wanted.
    behind: Option<Behind>,
    /// Since when lines were left out, and behind which cursor.
    left_out: Option<(u64, String)>,
    lost: bool,
    to: Sender<News>,
}

impl Source<'_> {
    async fn run(mut self, line: Line<'_>, until: Until) {
        let mut from = From::Start;
        loop {
            let why = match self.once(&line(self.index, from)).await {
                Ok(None) => {
                    self.left_out = Some((self.last, self.cursor.clone()));
                    from = From::Newest;
                    continue;
                }
                Ok(Some(Exit::Code(0))) => break,
                Ok(Some(exit)) => refused(exit),
                Err(why) => why,
            };
            if self.last > 0 {
                from = From::Lost(self.last);
            }
            // Said once, however often it is tried again.
            if !self.lost {
                let _ = self.to.send(News::Lost(self.index, why)).await;
            }
            self.lost = true;
            if until == Until::Now {
                break;
            }
            sleep(AGAIN).await;
        }
        let _ = self.to.send(News::End(self.index)).await;
    }

    /// Returns how the line ended; None: lines come faster than they can be read.
    async fn once(&mut self, line: &str) -> Result<Option<Exit>, Unreached> {
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
                let is_lost = match stream {
                    Stream::Stdout => self.record(text, seen).await,
                    Stream::Stderr => {
                        told = text;
                        false
                    }
                };
                if is_lost {
                    return true;
                }
            }
            false
        };
        // Dropped, the line on the node ends as well: nobody reads it any more.
        let ended = match select(pin!(lines), pin!(handed)).await {
            Either::Left((ended, handed)) => match handed.await {
                true => return Ok(None),
                false => ended?,
            },
            Either::Right((true, _)) => return Ok(None),
            Either::Right((false, lines)) => lines.await?,
        };
        match ended {
            Exit::Code(0) => Ok(Some(ended)),
            _ if told.is_empty() => Ok(Some(ended)),
            Exit::Code(_) | Exit::Signal(_) => Err(other(told)),
        }
    }

    /// Hands a record on; true: the reader is too far behind to go on with the next one.
    async fn record(&mut self, line: String, seen: u64) -> bool {
        let at = records::time(&line).unwrap_or(self.last);
        if at <= seen && seen > 0 {
            return false;
        }
        if let Some((since, cursor)) = self.left_out.take() {
            let most = records::cursor(&line).and_then(|it| records::between(&cursor, it));
            let left_out = LeftOut {
                since,
                until: at,
                most,
            };
            let _ = self.to.send(News::LeftOut(self.index, left_out)).await;
        }
        if std::mem::take(&mut self.lost) {
            let _ = self.to.send(News::Back(self.index)).await;
        }
        self.last = self.last.max(at);
        let now = u64::try_from(clock::uptime().as_micros()).unwrap_or(u64::MAX);
        let is_lost = self.behind.as_mut().is_some_and(|it| {
            let behind = it.heard(at, now);
            it.is_lost(behind, now)
        });
        if is_lost {
            self.cursor = records::cursor(&line).unwrap_or_default().to_owned();
        }
        let line = News::Line(self.index, Timed { at, line });
        let _ = self.to.send(line).await;
        is_lost
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
            Ok(Some(News::LeftOut(index, what))) => each(Said::LeftOut(index, what)),
            Ok(Some(News::Back(index))) => {
                merge.begin(index);
                each(Said::Back(index));
            }
        }
    }
}
