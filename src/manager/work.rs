//! What takes time, done beside the looks: bringing an image, starting a unit, probing, hinting.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Manager;
use super::wants::Known;
use crate::decide::{exit, expect, instance};
use crate::host::docker::{Docker, Error};
use crate::host::{bus::Bus, disk, notify, probe};
use crate::model::check::{Answer, Ask, Order, Probe, StatusRange};
use crate::model::job::JobOutcome;
use crate::model::revision::InstanceName;
use crate::model::rollout::{Drain, Hint, Report};
use crate::model::scene::{Goal, Scene};
use crate::model::step::Step;

/// Free bytes on docker's file system below which nothing new is begun there.
const ROOM: u64 = 128 << 20;
const DOCKER_ROOT: &str = "/var/lib/docker";
/// systemd is given this much longer at each sign of progress.
const PATIENCE: Duration = Duration::from_secs(60);
/// Requests through the service address until it counts as unanswered: the first may meet a route
/// that is being made.
const PROBES: u32 = 3;
const PROBE_LIMIT: Duration = Duration::from_secs(5);
const PROBE_PAUSE: Duration = Duration::from_millis(300);
const HINT_LIMIT: Duration = Duration::from_secs(5);

/// How a work ended.
pub(super) enum Ended {
    Well,
    /// The revision is to be given up.
    Failed(Box<Report>),
    /// Nothing is said about the revision: docker or systemd were away.
    Later(String),
}

pub(super) struct Work {
    task: JoinHandle<Ended>,
}

impl Work {
    /// Begins the work of a step.
    ///
    /// # Errors
    /// The step's instance or revision cannot be read.
    pub(super) async fn for_step(
        manager: &mut Manager,
        step: &Step,
        scene: &Scene,
    ) -> io::Result<Work> {
        let task = match step {
            Step::Prepare(revision) => {
                let known = manager.known(revision).await.map_err(io::Error::other)?;
                tokio::spawn(prepare(known))
            }
            Step::Start(name) => {
                manager.forewarn(scene)?;
                let unit = name.unit(&manager.service);
                let limit = deadline(scene);
                tokio::spawn(start(manager.bus.clone(), unit, limit))
            }
            Step::Probe(revision) => {
                let known = manager.known(revision).await.map_err(io::Error::other)?;
                let address = manager.fronts()?.addresses()[0].at;
                tokio::spawn(through(known, address))
            }
            Step::Hint(name) => {
                let known = manager.known(&name.revision).await;
                let hint = match known.map_err(io::Error::other)?.rollout().drain.clone() {
                    Drain::Lame(hint) => Some(hint),
                    Drain::TermFirst | Drain::WaitFirst => None,
                };
                let container = name.container(&manager.service);
                let at = manager.sight.at.get(name).copied();
                tokio::spawn(tell(container, at, hint))
            }
            Step::Open
            | Step::Admit(_)
            | Step::Swap { .. }
            | Step::Watch(_)
            | Step::Prove(_)
            | Step::Fail(..)
            | Step::Stop(_)
            | Step::Remove(_)
            | Step::Sweep(_)
            | Step::Forget(_)
            | Step::Close
            | Step::Wait(_)
            | Step::Done(_) => return Err(io::Error::other("this step takes no time")),
        };
        Ok(Work { task })
    }

