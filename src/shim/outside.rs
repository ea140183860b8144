//! What somebody else does to the container through docker: stops, restarts, removals, pauses.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep, timeout};

use super::end::Ending;
use super::watch::{UNNOTICED, Watch};
use super::{Shim, spoken};
use crate::decide::exit::ender::{Daemon, Heard, ender};
use crate::decide::exit::{Ender, signal};
use crate::decide::life::Happening;
use crate::host::docker::events::Hint;
use crate::host::docker::{Docker, Error};
use crate::host::notify::proxy::Note;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::observed::Container;

/// How long a `docker restart` may take to bring the container back once it is down.
const RESTART_GRACE: Duration = Duration::from_secs(2);
/// `docker kill` is half of nothing; `docker rm --force` begins with it.
const REMOVE_GRACE: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(50);
/// The event that tells who ended a container comes a moment after the end itself.
const HEAR_OUT: Duration = Duration::from_millis(300);
/// A docker that does not take a new call for so long is taken for one that is going: it answers the
/// calls under way meanwhile.
const DOOR: Duration = Duration::from_secs(2);
/// The end of a connection is known at once; another docker needs longer than this to begin.
const END_TOLD: Duration = Duration::from_millis(100);
/// A container that ends so long after somebody's stop signal has ended for its own reasons.
const SIGNAL_LASTS: Duration = Duration::from_secs(120);

/// Signals that are sent to end a program: INT, QUIT, ABRT, KILL and TERM. HUP mostly means "reload".
const ENDING: [u8; 5] = [2, 3, 6, KILL, 15];
const KILL: u8 = 9;

/// Somebody else's stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signal {
    at: Instant,
    /// SIGKILL alone; after another signal it is the second half of a stop.
    kill: bool,
}

impl Shim {
    pub(super) fn hint(
        &mut self,
        hint: Option<Result<Hint, Error>>,
        watch: &mut Watch,
    ) -> Option<Ending> {
        match hint {
            Some(Ok(Hint::Killed { signal })) => {
                self.note_signal(&signal, watch);
                None
            }
            Some(Ok(Hint::OutOfMemory)) => {
                self.oom_kills += 1;
                // The peak of the last look was before what happened; better none than that one.
                self.usage.peak = self.cgroup.as_ref().and_then(|it| it.read().peak);
                let text = "the kernel killed a process of the container for want of memory";
                self.voice
                    .tell(Event::new(Kind::OutOfMemory, Priority::ERROR, text));
                None
            }
            Some(Ok(Hint::Paused)) => self.frozen(true, watch),
            Some(Ok(Hint::Unpaused)) => self.frozen(false, watch),
            // The wait tells the same with more certainty.
            Some(Ok(Hint::Started | Hint::Died | Hint::Removed)) => None,
            Some(Err(_)) | None => {
                // The wait notices a lost daemon too; without this the ended stream would spin.
                watch.deafen();
                None
            }
        }
    }

    fn note_signal(&self, sent: &str, watch: &mut Watch) {
        let Some(number) = signal::number(sent) else {
            return;
        };
        let own = self.service.stop.signal.as_deref().and_then(signal::number);
        if !ENDING.contains(&number) && own != Some(number) {
            return;
        }
        let before = watch.outside.filter(Signal::lasts);
        watch.outside = Some(Signal {
            at: Instant::now(),
            kill: number == KILL && before.is_none_or(|it| it.kill),
        });
    }

    /// The container ended. After somebody else's signal it may be on its way up again, or away.
    pub(super) async fn settle(&mut self, watch: &mut Watch) -> Option<Ending> {
        self.hear_out(watch).await;
        let outside = watch.outside.filter(Signal::lasts);
        let grace = match outside {
            None => Duration::ZERO,
            Some(it) if it.kill => REMOVE_GRACE,
            Some(_) => RESTART_GRACE,
        };
        let docker = self.docker.clone()?;
        let since = Instant::now();
        loop {
            match docker.inspect(&watch.id).await {
                Ok(Some(it)) if it.running => {
                    return self.restarted_outside(&docker, &it, watch).await;
                }
                Ok(Some(it)) if it.removing => {
                    return Some(Ending::Ended(Ender::RemovedOutside));
                }
                Ok(Some(_)) if since.elapsed() < grace => sleep(STEP).await,
                Ok(Some(_)) => {
                    let daemon = watch.door(outside).await;
                    return Some(Ending::Ended(self.ender(daemon, watch)));
                }
                Ok(None) => return Some(Ending::Ended(Ender::RemovedOutside)),
                Err(why) => return self.lose(&why, watch),
            }
        }
    }

