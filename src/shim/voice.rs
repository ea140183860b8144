//! What the shim says: events to the journal and to metrics, one status line to systemd.

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::metrics::{self, Metrics, Problem};
use super::scribe::Scribe;
use crate::host::notify;
use crate::host::surroundings::Surroundings;
use crate::host::systemd;
use crate::model::channel::Wish;
use crate::model::check::Answer;
use crate::model::delivery::Delivery;
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::owner::Owner;
use crate::model::service::Service;

/// News of the way to InfluxDB not yet told; more of it is dropped, since it only repeats.
const DELIVERIES_WAITING: usize = 16;

/// Who else hears the events.
pub type Echo = Box<dyn Fn(&Event) + Send>;

/// Speaks for one service.
pub(super) struct Voice {
    scribe: Scribe,
    echo: Option<Echo>,
    pub(super) origin: Origin,
    metrics: std::sync::Arc<Metrics>,
    deliveries: mpsc::Receiver<Delivery>,
    follow: Option<JoinHandle<()>>,
    unit: String,
    /// What the service wants of the alerts.
    alerts: Wish,
}

impl Voice {
    pub(super) fn open(
        service: &Service,
        owner: &Owner,
        site: &Surroundings,
        echo: Option<Echo>,
    ) -> Voice {
        let origin = Origin {
            service: service.name.clone(),
            revision: match owner.instance {
                Some(_) => owner.revision(),
                None => revision(&site.unit),
            },
            container_name: owner.container(),
            container_id: String::new(),
            image: service.container.image.clone(),
        };
        let state = site.state.as_deref().unwrap_or(&site.runtime);
        let (sender, deliveries) = mpsc::channel(DELIVERIES_WAITING);
        let opened = Metrics::open(&service.name, state, metrics::named(), move |it| {
            let _ = sender.try_send(it);
        });
        let (open, problem) = match opened {
            Ok(open) => (open, None),
            Err(problem) => (Metrics::off(), Some(problem)),
        };
        let mut voice = Voice {
            scribe: Scribe::start(),
            echo,
            origin,
            metrics: open.into(),
            deliveries,
            follow: None,
            unit: site.unit.clone(),
            alerts: service.alerts.clone(),
        };
        if let Some(problem) = problem {
            voice.warn(Kind::Metrics, in_words(&problem));
        }
        voice
    }

    /// Writes an event.
    pub(super) fn tell(&mut self, event: Event) {
        let event = event.with_wish(&self.alerts);
        self.metrics.event(&event);
        if let Some(echo) = &self.echo {
            echo(&event);
        }
        self.scribe.write(event, &self.origin);
    }

    /// Says from now on what a definition read again wants of the alerts.
    pub(super) fn set_alerts(&mut self, wish: &Wish) {
        wish.clone_into(&mut self.alerts);
    }

    pub(super) fn info(&mut self, kind: Kind, message: impl Into<String>) {
        self.tell(Event::new(kind, Priority::INFO, message));
    }

    pub(super) fn warn(&mut self, kind: Kind, message: impl Into<String>) {
        self.tell(Event::new(kind, Priority::WARNING, message));
    }

    /// Hands one answer of a check to the metrics; the journal hears of changes only.
    pub(super) fn answered(&self, check: &str, answer: &Answer) {
        self.metrics.check(check, answer);
    }

    /// Writes down from now on what the container of this process uses.
    pub(super) fn follow(&mut self, pid: i64) {
        self.unfollow();
        if self.metrics.is_on() {
            let metrics = std::sync::Arc::clone(&self.metrics);
            let unit = self.unit.clone();
            self.follow = Some(tokio::spawn(async move {
                let asked = spawn_blocking(move || restarts(&unit)).await;
                metrics.follow(pid, asked.ok().flatten()).await;
            }));
        }
    }

    fn unfollow(&mut self) {
        if let Some(task) = self.follow.take() {
            task.abort();
        }
    }

    /// Waits for news of the way to InfluxDB.
    pub(super) async fn delivery(&mut self) -> Delivery {
        match self.deliveries.recv().await {
            Some(delivery) => delivery,
            None => std::future::pending().await,
        }
    }

    /// Sends what can be sent within a second and keeps the rest for the next start.
    pub(super) async fn close(mut self) {
        if let Some(task) = self.follow.take() {
            task.abort();
            let _ = task.await;
        }
        if let Ok(metrics) = std::sync::Arc::try_unwrap(self.metrics) {
            metrics.close().await;
        }
        self.scribe.close().await;
    }

    /// Returns when everything told is in the journal, or after a bounded time.
    pub(super) async fn flush(&self) {
        self.scribe.flush().await;
    }

    /// Sets the line `systemctl status` shows.
    pub(super) fn status(&mut self, text: &str) {
        // Outside systemd nobody listens, and that is fine.
        let _ = notify::status(text);
    }

    /// Tells systemd that the service works.
    pub(super) fn ready(&mut self) {
        if let Err(why) = notify::ready() {
            self.warn(Kind::Failed, format!("cannot tell systemd READY=1: {why}"));
        }
    }
}

/// How often systemd restarted the unit by itself; None outside systemd. It only changes with a new
/// shim, so it is asked once.
pub(super) fn restarts(unit: &str) -> Option<u64> {
    if unit.is_empty() {
        return None;
    }
    let shown = systemd::show(unit, &["NRestarts"]).ok()?;
    shown.first()?.get("NRestarts")?.parse().ok()
}

fn in_words(problem: &Problem) -> String {
    match problem {
        Problem::Mistakes { file, mistakes, .. } => {
            let all: Vec<_> = mistakes.iter().map(|it| format!("{file}:{it}")).collect();
            format!("no metrics are sent: {}", all.join("; "))
        }
        Problem::Unusable(why) => format!("no metrics are sent: {why}"),
    }
}

/// The instance of a unit that calls `wharf run` and is named after a revision, `2-9f…`; empty for others.
fn revision(unit: &str) -> String {
    let instance = unit
        .split_once('@')
        .map_or("", |(_, it)| it.trim_end_matches(".service"));
    let looks = instance.split_once('-').is_some_and(|(generation, hash)| {
        generation.parse::<u64>().is_ok()
            && hash.len() == 32
            && hash.bytes().all(|it| it.is_ascii_hexdigit())
    });
    if looks {
        instance.to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::revision;

    #[test]
    fn only_a_revision_counts_as_one() {
        assert_eq!(
            revision("web@1-62d4023616ab1e7921f74f650aab51e1.service"),
            "1-62d4023616ab1e7921f74f650aab51e1"
        );
        assert_eq!(revision("runner@a-b.service"), "");
        assert_eq!(revision(""), "");
    }
}
