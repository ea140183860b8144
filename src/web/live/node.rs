//! One node: asked over one connection, again after a while when that breaks, and what it said last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::sleep;

use crate::decide::fleet::facts;
use crate::decide::fleet::question::{self, Question};
use crate::decide::fleet::rounds::{self, Round, Rounds, Traffic};
use crate::decide::shell;
use crate::decide::web::figures;
use crate::decide::web::freshness::freshness;
use crate::host::clock;
use crate::host::ssh::Ssh;
use crate::model::cluster::{self, Cluster};
use crate::model::fleet::{Facts, Host, Sight, Unreached, UnreachedKind};
use crate::model::log::Stream;
use crate::model::web::live::{Freshness, Sample};
use crate::web::server::locked;

/// Figures kept: an hour of them.
const SAMPLES_MOST: usize = 1200;
/// Lines on their way; then the node waits.
const WAITING_MOST: usize = 64;
/// Before a node that was lost is asked again, at first and at last.
const AGAIN: Duration = Duration::from_secs(2);
const AGAIN_LONGEST: Duration = Duration::from_secs(30);
/// How long one that does not answer keeps others from being asked.
const WAY_HELD: Duration = Duration::from_millis(500);
/// Its turn to be asked has not come.
const NOT_YET: Duration = Duration::MAX;
/// As good as without end: it is ended by whoever asks.
const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 86_400);

pub(super) struct Node {
    pub(super) name: String,
    destination: String,
    questions: Vec<Question>,
    known: Mutex<Known>,
    samples: Mutex<VecDeque<Sample>>,
}

#[derive(Default)]
struct Known {
    facts: Option<Facts>,
    /// Since the facts were last taken.
    changed: bool,
    /// Seconds since 1970.
    heard: Option<f64>,
    /// How long the first answer took.
    took: Duration,
    cut: Option<Unreached>,
    /// On the clock of this machine's uptime.
    asked: Duration,
    traffic: Option<(f64, Traffic)>,
    versions: Vec<(String, String)>,
}

/// What is known of it at one moment.
pub(super) struct Told {
    pub(super) freshness: Freshness,
    pub(super) heard: Option<f64>,
    pub(super) changed: bool,
    pub(super) host: Option<Host>,
}

impl Node {
    pub(super) fn new(cluster: &Cluster, node: &cluster::Node) -> Node {
        let here = cluster.services.iter();
        let here = here.filter(|it| it.nodes.contains(&node.name));
        Node {
            name: node.name.clone(),
            destination: node.destination.clone(),
            questions: here.map(question::question).collect(),
            known: Mutex::default(),
            samples: Mutex::default(),
        }
    }

    pub(super) fn begin(&self) {
        let mut known = locked(&self.known);
        known.asked = NOT_YET;
        known.cut = None;
        known.traffic = None;
    }

    pub(super) fn facts(&self) -> Option<Facts> {
        locked(&self.known).facts.clone()
    }

    pub(super) fn versions(&self) -> Vec<(String, String)> {
        locked(&self.known).versions.clone()
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        locked(&self.samples).iter().cloned().collect()
    }

    /// Whether more than figures is new.
    pub(super) fn has_news(&self) -> bool {
        locked(&self.known).changed
    }

    /// Takes what is new.
    pub(super) fn told(&self, now: f64, uptime: Duration) -> Told {
        let mut known = locked(&self.known);
        let asked = uptime.saturating_sub(known.asked).as_secs_f64();
        let age = known.heard.map(|it| now - it);
        Told {
            freshness: freshness(age, asked, known.cut.is_some()),
            heard: known.heard,
            changed: std::mem::take(&mut known.changed),
            host: known.facts.as_ref().map(|it| it.host.clone()),
        }
    }

    /// What a single look would have found.
    pub(super) fn sight(&self, told: &Told, now: f64) -> Sight {
        let known = locked(&self.known);
        let found = match (told.freshness, &known.facts) {
            (Freshness::Fresh | Freshness::Stale, Some(facts)) => {
                let mut facts = facts.clone();
                facts.host.clock += now - known.heard.unwrap_or(now);
                Ok(facts)
            }
            (Freshness::Asking, _) => Err(unreached(UnreachedKind::Other, "is being asked")),
            (Freshness::Lost, _) | (Freshness::Fresh | Freshness::Stale, None) => {
                let silent = || unreached(UnreachedKind::Late, "it has stopped answering");
                Err(known.cut.clone().unwrap_or_else(silent))
            }
        };
        Sight {
            node: self.name.clone(),
            took: known.took,
            found,
        }
    }