    /// The container's process is gone and docker has not said so: with containerd and its shim killed
    /// at once, docker never does, and would show a container that runs for ever.
    pub(super) async fn unnoticed(&mut self, watch: &mut Watch) -> Option<Ending> {
        watch.death = Box::pin(sleep(UNNOTICED));
        if watch.lost {
            return None;
        }
        let docker = self.docker.clone()?;
        match docker.inspect(&watch.id).await {
            Ok(Some(seen)) if seen.running && seen.pid == watch.pid => {
                Some(Ending::Ended(Ender::Itself))
            }
            Ok(Some(_) | None) => None,
            Err(why) => self.lose(&why, watch),
        }
    }

    /// Who ended it, as far as docker's ways tell.
    pub(super) fn ender(&self, docker: Daemon, watch: &mut Watch) -> Ender {
        ender(Heard {
            signal: watch.outside.take().is_some_and(|it| it.lasts()),
            docker,
            live_restore: self.live_restore,
        })
    }

    /// Reads docker's events up to the container's death, which stands behind what led to it.
    async fn hear_out(&mut self, watch: &mut Watch) {
        let until = Instant::now() + HEAR_OUT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, watch.hints.next()).await {
                Ok(Some(Ok(Hint::Died | Hint::Removed))) | Err(_) => return,
                Ok(Some(Ok(hint @ (Hint::Killed { .. } | Hint::OutOfMemory)))) => {
                    self.hint(Some(Ok(hint)), watch);
                }
                Ok(Some(Ok(Hint::Started | Hint::Paused | Hint::Unpaused))) => {}
                Ok(Some(Err(_)) | None) => return watch.deafen(),
            }
        }
    }

    /// Acts on what an inspect shows and the events may have missed.
    pub(super) async fn compare(&mut self, seen: &Container, watch: &mut Watch) -> Option<Ending> {
        watch.attend(seen.pid);
        if watch.started_at.is_empty() {
            watch.started_at.clone_from(&seen.started_at);
        }
        if watch.started_at != seen.started_at {
            let docker = self.docker.clone()?;
            return self.restarted_outside(&docker, seen, watch).await;
        }
        self.frozen(seen.paused, watch)
    }

    async fn restarted_outside(
        &mut self,
        docker: &Docker,
        seen: &Container,
        watch: &mut Watch,
    ) -> Option<Ending> {
        self.voice.warn(
            Kind::RestartedOutside,
            "somebody restarted the container through docker: it must prove itself again",
        );
        watch.started_at.clone_from(&seen.started_at);
        watch.outside = None;
        (self.cgroup, self.oom_kills, self.code) = (None, 0, None);
        self.measure(seen.pid);
        self.place_instance(seen).await;
        watch.attend(seen.pid);
        // Its application will say again what it said before.
        let _ = spoken::forget(&self.site);
        watch.paused = seen.paused;
        watch.reborn();
        watch.prove_anew(&self.service, Duration::ZERO);
        self.hold(docker, watch).await;
        self.step(Happening::RestartedOutside, watch, None)
    }

    fn frozen(&mut self, paused: bool, watch: &mut Watch) -> Option<Ending> {
        if paused == watch.paused {
            return None;
        }
        watch.paused = paused;
        if paused {
            watch.ask(&self.service);
            return self.step(Happening::Paused, watch, None);
        }
        watch.prove_anew(&self.service, watch.age());
        if spoken::remembers(&self.site, &watch.id) {
            watch.checks.hear(&Note::Ready);
        }
        self.step(Happening::Unpaused, watch, None)
    }
}

impl Watch {
    /// Whether docker takes new calls, and is the one that was there before; only asked where a signal of
    /// docker's ended the container. systemd holds docker's socket: a call can be answered by the next
    /// docker, but the events end with the one they come from.
    async fn door(&mut self, outside: Option<Signal>) -> Daemon {
        if outside.is_none() {
            return Daemon::Stayed;
        }
        match timeout(DOOR, Docker::connect()).await {
            Ok(Ok(_)) if !self.events_ended().await => Daemon::Stayed,
            Ok(Ok(_) | Err(_)) | Err(_) => Daemon::Leaving,
        }
    }

    async fn events_ended(&mut self) -> bool {
        let until = Instant::now() + END_TOLD;
        while !self.deaf {
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, self.hints.next()).await {
                // What is heard now no longer changes what became of the container.
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => self.deafen(),
                Err(_) => return false,
            }
        }
        true
    }

    /// The events have ended.
    fn deafen(&mut self) {
        self.hints = stream::pending().boxed();
        self.deaf = true;
    }
}

impl Signal {
    fn lasts(&self) -> bool {
        self.at.elapsed() < SIGNAL_LASTS
    }
}
