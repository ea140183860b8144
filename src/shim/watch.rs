//! The watch over a running container: checks, docker's hints, its end, reloads, the pulse.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, interval, sleep_until};

use super::begin::Start;
use super::checks::{Checks, Verdict};
use super::end::Ending;
use super::link::{self, Fate};
use super::outside::Signal;
use super::pulse::Pulse;
use super::{Shim, spoken};
use crate::decide::exit::Ender;
use crate::decide::exit::ender::Daemon;
use crate::decide::life::{Happening, Phase};
use crate::decide::membership::Moment;
use crate::host::docker::events::Hint;
use crate::host::docker::{Docker, Error};
use crate::host::notify::proxy::{Note, Proxy};
use crate::host::{memory, process, signals};
use crate::model::check::{Check, Probe};
use crate::model::delivery::Delivery;
use crate::model::event::{Event, Kind};
use crate::model::observed::Container;
use crate::model::service::Service;

/// Inspect is the truth, events are hints: how often the truth is asked when nothing hints.
const LOOK: Duration = Duration::from_secs(15);
/// How long docker may take to tell of an end the kernel has told.
pub(super) const UNNOTICED: Duration = Duration::from_secs(5);
/// The age an adopted container counts as: past any `start_period`.
const OLD: Duration = Duration::from_secs(10 * 365 * 86_400);

pub(super) type Hints = BoxStream<'static, Result<Hint, Error>>;
type Link = Pin<Box<dyn Future<Output = Fate> + Send>>;

/// What the watch holds while the container runs.
pub(super) struct Watch {
    pub(super) id: String,
    pub(super) phase: Phase,
    pub(super) checks: Checks,
    pub(super) since: Instant,
    /// Not shown to work since its start, its restart or its thaw; monitors wait for that.
    pub(super) proving: bool,
    /// Docker froze it; nothing is asked meanwhile.
    pub(super) paused: bool,
    /// Checks that make it unready now, with what they said.
    pub(super) failing: BTreeMap<String, String>,
    /// What the health check said last.
    pub(super) last: Option<String>,
    pub(super) verdicts: mpsc::Receiver<Verdict>,
    pub(super) hints: Hints,
    /// The hints ended before the container did.
    pub(super) deaf: bool,
    /// When somebody else's signal was sent through docker that is meant to end it.
    pub(super) outside: Option<Signal>,
    /// As docker wrote it; another one is another life of the container.
    pub(super) started_at: String,
    /// How old it was when the watch began.
    age: Duration,
    link: Link,
    /// The first process of an instance's container, and its end: told by the kernel, it comes before
    /// docker's word, and also while docker is away.
    pub(super) pid: i64,
    pub(super) death: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// That end was heard of, and docker has not told it yet.
    pub(super) dead: bool,
    /// The way back to the daemon is being looked for.
    pub(super) lost: bool,
    look: Interval,
}

enum News {
    Death,
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
        if self.announced {
            // A binary that took over from another: systemd waits for nothing any more.
            watch.phase = Phase::Unready;
        }
        if start.adopted && spoken::remembers(&self.site, &start.id) {
            watch.checks.hear(&Note::Ready);
        }
        self.show(&watch);
        loop {
            let news = pulse.alongside(self.news(&mut watch, reload)).await;
            // Docker may take its time to answer; the watchdog is not to suffer for it.
            if let Some(ending) = pulse.alongside(self.take(news, &mut watch)).await {
                return ending;
            }
        }
    }

    async fn news(&mut self, watch: &mut Watch, reload: &mut signals::Reload) -> News {
        let proven = watch.since + self.service.success;
        let by_time = self.service.health.is_none() && watch.is_quiet();
        tokio::select! {
            () = &mut watch.death => News::Death,
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
            News::Death => {
                if watch.dead {
                    return self.unnoticed(watch).await;
                }
                watch.mourn();
                self.move_instance(Moment::Died);
                None
            }
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
                // Without the memory a restarted shim only waits for the next word.
                let _ = spoken::remember(&self.site, &watch.id, &notes);
                for note in notes {
                    watch.checks.hear(&note);
                }
                None
            }
        }
    }

    async fn fate(&mut self, fate: Fate, watch: &mut Watch) -> Option<Ending> {
        match fate {
            Fate::Exited(code) => {
                self.move_instance(Moment::Died);
                self.code = Some(code);
                self.settle(watch).await
            }
            Fate::Gone => Some(Ending::Ended(Ender::RemovedOutside)),
            Fate::Lost(why) => {
                self.lost(&why, watch);
                None
            }
            Fate::StayedAway => Some(Ending::Ended(Ender::DaemonLost(self.service.daemon_grace))),
            Fate::Back(_, None) => Some(Ending::Ended(Ender::RemovedOutside)),
            Fate::Back(docker, Some(seen)) => self.found_again(docker, &seen, watch).await,
        }
    }

    /// The daemon went away; the container may well run on.
    fn lost(&mut self, why: &str, watch: &mut Watch) {
        self.voice.warn(
            Kind::DockerLost,
            format!("docker went away, the container's state is unknown: {why}"),
        );
        self.voice.status(&format!("docker unreachable: {why}"));
        watch.lost = true;
        watch.ask(&self.service);
        watch.hints = stream::pending().boxed();
        watch.link = link::reconnect(watch.id.clone(), self.service.daemon_grace).boxed();
    }

    async fn found_again(
        &mut self,
        docker: Docker,
        seen: &Container,
        watch: &mut Watch,
    ) -> Option<Ending> {
        self.docker = Some(docker.clone());
        watch.lost = false;
        watch.ask(&self.service);
        let text = match seen.running {
            true => "docker is back",
            false => "docker is back; the container ended while it was away",
        };
        self.voice.info(Kind::DockerBack, text);
        if !seen.running {
            self.move_instance(Moment::Died);
            return Some(Ending::Ended(self.ender(Daemon::WasAway, watch)));
        }
        if let Ok(daemon) = docker.daemon().await {
            self.live_restore = daemon.live_restore;
        }
        self.place_instance(seen).await;
        self.hold(&docker, watch).await;
        self.compare(seen, watch).await
    }

    /// Takes hold of the running container again: its log from where it was left, its events, its end.
    pub(super) async fn hold(&mut self, docker: &Docker, watch: &mut Watch) {
        if let Some(carrier) = &self.carrier {
            carrier.docker_back().await;
        }
        watch.listen(docker);
        watch.link = link::wait(docker.clone(), watch.id.clone()).boxed();
        self.show(watch);
    }

    async fn look(&mut self, watch: &mut Watch) -> Option<Ending> {
        if watch.lost {
            return None;
        }
        let docker = self.docker.clone()?;
        match docker.inspect(&watch.id).await {
            Ok(Some(seen)) if seen.running => {
                self.measure(seen.pid);
                memory::give_back_code();
                self.place_instance(&seen).await;
                if watch.deaf {
                    watch.listen(&docker);
                }
                self.compare(&seen, watch).await
            }
            Ok(Some(_)) => {
                self.move_instance(Moment::Died);
                self.settle(watch).await
            }
            Ok(None) => Some(Ending::Ended(Ender::RemovedOutside)),
            Err(why) => {
                self.lost(&why.to_string(), watch);
                None
            }
        }
    }

    pub(super) fn lose(&mut self, why: &Error, watch: &mut Watch) -> Option<Ending> {
        self.lost(&why.to_string(), watch);
        None
    }
}