    /// Asks for as long as this is not dropped.
    pub(super) async fn ask(self: Arc<Self>, ssh: Ssh, news: Arc<Notify>, ways: Arc<Semaphore>) {
        let mut pause = AGAIN;
        loop {
            // Nothing closes it.
            let way = Arc::clone(&ways).acquire_owned().await.ok();
            let begun = clock::uptime();
            locked(&self.known).asked = begun;
            let why = self.once(&ssh, &news, Mutex::new(way)).await;
            locked(&self.known).cut = Some(why);
            news.notify_one();
            // One that had answered well is likely to be back soon.
            let lasted = clock::uptime().saturating_sub(begun);
            pause = match lasted > AGAIN_LONGEST {
                true => AGAIN,
                false => (pause * 2).min(AGAIN_LONGEST),
            };
            sleep(pause).await;
        }
    }

    /// `way`: given back when it has answered for the first time, or takes too long over it.
    async fn once(
        &self,
        ssh: &Ssh,
        news: &Notify,
        way: Mutex<Option<OwnedSemaphorePermit>>,
    ) -> Unreached {
        let line = rounds::script(&self.questions).and_then(|it| shell::elevated(&it));
        let line = match line {
            Ok(line) => line,
            Err(why) => return unreached(UnreachedKind::Other, &why.to_string()),
        };
        let (to, mut pieces) = mpsc::channel(WAITING_MOST);
        let begun = clock::uptime();
        let lines = ssh.lines(&self.destination, &line, None, NO_LIMIT, to);
        let heard = async {
            let (mut rounds, mut said) = (Rounds::default(), String::new());
            while let Some((stream, text)) = pieces.recv().await {
                let text = String::from_utf8_lossy(&text);
                match stream {
                    Stream::Stderr => said = text.chars().take(200).collect(),
                    Stream::Stdout => match rounds.line(&text) {
                        Ok(Some(round)) => {
                            locked(&way).take();
                            self.round(&round, begun);
                            news.notify_one();
                        }
                        Ok(None) => {}
                        Err(why) => return why,
                    },
                }
            }
            said
        };
        let late = async {
            sleep(WAY_HELD).await;
            locked(&way).take();
            std::future::pending().await
        };
        tokio::select! {
            why = late => why,
            why = heard => unreached(UnreachedKind::Other, if why.is_empty() { "the connection ended" } else { &why }),
            ended = lines => match ended {
                Err(why) => why,
                Ok(_) => unreached(UnreachedKind::Cut, "the node ended the connection"),
            },
        }
    }

    fn round(&self, round: &Round, begun: Duration) {
        let now = clock::wall().as_secs_f64();
        let mut known = locked(&self.known);
        known.took = match known.cut.is_some() || known.heard.is_none() {
            true => clock::uptime().saturating_sub(begun),
            false => known.took,
        };
        let back = known.cut.take().is_some();
        let host = match (round.changed || back, &mut known.facts) {
            (false, Some(facts)) => {
                facts.host = facts::machine(&round.text);
                facts.host.clone()
            }
            (_, _) => {
                let Ok(facts) = facts::facts(&round.text, &self.questions) else {
                    return;
                };
                known.changed = true;
                known.versions = rounds::versions(&round.text);
                known.facts.insert(facts).host.clone()
            }
        };
        known.heard = Some(now);
        let traffic = rounds::traffic(&round.text);
        let before = known.traffic.replace((now, traffic));
        drop(known);
        self.keep(figures::sample(&host, now, before, traffic));
    }

    fn keep(&self, sample: Sample) {
        let mut samples = locked(&self.samples);
        if samples.len() >= SAMPLES_MOST {
            samples.pop_front();
        }
        samples.push_back(sample);
    }
}

fn unreached(kind: UnreachedKind, what: &str) -> Unreached {
    Unreached {
        kind,
        what: what.to_owned(),
    }
}
