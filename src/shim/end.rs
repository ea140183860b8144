//! The end: container stopped, its last line read, its exit explained, nothing left behind.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::checks::Verdict;
use super::membership::LAST_ARRIVALS;
use super::{Shim, spoken};
use crate::decide::exit::{self, Asked, End, Ender, Memory};
use crate::decide::membership::Moment;
use crate::host::docker::{Docker, Error};
use crate::host::{files, notify};
use crate::model::check::Answer;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::observed::Container;

/// What reading the last lines and removing the container may take after the container is down.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// The longest the rest of the log is waited for.
const LAST_LINES: Duration = Duration::from_secs(10);
/// How often a daemon that does not answer is asked again to stop the container.
const STOP_RETRY: Duration = Duration::from_secs(1);
/// Lines of the container's log in a failure report.
const REPORT_LINES: usize = 20;

/// Exit codes of the unit that are not the container's own.
const REFUSED: u8 = 1;
const BAD_DEFINITION: u8 = 78;

/// Why the shim stops watching.
#[derive(Debug)]
pub(super) enum Ending {
    /// SIGTERM: systemd, or somebody at a terminal.
    Asked,
    /// The container ended, or nobody can tell any more.
    Ended(Ender),
    /// A check with `on_failure: restart` failed for good.
    Check { name: String, answer: Box<Answer> },
    /// There is no container to end: the start was refused.
    Refused {
        exit: u8,
        message: String,
        next: String,
    },
}

impl Ending {
    pub(super) fn away(why: &Error) -> Ending {
        let next =
            "start docker: systemctl start docker; systemctl status docker tells why it is down";
        Ending::Refused {
            exit: exit::DOCKER_AWAY,
            message: why.to_string(),
            next: next.to_owned(),
        }
    }

    /// What a restart will not cure: the unit stays down until somebody changes something.
    pub(super) fn bad(message: String) -> Ending {
        let next = "correct the definition, then start the unit again".to_owned();
        Ending::Refused {
            exit: BAD_DEFINITION,
            message,
            next,
        }
    }

    /// What a restart may cure.
    pub(super) fn failed(message: String) -> Ending {
        let next = "systemd tries again; `wharf doctor` looks for the cause".to_owned();
        Ending::Refused {
            exit: REFUSED,
            message,
            next,
        }
    }

    pub(super) fn pull(image: &str, why: &Error) -> Ending {
        let why = why.to_string();
        let shut = ["unauthorized", "denied", "no basic auth"];
        let next = match shut.iter().any(|it| why.contains(it)) {
            true => {
                "log in on this host (docker login REGISTRY), or hand docker's config.json to the unit: \
                 LoadCredential=registry.json:PATH"
            }
            false => "systemd tries again; `docker pull` by hand shows more",
        };
        Ending::Refused {
            exit: REFUSED,
            message: format!("cannot pull image {image}: {why}"),
            next: next.to_owned(),
        }
    }

    pub(super) fn check(verdict: &Verdict) -> Ending {
        Ending::Check {
            name: verdict.check.clone(),
            answer: Box::new(verdict.answer.clone()),
        }
    }

    /// A revision that is still to show what it is worth has ended.
    pub(super) fn on_probation(revision: &str, why: Option<String>) -> Ending {
        let why = why.map(|it| format!(" ({it})")).unwrap_or_default();
        Ending::Refused {
            exit: BAD_DEFINITION,
            message: format!(
                "revision {revision} ended while it was on probation{why}: it is not started again by itself"
            ),
            next: "the manager goes back to the revision before; `wharf roll` tries this one again"
                .to_owned(),
        }
    }

    pub(super) fn stranger(name: &str, id: &str, image: &str) -> Ending {
        let short = id.get(..12).unwrap_or(id);
        Ending::Refused {
            exit: BAD_DEFINITION,
            message: format!(
                "the name {name} belongs to container {short} of image {image}, which is not ours"
            ),
            next: format!(
                "rename it (docker rename {name} OTHER) or remove it (docker rm {name}), or give the service another name"
            ),
        }
    }

    /// Docker took the name or the request badly.
    pub(super) fn create(why: &Error) -> Ending {
        match why {
            Error::Away { .. } => Ending::away(why),
            Error::Refused(_) => Ending::bad(format!("docker does not take the container: {why}")),
            Error::NotFound(_) | Error::Conflict(_) | Error::Other(_) => {
                Ending::failed(format!("cannot create the container: {why}"))
            }
        }
    }

    pub(super) fn start(why: &Error) -> Ending {
        match why {
            Error::Away { .. } => Ending::away(why),
            Error::Refused(_) | Error::NotFound(_) | Error::Conflict(_) | Error::Other(_) => {
                Ending::failed(format!("cannot start the container: {why}"))
            }
        }
    }
}

