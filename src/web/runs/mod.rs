//! What is done from the page: children of this program, each kept with what it said.

mod kept;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::server::locked;
use crate::decide::web::output::Tail;
use crate::decide::web::tree;
use crate::host::errand::{self, Errand, Handle};
use crate::host::{clock, random, surroundings};
use crate::model::plan::Plan;
use crate::model::seen::Exit;
use crate::model::web::shown::{RunPage, RunRow};

/// Runs kept in all, and under way at once.
const RUNS_MOST: usize = 200;
const AT_ONCE: usize = 8;
/// How long those under way may take to stop when the page does.
const STOPPING: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(100);

/// All of them, the oldest first.
pub(super) struct Runs {
    all: Mutex<VecDeque<Arc<Run>>>,
    folder: Option<PathBuf>,
    /// Counts what is new in any of them.
    news: watch::Sender<u64>,
}

pub(super) struct Run {
    pub(super) id: String,
    row: Mutex<RunRow>,
    plan: Option<Plan>,
    tail: Mutex<Tail>,
    handle: Mutex<Option<Handle>>,
    news: watch::Sender<u64>,
}

/// What is to be run.
pub(super) struct Order {
    /// For the program.
    pub(super) words: Vec<String>,
    /// For people: `restart web on n1`.
    pub(super) title: String,
    pub(super) who: String,
    pub(super) plan: Option<Plan>,
}

impl Runs {
    /// Takes up what was kept before this process began.
    pub(super) fn open() -> Runs {
        let folder = surroundings::state_home().map(|it| it.join("wharf").join("runs"));
        let kept = folder.as_deref().map(kept::read).unwrap_or_default();
        Runs {
            all: Mutex::new(kept.into_iter().map(Arc::new).collect()),
            folder,
            news: watch::Sender::new(0),
        }
    }

    /// Starts it, and returns its id at once.
    ///
    /// # Errors
    /// A sentence: too many are under way, or it cannot be started.
    pub(super) fn begin(self: &Arc<Self>, order: Order) -> Result<String, String> {
        let under_way = || {
            locked(&self.all)
                .iter()
                .filter(|it| it.is_under_way())
                .count()
        };
        if under_way() >= AT_ONCE {
            return Err(format!(
                "{AT_ONCE} runs are under way: wait for one of them"
            ));
        }
        let secret = random::secret().map_err(|why| why.to_string())?;
        let now = clock::wall().as_secs();
        let errand = errand::start(&order.words, &order.who).map_err(|why| why.to_string())?;
        let run = Arc::new(Run {
            id: format!("{now}-{}", plain(&secret)),
            row: Mutex::default(),
            plan: order.plan,
            tail: Mutex::default(),
            handle: Mutex::new(errand.handle()),
            news: watch::Sender::new(0),
        });
        *locked(&run.row) = RunRow {
            id: run.id.clone(),
            words: order.title,
            command: typed(&order.words),
            who: order.who,
            began: now,
            ..RunRow::default()
        };
        self.keep(&run);
        tokio::spawn(followed(Arc::clone(self), Arc::clone(&run), errand));
        Ok(run.id.clone())
    }

    fn keep(&self, run: &Arc<Run>) {
        let mut all = locked(&self.all);
        all.push_back(Arc::clone(run));
        while all.len() > RUNS_MOST {
            // Those under way are few, and the newest.
            if let (Some(old), Some(folder)) = (all.pop_front(), &self.folder) {
                kept::forget(folder, &old.id);
            }
        }
        drop(all);
        self.told(run);
    }

    fn told(&self, run: &Run) {
        if let Some(folder) = &self.folder {
            kept::write(folder, run);
        }
        run.news.send_modify(|it| *it += 1);
        self.news.send_modify(|it| *it += 1);
    }

    /// Newest first.
    pub(super) fn rows(&self) -> Vec<RunRow> {
        let all = locked(&self.all);
        all.iter().rev().map(|it| locked(&it.row).clone()).collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Run>> {
        locked(&self.all).iter().find(|it| it.id == id).cloned()
    }

    /// Tells of each of them; counts.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Asks all that are under way to stop, and waits a while for it.
    pub(super) async fn stop(&self) {
        let all: Vec<Arc<Run>> = locked(&self.all).iter().cloned().collect();
        let under_way = || all.iter().filter(|it| it.is_under_way());
        under_way().for_each(|it| it.cancel());
        for _ in 0..STOPPING.as_millis() / STEP.as_millis() {
            if under_way().next().is_none() {
                return;
            }
            sleep(STEP).await;
        }
    }
}

impl Run {
    fn is_under_way(&self) -> bool {
        locked(&self.handle).is_some()
    }

    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Asks it to stop; whoever asks again means it.
    pub(super) fn cancel(&self) {
        let Some(handle) = *locked(&self.handle) else {
            return;
        };
        match std::mem::replace(&mut locked(&self.row).canceled, true) {
            false => handle.interrupt(),
            true => handle.kill(),
        }
        self.news.send_modify(|it| *it += 1);
    }

    /// As its page shows it.
    pub(super) fn page(&self) -> RunPage {
        let tail = locked(&self.tail);
        let told = tree::told(tail.lines());
        RunPage {
            run: locked(&self.row).clone(),
            plan: self.plan.clone(),
            branches: told.branches,
            output: told.output,
            dropped: tail.dropped,
        }
    }
}

async fn followed(runs: Arc<Runs>, run: Arc<Run>, mut errand: Errand) {
    while let Some((_, line)) = errand.line().await {
        locked(&run.tail).push(&String::from_utf8_lossy(&line));
        run.news.send_modify(|it| *it += 1);
    }
    let exit = errand.end().await.map(|it| match it {
        Exit::Code(code) => i32::try_from(code).unwrap_or(-1),
        Exit::Signal(signal) => 128 + signal,
    });
    *locked(&run.handle) = None;
    let mut row = locked(&run.row);
    row.ended = Some(clock::wall().as_secs());
    row.exit = exit.ok();
    drop(row);
    runs.told(&run);
}

/// Letters and digits of a secret: enough that nobody meets another's run by chance.
fn plain(secret: &str) -> String {
    let letters = secret.chars().filter(char::is_ascii_alphanumeric);
    letters.take(8).collect()
}

/// As one would type it.
pub(super) fn typed(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = crate::decide::shell::line(&words).unwrap_or_default();
    format!("wharf {line}")
}