    /// Returns how it ended, once it has.
    pub(super) async fn ended(&mut self) -> Option<Ended> {
        if !self.task.is_finished() {
            return None;
        }
        let ended = (&mut self.task).await;
        Some(ended.unwrap_or_else(|why| Ended::Later(why.to_string())))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn deadline(scene: &Scene) -> Duration {
    match &scene.goal {
        Goal::Serve(target) => target.rollout.deadline,
        Goal::Keep | Goal::Withdraw(_) => Duration::ZERO,
    }
}

/// The image here by its digest, and room for what it will write.
async fn prepare(known: Arc<Known>) -> Ended {
    let docker = match Docker::connect().await {
        Ok(docker) => docker,
        Err(why) => return Ended::Later(why.to_string()),
    };
    match disk::free(Path::new(DOCKER_ROOT)) {
        Ok(free) if free < ROOM => {
            let what = format!(
                "no space left for docker: {} MiB free below {DOCKER_ROOT}, {} MiB needed",
                free >> 20,
                ROOM >> 20
            );
            return failed(what, "docker system df");
        }
        // Docker keeps its files elsewhere; it says itself when it cannot write.
        Ok(_) | Err(_) => {}
    }
    let image = known.service.container.image.clone();
    // An image that came from no registry is known here by its id alone.
    for name in [Some(image.as_str()), instance::image_id(&image)]
        .into_iter()
        .flatten()
    {
        match docker.image_id(name).await {
            Ok(Some(_)) => return Ended::Well,
            Ok(None) => {}
            Err(why) => return Ended::Later(why.to_string()),
        }
    }
    let pulled = docker.pull(&image, |_| {
        let _ = notify::extend(PATIENCE);
    });
    match pulled.await {
        Ok(()) => Ended::Well,
        Err(why @ Error::Away { .. }) => Ended::Later(why.to_string()),
        Err(why) => failed(
            format!("cannot pull {image}: {why}"),
            "docker pull by hand shows more",
        ),
    }
}

fn failed(what: String, next: &str) -> Ended {
    Ended::Failed(Box::new(Report {
        what,
        stage: "preflight".into(),
        next: next.into(),
        ..Report::default()
    }))
}

/// The verdict on a start is its job's, not the unit's state.
async fn start(bus: Bus, unit: String, limit: Duration) -> Ended {
    match bus.start(&unit, limit).await {
        Ok(JobOutcome::Done | JobOutcome::Skipped) => Ended::Well,
        Ok(JobOutcome::Canceled) => Ended::Later(format!("the start of {unit} was called off")),
        Ok(outcome) => Ended::Failed(Box::new(Report {
            what: format!("{unit} did not start: {outcome}"),
            stage: "start".into(),
            unit: Some(unit),
            ..Report::default()
        })),
        Err(why) => Ended::Later(why.to_string()),
    }
}

/// The health check's own question, asked through the service address; else a connection.
async fn through(known: Arc<Known>, address: SocketAddr) -> Ended {
    let mut last = None;
    for _ in 0..PROBES {
        let answer = ask(&known, address).await;
        if answer.good {
            return Ended::Well;
        }
        last = Some(answer);
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    let said = last
        .as_ref()
        .map(|it| it.summary.clone())
        .unwrap_or_default();
    Ended::Failed(Box::new(Report {
        what: format!("no good answer through the service address {address}: {said}"),
        stage: "swap".into(),
        answer: last.map(|it| it.detail),
        next: "`wharf doctor` looks at the balancer's settings".into(),
        ..Report::default()
    }))
}

async fn ask(known: &Known, address: SocketAddr) -> Answer {
    let host = address.ip().to_string();
    let health = known.service.health.as_ref().map(|it| &it.probe);
    if let Some(Probe::Http(ask)) = health {
        let ask = Ask {
            port: address.port(),
            host: None,
            ..(**ask).clone()
        };
        // What the body has to be was asked of the instance itself; here the way to it is in question.
        let ask = Ask {
            expected_body: None,
            ..ask
        };
        let met = probe::http(&ask, &host, PROBE_LIMIT).await;
        return expect::http(&ask, &probe::url(&ask, &host), met, None, Duration::ZERO);
    }
    let met = probe::tcp(&host, address.port(), PROBE_LIMIT).await;
    expect::tcp(&address.to_string(), met, Duration::ZERO)
}

async fn tell(container: String, at: Option<SocketAddr>, hint: Option<Hint>) -> Ended {
    // What the old one does with it is its own affair: drained it is either way.
    let _ = tokio::time::timeout(HINT_LIMIT, hinted(&container, at, hint)).await;
    Ended::Well
}

async fn hinted(container: &str, at: Option<SocketAddr>, hint: Option<Hint>) -> Result<(), String> {
    let docker = Docker::connect().await.map_err(|it| it.to_string())?;
    match (hint, at) {
        (Some(Hint::Signal(signal)), _) => docker
            .kill(container, &signal)
            .await
            .map_err(|it| it.to_string()),
        (Some(Hint::Exec(argv)), _) => {
            let order = Order::new(argv);
            let (ran, _) = docker.exec(container, &order, None, HINT_LIMIT).await;
            ran.map(drop).map_err(|it| it.to_string())
        }
        (Some(Hint::Http(path)), Some(at)) => {
            let answer =
                probe::http(&post(path, at.port()), &at.ip().to_string(), HINT_LIMIT).await;
            answer.map(drop).map_err(|it| it.to_string())
        }
        (Some(Hint::Http(_)) | None, _) => Ok(()),
    }
}

fn post(path: String, port: u16) -> Ask {
    Ask {
        https: false,
        host: None,
        port,
        path,
        method: "POST".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        status: StatusRange { from: 200, to: 299 },
        expected_body: None,
        verify: false,
    }
}

impl Manager {
    /// Takes in what ended since the last look.
    pub(super) async fn gather(&mut self) -> io::Result<()> {
        let steps: Vec<Step> = self.works.keys().cloned().collect();
        for step in steps {
            let ended = match self.works.get_mut(&step) {
                Some(work) => work.ended().await,
                None => None,
            };
            if let Some(ended) = ended {
                self.works.remove(&step);
                self.take(&step, ended).await?;
            }
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step, ended: Ended) -> io::Result<()> {
        match ended {
            Ended::Well => self.settle(step),
            Ended::Later(why) => {
                self.later(&why).await;
                Ok(())
            }
            Ended::Failed(report) => self.take_failure(step, *report).await,
        }
    }

    fn settle(&mut self, step: &Step) -> io::Result<()> {
        if let Step::Prepare(revision) = step {
            self.trace.prepared.push(revision.clone());
        } else if let Step::Hint(name) = step {
            self.trace.hinted.push(name.clone());
        } else if let (Step::Probe(_), Some(trial)) = (step, &mut self.trace.trial) {
            trial.probed = true;
        }
        self.ledger.set_trace(&self.trace)
    }

    async fn take_failure(&mut self, step: &Step, report: Report) -> io::Result<()> {
        if let Step::Start(name) = step {
            return self.start_failed(name).await;
        }
        if let Step::Prepare(revision) | Step::Probe(revision) = step {
            let report = super::report::finished(report);
            return self.give_up(revision, report).await;
        }
        Ok(())
    }

    /// Docker being away says nothing about a revision, and a proven one is tried again.
    async fn start_failed(&mut self, name: &InstanceName) -> io::Result<()> {
        let proven = self.is_proven(&name.revision);
        let away = self.exit_status(name).await == Some(i32::from(exit::DOCKER_AWAY));
        if away {
            self.later("docker is away").await;
        } else if !proven && !self.refused.contains(name) {
            self.refused.push(name.clone());
        }
        Ok(())
    }
}