impl Shim {
    /// Ends what runs, says why, leaves nothing behind; returns the unit's exit code.
    pub(super) async fn end(&mut self, ending: Ending) -> u8 {
        let _ = notify::stopping();
        let ender = match ending {
            Ending::Refused {
                exit,
                message,
                next,
            } => return self.refuse(exit, message, next).await,
            Ending::Asked => {
                if self.move_instance(Moment::Stopping) {
                    sleep(LAST_ARRIVALS).await;
                }
                self.find_started().await;
                Ender::Stop(self.stop_container("stopping").await)
            }
            Ending::Check { name, answer } => {
                let why = format!("stopping: check {name} failed: {}", answer.summary);
                self.move_instance(Moment::Stopping);
                Ender::Check {
                    name,
                    asked: self.stop_container(&why).await,
                }
            }
            Ending::Ended(ender) => ender,
        };
        if self.container.is_none() {
            let text = "asked to stop before there was a container";
            self.say(Event::new(Kind::Exited, Priority::INFO, text), Vec::new());
            self.forget_record();
            self.clean_up().await;
            return 0;
        }
        if matches!(ender, Ender::DaemonLost(_)) {
            // Nobody answers; what runs is adopted by the next start or removed by `wharf reap`.
            self.docker = None;
        }
        if !matches!(ender, Ender::DaemonLost(_)) {
            self.move_instance(Moment::Died);
        }
        let asked = matches!(ender, Ender::Stop(_));
        let early = !self.announced && ender == Ender::Itself;
        let seen = self.last_look().await;
        let (lines, mut verdict) = (self.last_lines().await, self.verdict(ender, seen.as_ref()));
        if early {
            verdict.event.message.push_str(", before it was ready");
        }
        let sentence = verdict.event.message.clone();
        self.say(verdict.event, if asked { Vec::new() } else { lines });
        match asked {
            true => self.forget_record(),
            false => self.record(false, Some(sentence)),
        }
        self.clean_up().await;
        verdict.exit
    }

    async fn refuse(&mut self, exit: u8, message: String, next: String) -> u8 {
        let lines = self.last_lines().await;
        self.disinherit();
        self.record(false, Some(message.clone()));
        let event = Event::new(Kind::Failed, Priority::ERROR, message)
            .with("exit", exit)
            .with("next", next);
        self.say(event, lines);
        self.clean_up().await;
        exit
    }

    fn say(&mut self, event: Event, lines: Vec<String>) {
        self.voice.status(&event.message);
        let event = if lines.is_empty() {
            event
        } else {
            event.with("last_lines", lines)
        };
        self.voice.tell(event);
    }

    /// Stops the container within its grace, asking systemd for as long as that takes.
    async fn stop_container(&mut self, why: &str) -> Asked {
        let grace = self.service.stop.timeout;
        let signal = self.service.stop.signal.clone();
        let _ = notify::extend(grace + AFTERWARDS);
        self.voice.status(why);
        let mut killed = false;
        if let (Some(docker), Some(id)) = (self.docker.clone(), self.container.clone()) {
            self.voice.info(Kind::Stopping, why);
            let took = stop(&docker, &id, signal.as_deref(), grace).await;
            killed = took.is_some_and(|it| it >= grace);
        }
        Asked {
            signal: signal.unwrap_or_else(|| "SIGTERM".to_owned()),
            grace,
            killed,
        }
    }

    /// A start that was cut short may have left a container it had not yet taken for its own.
    async fn find_started(&mut self) {
        if let (Some(docker), None) = (&self.docker, &self.container) {
            let found = self.found(docker).await.unwrap_or_default();
            self.container = found.into_iter().next().map(|it| it.id);
        }
    }

    async fn last_look(&self) -> Option<Container> {
        let (docker, id) = (self.docker.as_ref()?, self.container.as_ref()?);
        docker.inspect(id).await.ok().flatten()
    }

    fn verdict(&self, ender: Ender, seen: Option<&Container>) -> exit::Verdict {
        let limit = self.service.limits.memory.or(self.service.container.memory);
        exit::verdict(&End {
            code: seen
                .filter(|it| !it.running)
                .map(|it| it.exit_code)
                .or(self.code),
            oom_killed: seen.is_some_and(|it| it.oom_killed),
            oom_kills: Some(self.oom_kills).filter(|it| *it > 0),
            memory: Memory {
                limit,
                peak: self.usage.peak,
            },
            ender,
        })
    }

    /// Reads the log to its end and returns its last lines for the report.
    async fn last_lines(&mut self) -> Vec<String> {
        let Some(carrier) = self.carrier.take() else {
            return Vec::new();
        };
        carrier.finish(LAST_LINES).await;
        while let Some(event) = self.log_events.try_next() {
            self.voice.tell(event);
        }
        self.report_lines(REPORT_LINES).await
    }

    async fn clean_up(&mut self) {
        let gone = match (&self.docker, self.container.take()) {
            (Some(docker), Some(id)) => docker.remove(&id).await.map_err(|it| it.to_string()),
            (None, Some(_)) => Err("docker does not answer".to_owned()),
            (_, None) => Ok(()),
        };
        match gone {
            Ok(()) => {
                files::remove_folder(&self.site.runtime.join("secrets"));
                // What is not there need not be forgotten.
                let _ = spoken::forget(&self.site);
            }
            // ExecStopPost= and the next start try again by label.
            Err(why) => self
                .voice
                .warn(Kind::Failed, format!("cannot remove the container: {why}")),
        }
    }
}

/// Returns how long the container took to be down, None when it is not known to be; tries again while
/// the daemon does not answer.
async fn stop(
    docker: &Docker,
    id: &str,
    signal: Option<&str>,
    grace: Duration,
) -> Option<Duration> {
    let until = Instant::now() + grace + AFTERWARDS;
    // A frozen container takes no signal.
    if docker
        .inspect(id)
        .await
        .ok()
        .flatten()
        .is_some_and(|it| it.paused)
    {
        let _ = docker.unpause(id).await;
    }
    loop {
        // From the try that worked: while docker is away the container knows of no stop.
        let since = Instant::now();
        match docker.stop(id, signal, grace).await {
            Ok(()) | Err(Error::NotFound(_)) => return Some(since.elapsed()),
            Err(Error::Refused(_)) if signal.is_some() => {
                docker.kill(id, "SIGKILL").await.ok()?;
                return Some(since.elapsed());
            }
            Err(_) if Instant::now() < until => tokio::time::sleep(STOP_RETRY).await,
            Err(_) => return None,
        }
    }
}
