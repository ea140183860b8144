//! The watch over a running container: checks, docker's hints, its end, reloads, the pulse.

use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, interval, sleep_until};

use super::Shim;
use super::begin::Start;
use super::checks::{Checks, Verdict};
use super::end::Ending;
use super::link::{self, Fate};
use super::pulse::Pulse;
use crate::decide::exit::Ender;
use crate::decide::life::{Happening, Phase};
use crate::host::docker::events::Hint;
use crate::host::docker::{Docker, Error};
use crate::host::notify::proxy::{Note, Proxy};
use crate::host::{memory, signals};
use crate::model::delivery::Delivery;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::service::Service;

/// Inspect is the truth, events are hints: how often the truth is asked when nothing hints.
const LOOK: Duration = Duration::from_secs(15);
/// After somebody else's signal: how long a `docker restart` may take to bring the container back.
const RESTART_GRACE: Duration = Duration::from_secs(2);
const RESTART_STEP: Duration = Duration::from_millis(100);
/// The age an adopted container counts as: past any `start_period`.
const OLD: Duration = Duration::from_secs(10 * 365 * 86_400);

type Hints = BoxStream<'static, Result<Hint, Error>>;
type Link = Pin<Box<dyn Future<Output = Fate> + Send>>;

/// What the watch holds while the container runs.
pub(super) struct Watch {
    pub(super) id: String,
    pub(super) phase: Phase,
    pub(super) checks: Checks,
    pub(super) since: Instant,
    verdicts: mpsc::Receiver<Verdict>,
    hints: Hints,
    link: Link,
    look: Interval,
    /// When a signal was sent through docker that was not ours.
    outside_signal: Option<(Instant, String)>,
}

enum News {
    Fate(Fate),
    Hint(Option<Result<Hint, Error>>),
    Verdict(Verdict),
    StayedUp,
    Log(Event),
    Look,
    Reload,
    Notes(Vec<Note>),
    Delivery(Delivery),
}

impl Shim {
    /// Watches until the container or the shim must end.
    pub(super) async fn watch(
        &mut self,
        start: Start,
        reload: &mut signals::Reload,
        pulse: &mut Pulse,
    ) -> Ending {
        let Some(docker) = self.docker.clone() else {
            return Ending::failed("no docker to watch through".to_owned());
        };
        let mut watch = Watch::over(&start, &docker, &self.service);
        self.voice.status(if start.adopted {
            "adopted, proving"
        } else {
            "started, proving"
        });
        loop {
            let news = pulse.alongside(self.news(&mut watch, reload)).await;
            if let Some(ending) = self.take(news, &mut watch).await {
                return ending;
            }
        }
    }

    async fn news(&mut self, watch: &mut Watch, reload: &mut signals::Reload) -> News {
        let proven = watch.since + self.service.success;
        let by_time = watch.phase == Phase::Proving && self.service.health.is_none();
        tokio::select! {
            fate = &mut watch.link => News::Fate(fate),
            hint = watch.hints.next() => News::Hint(hint),
            Some(verdict) = watch.verdicts.recv() => News::Verdict(verdict),
            event = self.log_events.next() => News::Log(event),
            delivery = self.voice.delivery() => News::Delivery(delivery),
            notes = heard(self.proxy.as_mut()) => News::Notes(notes),
            () = sleep_until(proven), if by_time => News::StayedUp,
            _ = watch.look.tick() => News::Look,
            () = reload.asked() => News::Reload,
        }
    }

    async fn take(&mut self, news: News, watch: &mut Watch) -> Option<Ending> {
        match news {
            News::Fate(fate) => self.fate(fate, watch).await,
            News::Hint(hint) => self.hint(hint, watch),
            News::Verdict(verdict) => self.judge(verdict, watch),
            News::StayedUp => self.step(Happening::StayedUp, watch, None),
            News::Log(event) => {
                self.voice.tell(event);
                None
            }
            News::Delivery(delivery) => {
                let event = Event::new(Kind::Metrics, delivery.priority(), delivery.to_string());
                self.voice.tell(event);
                None
            }
            News::Look => self.look(watch).await,
            News::Reload => self.reload(watch).await,
            News::Notes(notes) => {
                self.said_ready |= notes.contains(&Note::Ready);
                for note in notes {
                    watch.checks.hear(&note);
                }
                None
            }
        }
    }

    async fn fate(&mut self, fate: Fate, watch: &mut Watch) -> Option<Ending> {
        match fate {
            Fate::Exited => self.settle(watch).await,
            Fate::Gone => Some(Ending::Ended(Ender::RemovedOutside)),
            Fate::Lost(why) => {
                self.voice.warn(
                    Kind::DockerLost,
                    format!("docker went away, the container's state is unknown: {why}"),
                );
                self.voice.status(&format!("docker unreachable: {why}"));
                watch.hints = stream::pending().boxed();
                watch.link = link::reconnect(watch.id.clone(), self.service.daemon_grace).boxed();
                None
            }
            Fate::StayedAway => Some(Ending::Ended(Ender::DaemonLost(self.service.daemon_grace))),
            Fate::Back(_, None) => Some(Ending::Ended(Ender::RemovedOutside)),
            Fate::Back(docker, Some(seen)) => {
                self.docker = Some(docker.clone());
                self.voice.info(Kind::DockerBack, "docker is back");
                if !seen.running {
                    return Some(Ending::Ended(Ender::Itself));
                }
                self.hold(&docker, watch).await
            }
        }
    }

