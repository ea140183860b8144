//! How the cluster stands, kept up to date while somebody looks: one connection per node, none when nobody does.

mod keeper;
mod node;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::server::{Opened, Source, locked};
use crate::decide::web::inside::{self, Running};
use crate::host::clock;
use crate::model::fleet::Facts;
use crate::model::web::live::{Freshness, Sample, Seen};
use keeper::Keeper;
use node::Node;

/// How long nodes are asked on after the last look.
const LINGER: Duration = Duration::from_secs(30);
/// How long a first look waits for nodes that answer at once.
const FIRST: Duration = Duration::from_millis(80);
/// Of more nodes, some take longer than that anyway.
const FIRST_MOST: usize = 4;
/// Moments kept for tabs that are about to ask for what is new since: just loaded, or cut off a moment ago.
const SHOWN_MOST: usize = 8;

/// The watch over all nodes.
pub(super) struct Watch {
    seen: watch::Sender<Arc<Seen>>,
    idle: Idle,
    running: Arc<Mutex<Option<AbortHandle>>>,
    nodes: Mutex<Vec<Arc<Node>>>,
    /// Moments that tabs show, the one shown longest ago first.
    shown: Mutex<VecDeque<Arc<Seen>>>,
    news: Arc<Notify>,
}

/// Whether somebody looks.
#[derive(Clone, Default)]
struct Idle {
    viewers: Arc<AtomicUsize>,
    /// When somebody last asked for a page.
    touched: Arc<Mutex<Duration>>,
}

impl Idle {
    fn is(&self) -> bool {
        let since = clock::uptime().saturating_sub(*locked(&self.touched));
        self.viewers.load(Ordering::Relaxed) == 0 && since > LINGER
    }
}

/// Somebody who looks; dropped, they have gone.
pub(super) struct Viewing(Idle);

impl Drop for Viewing {
    fn drop(&mut self) {
        *locked(&self.0.touched) = clock::uptime();
        self.0.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watch {
    pub(super) fn new() -> Watch {
        Watch {
            seen: watch::Sender::new(Arc::default()),
            idle: Idle::default(),
            running: Arc::default(),
            nodes: Mutex::default(),
            shown: Mutex::default(),
            news: Arc::default(),
        }
    }

    /// Returns what is known now, after nodes that were not being asked had a moment to answer.
    pub(super) async fn look(&self, opened: &Arc<Opened>, source: &Arc<Source>) -> Arc<Seen> {
        let mut seen = self.seen.subscribe();
        if self.touch(opened, source) && opened.nodes.len() <= FIRST_MOST {
            let is_fresh = |it: &Arc<Seen>| {
                let mut all = it.heard.iter();
                !it.heard.is_empty() && all.all(|it| it.freshness == Freshness::Fresh)
            };
            // A node that takes longer is told when it has answered.
            let _ = timeout(FIRST, seen.wait_for(is_fresh)).await;
        }
        let live = Arc::clone(&seen.borrow());
        self.remember(&live);
        live
    }

    /// Keeps a moment that a tab shows for a while.
    pub(super) fn remember(&self, moment: &Arc<Seen>) {
        let mut shown = locked(&self.shown);
        shown.retain(|it| it.at != moment.at);
        shown.push_back(Arc::clone(moment));
        if shown.len() > SHOWN_MOST {
            shown.pop_front();
        }
    }

    /// Returns the news from here on, for as long as the viewing is kept, and the moment a tab shows, where
    /// that is not too long ago.
    pub(super) fn follow(
        &self,
        opened: &Arc<Opened>,
        source: &Arc<Source>,
        moment: Option<u64>,
    ) -> (Viewing, watch::Receiver<Arc<Seen>>, Option<Arc<Seen>>) {
        self.touch(opened, source);
        self.idle.viewers.fetch_add(1, Ordering::Relaxed);
        let shown = locked(&self.shown);
        let shown = shown.iter().find(|it| Some(it.moment()) == moment).cloned();
        (Viewing(self.idle.clone()), self.seen.subscribe(), shown)
    }

    /// Has everything put together again: something else than the nodes has changed.
    pub(super) fn refresh(&self) {
        self.news.notify_one();
    }

    /// Returns what is known, and asks nobody.
    pub(super) fn known(&self) -> Arc<Seen> {
        Arc::clone(&self.seen.borrow())
    }

    /// Returns what a node has said last, as old as that may be; None: nothing yet.
    pub(super) fn facts(&self, node: &str) -> Option<Facts> {
        let nodes = locked(&self.nodes);
        nodes.iter().find(|it| it.name == node)?.facts()
    }

    /// Returns the containers of ours a node has told of.
    pub(super) fn containers(&self, node: &str) -> Vec<Running> {
        let wharf = self.facts(node).and_then(|it| it.wharf);
        wharf
            .map(|it| inside::running(&it.standings))
            .unwrap_or_default()
    }

    /// Returns what else runs on a node, with versions.
    pub(super) fn versions(&self, node: &str) -> Vec<(String, String)> {
        let nodes = locked(&self.nodes);
        let node = nodes.iter().find(|it| it.name == node);
        node.map(|it| it.versions()).unwrap_or_default()
    }

    /// Returns a node's figures, the oldest first; None: it is not asked.
    pub(super) fn samples(&self, node: &str) -> Option<Vec<Sample>> {
        let nodes = locked(&self.nodes);
        let node = nodes.iter().find(|it| it.name == node)?;
        Some(node.samples())
    }

    /// Begins anew with another cluster; whoever looks goes on looking.
    pub(super) fn restart(&self, opened: &Arc<Opened>, source: &Arc<Source>) {
        let running = locked(&self.running).take();
        let Some(running) = running else {
            locked(&self.nodes).clear();
            return;
        };
        running.abort();
        locked(&self.nodes).clear();
        self.touch(opened, source);
    }

    /// Notes that somebody looks, and returns whether nodes began to be asked by that.
    fn touch(&self, opened: &Arc<Opened>, source: &Arc<Source>) -> bool {
        *locked(&self.idle.touched) = clock::uptime();
        let mut running = locked(&self.running);
        if running.is_some() {
            return false;
        }
        let nodes = self.nodes_of(opened);
        let keeper = Keeper::new(opened, source, nodes, &self.seen, &self.news);
        let task = tokio::spawn(keeper.keep(self.idle.clone(), Arc::clone(&self.running)));
        *running = Some(task.abort_handle());
        true
    }

    /// The same ones as before, with what they said: it is old, and shown as that.
    fn nodes_of(&self, opened: &Opened) -> Vec<Arc<Node>> {
        let mut nodes = locked(&self.nodes);
        if nodes.is_empty() {
            let all = opened.nodes.iter();
            *nodes = all
                .map(|it| Arc::new(Node::new(&opened.cluster, it)))
                .collect();
        }
        nodes.clone()
    }
}
