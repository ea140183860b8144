//! What a service is watched for besides its checks: the memory of its tree, and a file that has to change.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::keeper::Keeper;
use crate::decide::supervise::life::Happening;
use crate::decide::supervise::pause::spread;
use crate::decide::supervise::watch::{Activity, Look, Samples, Verdict, may_restart};
use crate::host::workload::table;
use crate::host::{clock, files};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::process::Watches;
use crate::model::seen::span;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a look at a file may take; one on a file server that is away takes for ever.
const LOOK_LIMIT: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(super) struct Watching {
    next: Option<Instant>,
    samples: Samples,
    activity: Activity,
    /// The last restart for memory.
    restarted: Option<Instant>,
    /// A look that has not come back; there is never a second one beside it.
    hung: Option<tokio::task::JoinHandle<Option<Duration>>>,
}

impl Watching {
    /// Looks from now on, where there is anything to look at.
    pub(super) fn begin(&mut self, watches: &Watches) {
        let any = watches.memory.is_some() || watches.activity.is_some();
        let wanted = any && !watches.after.is_zero();
        self.next = wanted.then(|| Instant::now() + INTERVAL);
    }

    pub(super) fn clear(&mut self) {
        self.next = None;
        self.samples.clear();
        self.activity.clear();
    }

    pub(super) async fn due(&self) {
        match self.next {
            Some(next) => sleep_until(next).await,
            None => std::future::pending().await,
        }
    }

    async fn look(&mut self, path: &std::path::Path) -> Look {
        let mut task = match self.hung.take() {
            Some(task) => task,
            None => {
                let path = path.to_owned();
                tokio::task::spawn_blocking(move || files::changed(&path))
            }
        };
        match timeout(LOOK_LIMIT, &mut task).await {
            Ok(Ok(Some(time))) => Look::At(time),
            Ok(Ok(None)) => Look::Missing,
            Ok(Err(_)) => Look::Unknown,
            Err(_) => {
                self.hung = Some(task);
                Look::Unknown
            }
        }
    }
}

impl Keeper {
    /// Looks, and says when it is too much to go on.
    pub(super) async fn watch(&mut self) -> Option<Happening> {
        let interval = spread(INTERVAL, self.board.chance());
        self.watching.next = Some(Instant::now() + interval);
        let main = self.held.as_ref()?.identity;
        if table::age(main.start) < self.charge.process.watches.after.as_secs() {
            return None;
        }
        if let Some(why) = self.too_large() {
            return self.unbearable(why, "memory").await;
        }
        let activity = self.charge.process.watches.activity.clone()?;
        let look = self.watching.look(&activity.path).await;
        let (steady, wall) = (clock::uptime(), clock::wall());
        let verdict = self
            .watching
            .activity
            .take(look, steady, wall, activity.limit);
        let path = activity.path.display();
        let why = match verdict {
            Verdict::Fine => return None,
            Verdict::Idle(time) => format!("{path} has not changed for {}", whole(time)),
            Verdict::Gone(time) => format!("{path} is not there for {}", whole(time)),
        };
        self.unbearable(
            format!("{why}, the limit is {}", span(activity.limit)),
            "activity",
        )
        .await
    }

    fn too_large(&mut self) -> Option<String> {
        let limit = self.charge.process.watches.memory?;
        let main = self.held.as_ref()?.identity;
        let of_group = self.group.as_ref().and_then(|it| it.memory());
        let used = of_group.or_else(|| {
            let since = Instant::now() - INTERVAL / 2;
            table::memory(&self.members(main, since))
        });
        if !self.watching.samples.take(used, limit) {
            return None;
        }
        self.watching.samples.clear();
        let text = format!(
            "its memory is {} MB, the limit is {} MB",
            used.unwrap_or(0) / 1_000_000,
            limit / 1_000_000
        );
        let since = self.watching.restarted.map(|it| it.elapsed());
        if may_restart(since) {
            self.watching.restarted = Some(Instant::now());
            return Some(text);
        }
        self.why = format!("{text}; restarted for that within ten minutes already");
        None
    }

    async fn unbearable(&mut self, why: String, watch: &str) -> Option<Happening> {
        let event = Event::new(
            Kind::CheckFailed,
            Priority::ERROR,
            format!("restarting: {why}"),
        );
        let event = event.with("check", watch);
        self.tell(event.with("on_failure", "restart")).await;
        self.record.restarts += 1;
        self.why = why;
        Some(Happening::Unbearable)
    }
}

fn whole(time: Duration) -> String {
    span(Duration::from_secs(time.as_secs()))
}