    /// Takes hold of the running container again: its log from where it was left, its events, its end.
    async fn hold(&mut self, docker: &Docker, watch: &mut Watch) -> Option<Ending> {
        if let Some(carrier) = &self.carrier {
            carrier.docker_back().await;
        }
        watch.hints = docker.hints(&watch.id).boxed();
        watch.link = link::wait(docker.clone(), watch.id.clone()).boxed();
        self.show(watch, None);
        None
    }

    /// The container ended. After somebody else's signal it may be on its way up again.
    async fn settle(&mut self, watch: &mut Watch) -> Option<Ending> {
        let signal = watch
            .outside_signal
            .take()
            .filter(|(at, _)| at.elapsed() < self.service.stop.timeout + RESTART_GRACE);
        let Some((_, signal)) = signal else {
            return Some(Ending::Ended(Ender::Itself));
        };
        let docker = self.docker.clone()?;
        // `docker kill` sends SIGKILL and nothing else; only a stop may be half of a restart.
        let tries = if signal == "9" || signal == "SIGKILL" {
            1
        } else {
            RESTART_GRACE.as_millis() / RESTART_STEP.as_millis()
        };
        for _ in 0..tries {
            match docker.inspect(&watch.id).await {
                Ok(Some(it)) if it.running => return self.restarted_outside(&docker, watch).await,
                Ok(Some(_)) => {}
                Ok(None) => return Some(Ending::Ended(Ender::RemovedOutside)),
                Err(why) => return self.fate_lost(&why, watch),
            }
            tokio::time::sleep(RESTART_STEP).await;
        }
        Some(Ending::Ended(Ender::StoppedOutside))
    }

    fn fate_lost(&mut self, why: &Error, watch: &mut Watch) -> Option<Ending> {
        watch.link = std::future::ready(Fate::Lost(why.to_string())).boxed();
        None
    }

    async fn restarted_outside(&mut self, docker: &Docker, watch: &mut Watch) -> Option<Ending> {
        self.voice.warn(
            Kind::RestartedOutside,
            "somebody restarted the container through docker",
        );
        watch.since = Instant::now();
        self.cgroup = None;
        watch.checks.restarted(&watch.id, Duration::ZERO);
        let ending = self.step(Happening::RestartedOutside, watch, None);
        if ending.is_some() {
            return ending;
        }
        self.hold(docker, watch).await
    }

    fn hint(&mut self, hint: Option<Result<Hint, Error>>, watch: &mut Watch) -> Option<Ending> {
        match hint {
            Some(Ok(Hint::Killed { signal })) => {
                watch.outside_signal = Some((Instant::now(), signal));
                None
            }
            Some(Ok(Hint::OutOfMemory)) => {
                self.oom_kills += 1;
                let text = "the kernel killed a process of the container for want of memory";
                self.voice
                    .tell(Event::new(Kind::OutOfMemory, Priority::ERROR, text));
                None
            }
            Some(Ok(Hint::Paused)) => self.step(Happening::Paused, watch, None),
            Some(Ok(Hint::Unpaused)) => self.step(Happening::Unpaused, watch, None),
            // The wait tells the same with more certainty.
            Some(Ok(Hint::Started | Hint::Died | Hint::Removed)) => None,
            Some(Err(_)) | None => {
                // The wait notices a lost daemon too; without this the ended stream would spin.
                watch.hints = stream::pending().boxed();
                None
            }
        }
    }

    async fn look(&mut self, watch: &mut Watch) -> Option<Ending> {
        let docker = self.docker.clone()?;
        match docker.inspect(&watch.id).await {
            Ok(Some(seen)) if seen.running => {
                self.measure(seen.pid);
                memory::give_back_code();
                None
            }
            Ok(Some(_)) => self.settle(watch).await,
            Ok(None) => Some(Ending::Ended(Ender::RemovedOutside)),
            // The link is already finding its way back.
            Err(_) => None,
        }
    }
}

impl Watch {
    fn over(start: &Start, docker: &Docker, service: &Service) -> Watch {
        let age = if start.adopted { OLD } else { Duration::ZERO };
        let network = service.public_network.clone();
        let (checks, verdicts) = Checks::start(
            docker.clone(),
            &start.id,
            network,
            age,
            service.health.as_ref(),
            &service.monitors,
        );
        Watch {
            id: start.id.clone(),
            phase: Phase::Proving,
            checks,
            verdicts,
            since: Instant::now(),
            hints: docker.hints(&start.id).boxed(),
            link: link::wait(docker.clone(), start.id.clone()).boxed(),
            look: interval(LOOK),
            outside_signal: None,
        }
    }
}

async fn heard(proxy: Option<&mut Proxy>) -> Vec<Note> {
    match proxy {
        // A broken socket stays broken; the check then fails by its own limit.
        Some(proxy) => match proxy.next().await {
            Ok(notes) => notes,
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