impl Watch {
    fn over(start: &Start, docker: &Docker, service: &Service) -> Watch {
        let age = if start.adopted { OLD } else { Duration::ZERO };
        let network = service.public_network.clone();
        let health = service.health.as_ref().filter(|_| !start.paused);
        let (checks, verdicts) =
            Checks::start(docker.clone(), &start.id, network, age, health, &[]);
        Watch {
            id: start.id.clone(),
            phase: Phase::Proving,
            checks,
            since: Instant::now(),
            proving: true,
            paused: start.paused,
            failing: BTreeMap::new(),
            last: None,
            verdicts,
            hints: docker.hints(&start.id).boxed(),
            deaf: false,
            outside: None,
            started_at: String::new(),
            age,
            link: link::wait(docker.clone(), start.id.clone()).boxed(),
            pid: 0,
            death: Box::pin(std::future::pending()),
            dead: false,
            lost: false,
            look: interval(LOOK),
        }
    }

    /// Nothing but time stands between it and being ready.
    fn is_quiet(&self) -> bool {
        self.phase != Phase::Ready && !self.paused && self.failing.is_empty()
    }

    /// Asks what is to be asked now: nothing while frozen, monitors once it has shown to work (one
    /// that fails during the start would have told its one change to nobody), and while docker is
    /// away only what does not go through it.
    pub(super) fn ask(&mut self, service: &Service) {
        if self.paused {
            return self.checks.replace(None, &[]);
        }
        let monitors = match self.proving {
            true => &[],
            false => service.monitors.as_slice(),
        };
        let may = |it: &Check| !self.lost || !through_docker(&it.probe);
        let health = service.health.as_ref().filter(|it| may(it));
        let monitors: Vec<_> = monitors.iter().filter(|it| may(it)).cloned().collect();
        self.checks.replace(health, &monitors);
    }

    /// Lets it prove itself from the beginning; what was said of the time before counts no more.
    pub(super) fn prove_anew(&mut self, service: &Service, age: Duration) {
        self.proving = true;
        self.failing.clear();
        self.last = None;
        self.checks.replace(None, &[]);
        while self.verdicts.try_recv().is_ok() {}
        self.checks.restarted(&self.id, age);
        self.ask(service);
    }

    pub(super) fn age(&self) -> Duration {
        self.age + self.since.elapsed()
    }

    /// Its life begins now.
    pub(super) fn reborn(&mut self) {
        self.since = Instant::now();
        self.age = Duration::ZERO;
    }

    /// Looks out for the end of the container's first process.
    pub(super) fn attend(&mut self, pid: i64) {
        if pid > 0 && pid != self.pid {
            self.pid = pid;
            self.dead = false;
            self.death = Box::pin(async move {
                if process::gone(pid).await.is_err() {
                    // Docker tells as well, a little later.
                    std::future::pending::<()>().await;
                }
            });
        }
    }

    /// Docker has a while to tell the end that the kernel has told.
    fn mourn(&mut self) {
        self.dead = true;
        self.death = Box::pin(tokio::time::sleep(UNNOTICED));
    }

    /// Whether the container's first process is known to have ended, asked of the kernel right now: word of it
    /// and a check's verdict may be there at the same time, in any order.
    pub(super) fn has_ended(&mut self) -> bool {
        if !self.dead && self.death.as_mut().now_or_never().is_some() {
            self.mourn();
        }
        self.dead
    }

    fn listen(&mut self, docker: &Docker) {
        self.hints = docker.hints(&self.id).boxed();
        self.deaf = false;
    }
}

fn through_docker(probe: &Probe) -> bool {
    match probe {
        Probe::Present | Probe::Exec(_) => true,
        Probe::Tcp { .. } | Probe::Http(_) | Probe::Host(_) | Probe::Notify => false,
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
