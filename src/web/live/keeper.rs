//! Puts side by side what the nodes say, as often as there is news.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::Idle;
use super::node::{Node, Told};
use crate::decide::fleet::{glance, warnings};
use crate::host::clock;
use crate::model::fleet::Sight;
use crate::model::glance::{Ack, Glance, Kind};
use crate::model::stamp;
use crate::model::web::live::{Freshness, Heard, Seen};
use crate::model::web::shown::Live;
use crate::web::server::{Opened, Source, locked};

/// News that come so close together are told together.
const TOGETHER: Duration = Duration::from_millis(250);
/// Figures alone are told no more often than they can be read.
const CALM: Duration = Duration::from_millis(1750);
/// Connections that are being made at once: each costs this machine, and whoever looks waits for it as well.
const WAYS_AT_ONCE: usize = 4;
/// Without news: how often is looked whether what is known has become old.
const CHECK: Duration = Duration::from_secs(3);

pub(super) struct Keeper {
    opened: Arc<Opened>,
    source: Arc<Source>,
    nodes: Vec<Arc<Node>>,
    seen: watch::Sender<Arc<Seen>>,
    news: Arc<Notify>,
    /// When everything was put together last, and with what besides the nodes' words.
    whole: Option<(f64, Vec<Ack>, Vec<Freshness>)>,
}

impl Keeper {
    pub(super) fn new(
        opened: &Arc<Opened>,
        source: &Arc<Source>,
        nodes: Vec<Arc<Node>>,
        seen: &watch::Sender<Arc<Seen>>,
        news: &Arc<Notify>,
    ) -> Keeper {
        for node in &nodes {
            node.begin();
        }
        let mut keeper = Keeper {
            opened: Arc::clone(opened),
            source: Arc::clone(source),
            nodes,
            seen: seen.clone(),
            news: Arc::clone(news),
            whole: None,
        };
        keeper.tell();
        keeper
    }

    /// Asks the nodes until nobody has looked for a while.
    pub(super) async fn keep(mut self, idle: Idle, running: Arc<Mutex<Option<AbortHandle>>>) {
        let news = Arc::clone(&self.news);
        let ways = Arc::new(Semaphore::new(WAYS_AT_ONCE));
        let mut asking = JoinSet::new();
        for node in &self.nodes {
            let (ssh, news) = (self.opened.ssh.clone(), Arc::clone(&news));
            asking.spawn(Arc::clone(node).ask(ssh, news, Arc::clone(&ways)));
        }
        loop {
            if timeout(CHECK, news.notified()).await.is_ok() {
                sleep(TOGETHER).await;
                if !self.nodes.iter().any(|it| it.has_news()) {
                    sleep(CALM).await;
                }
            }
            // Whoever comes in this very moment finds that nobody asks, and begins anew.
            let mut running = locked(&running);
            if idle.is() {
                *running = None;
                return;
            }
            drop(running);
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (now, uptime) = (clock::wall().as_secs_f64(), clock::uptime());
        let told: Vec<Told> = self.nodes.iter().map(|it| it.told(now, uptime)).collect();
        let acks = (self.source.acks)(now as u64);
        let worth: Vec<Freshness> = told.iter().map(|it| it.freshness).collect();
        let news = told.iter().any(|it| it.changed);
        let same = self.whole.as_ref();
        let same = same
            .filter(|it| !news && it.1 == acks && it.2 == worth)
            .map(|it| it.0);
        let heard = self.nodes.iter().zip(&told).map(|(node, told)| Heard {
            node: node.name.clone(),
            at: told.heard,
            freshness: told.freshness,
        });
        let heard: Vec<Heard> = heard.collect();
        if same.is_some() && self.seen.borrow().heard == heard {
            return;
        }
        let glance = match same {
            Some(_) => self.moved(now, &told, &acks),
            None => self.whole(now, &told, &acks),
        };
        let cells_at = same.unwrap_or(now);
        self.whole = Some((cells_at, acks, worth));
        let at = heard
            .iter()
            .filter_map(|it| Some((it.node.clone(), it.at? as u64)));
        let seen = Seen {
            live: Live {
                at: at.collect(),
                glance,
                cells_at: cells_at as u64,
            },
            heard,
            at: now,
        };
        self.seen.send_replace(Arc::new(seen));
    }

    fn whole(&self, now: f64, told: &[Told], acks: &[Ack]) -> Glance {
        let nodes = self.nodes.iter().zip(told);
        let sights: Vec<Sight> = nodes.map(|(node, told)| node.sight(told, now)).collect();
        let mut seen = glance::glance(&self.opened.cluster, &sights, acks, now);
        let asking = |node: &str| {
            let at = self.nodes.iter().position(|it| it.name == node);
            at.is_some_and(|it| told[it].freshness == Freshness::Asking)
        };
        // That it has not answered yet is no news.
        for head in seen.nodes.iter_mut().filter(|it| asking(&it.node)) {
            head.unreached = None;
            head.next = None;
        }
        seen.warnings
            .retain(|it| it.kind != Kind::Down || !asking(&it.node));
        seen
    }

    /// Nothing but the machines' figures is new: the cells are the very same.
    fn moved(&self, now: f64, told: &[Told], acks: &[Ack]) -> Glance {
        let mut seen = self.seen.borrow().live.glance.clone();
        for (head, told) in seen.nodes.iter_mut().zip(told) {
            if let Some(host) = &told.host {
                head.host = Some(host.clone());
            }
        }
        let seconds = now.max(0.0) as u64;
        seen.when = stamp::format(seconds.saturating_mul(1_000_000_000));
        seen.warnings = warnings::warnings(&seen.nodes, &seen.services, acks, seconds);
        seen
    }
}
