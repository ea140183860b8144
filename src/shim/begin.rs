//! The beginning: docker reached, image here, leftovers settled, container created or adopted, started.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::end::Ending;
use super::logs::Carrier;
use super::{Shim, secrets, spoken};
use crate::decide::container::{self, Arrival, LABEL_SERVICE, LABEL_SPEC, Place};
use crate::decide::units::escape;
use crate::decide::{address, instance};
use crate::host::docker::image::Progress;
use crate::host::docker::{Docker, Error};
use crate::host::notify::{self, proxy::Proxy};
use crate::host::surroundings::Surroundings;
use crate::host::{files, surroundings};
use crate::model::container::{Mount, Setting};
use crate::model::event::Kind;
use crate::model::observed::{Container, Daemon};
use crate::model::service::Pull;

/// How long systemd is asked to go on waiting after each sign of progress.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries to reach the daemon.
const RETRY: Duration = Duration::from_millis(500);
/// Between two status lines of a pull.
const PULL_NEWS: Duration = Duration::from_secs(1);
/// A name may stay taken while docker removes its last holder; so many tries at one create.
const CREATE_TRIES: u32 = 10;

/// How the container came to be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) id: String,
    pub(super) adopted: bool,
    pub(super) paused: bool,
}

impl Shim {
    /// Brings the container up, or takes over the one that runs.
    pub(super) async fn begin(&mut self) -> Result<Start, Ending> {
        let name = self.owner.container();
        self.voice.status(&format!("starting {name}"));
        let docker = self.reach().await?;
        self.docker = Some(docker.clone());
        let daemon = docker.daemon().await.map_err(|it| Ending::away(&it))?;
        self.live_restore = daemon.live_restore;
        self.prepare()?;
        let holder = docker
            .inspect(&name)
            .await
            .map_err(|it| Ending::away(&it))?;
        let ours = self.found(&docker).await;
        let ours = ours.map_err(|it| Ending::away(&it))?;
        let mut arrival = container::arrival(&self.service, &self.owner, holder.as_ref(), &ours);
        // What a revision runs is the same for good; a changed environment file waits for a start.
        if self.site.reexecuted || self.instance.is_some() {
            arrival = container::keep_running(arrival, holder.as_ref(), &ours);
        }
        if matches!(arrival, Arrival::Create | Arrival::Replace { .. }) {
            self.begin_anew().await?;
        }
        match arrival {
            Arrival::Adopt { id, remove } => {
                self.clear(&docker, &remove).await?;
                self.adopt(&docker, id).await
            }
            Arrival::Stranger { id, image } => Err(Ending::stranger(&name, &id, &image)),
            Arrival::Create => self.fresh(&docker, &daemon).await,
            Arrival::Replace { remove } => {
                self.clear(&docker, &remove).await?;
                self.fresh(&docker, &daemon).await
            }
        }
    }

    /// Returns the containers that are ours by label.
    ///
    /// # Errors
    /// [`Error::Away`].
    pub(super) async fn found(&self, docker: &Docker) -> Result<Vec<Container>, Error> {
        let label = format!("{LABEL_SERVICE}={}", self.owner.service);
        let mut found = docker.labelled(&label).await?;
        found.retain(|it| container::owns(&self.owner, it));
        Ok(found)
    }

    /// Completes the spec with what only this host knows: environment files, the notify socket.
    fn prepare(&mut self) -> Result<(), Ending> {
        if let Some(why) = address::unreachable(&self.service) {
            return Err(Ending::bad(why));
        }
        let spec = std::mem::take(&mut self.service.container);
        self.service.container = secrets::merged(spec).map_err(Ending::bad)?;
        if container::speaks(&self.service) {
            let folder = notify_folder(&self.site);
            let open = files::private_folder(&self.site.runtime)
                .and_then(|()| files::make_directory(&folder))
                .and_then(|()| Proxy::open(&folder));
            self.proxy = Some(open.map_err(|why| {
                Ending::failed(format!("the application's notify socket: {why}"))
            })?);
        }
        Ok(())
    }

    async fn reach(&mut self) -> Result<Docker, Ending> {
        let since = Instant::now();
        let mut waits = false;
        loop {
            let why = match Docker::connect().await {
                Ok(docker) => return Ok(docker),
                Err(why @ Error::Away { .. }) => why,
                Err(why) => return Err(Ending::bad(why.to_string())),
            };
            if since.elapsed() > self.service.daemon_grace {
                return Err(Ending::away(&why));
            }
            self.voice.status(&format!("waiting for docker: {why}"));
            if !std::mem::replace(&mut waits, true) {
                // The definition grants docker this long, and the start needs its own time after it.
                let _ = notify::extend(self.service.daemon_grace + PATIENCE);
            }
            sleep(RETRY).await;
        }
    }

    async fn clear(&mut self, docker: &Docker, leftovers: &[String]) -> Result<(), Ending> {
        for id in leftovers {
            let short = id.get(..12).unwrap_or(id);
            self.voice.info(
                Kind::Reaped,
                format!("removing a leftover container {short}"),
            );
            docker
                .remove(id)
                .await
                .map_err(|it| Ending::failed(format!("cannot remove leftover {short}: {it}")))?;
        }
        Ok(())
    }

    async fn adopt(&mut self, docker: &Docker, id: String) -> Result<Start, Ending> {
        let seen = docker.inspect(&id).await.map_err(|it| Ending::away(&it))?;
        let seen =
            seen.ok_or_else(|| Ending::failed("the container to adopt is gone".to_owned()))?;
        // A newer binary changes nothing; after a crash nobody is left who would thaw it.
        if seen.paused && !self.site.reexecuted {
            docker.unpause(&id).await.map_err(|it| Ending::away(&it))?;
        }
        self.made_of = seen.labels.get(LABEL_SPEC).cloned().unwrap_or_default();
        self.container = Some(id.clone());
        self.voice.origin.container_id.clone_from(&id);
        self.voice.origin.container_name.clone_from(&seen.name);
        self.voice.info(
            Kind::Adopted,
            format!("adopted the running container {}", seen.short()),
        );
        let carrier = Carrier::resume(self.wiring(docker, &seen)?);
        self.carrier = Some(carrier.map_err(|it| Ending::failed(it.to_string()))?);
        self.adopt_instance(&seen).await;
        Ok(Start {
            id,
            adopted: true,
            paused: seen.paused && self.site.reexecuted,
        })
    }

    async fn fresh(&mut self, docker: &Docker, daemon: &Daemon) -> Result<Start, Ending> {
        let image = self.bring_image(docker).await?;
        let mut mounts =
            secrets::lay_out(&self.service, &self.site)
                .await
                .map_err(|why| match why {
                    secrets::Missing::ForGood(why) => Ending::bad(why),
                    secrets::Missing::ForNow(why) => Ending::failed(why),
                })?;
        // The application of a container to come has said nothing yet.
        let _ = spoken::forget(&self.site);
        self.made_of = container::hash(&self.service);
        mounts.extend(self.proxy.as_ref().map(|_| notify_mount(&self.site)));
        let place = self.place(daemon, mounts);
        let setting = container::setting(&self.service, &self.owner, &place);
        self.voice
            .status(&format!("creating container {}", setting.name));
        let id = self.create(docker, &setting, image).await?;
        self.container = Some(id.clone());
        self.voice.origin.container_id.clone_from(&id);
        for network in self.service.container.networks.iter().skip(1) {
            let joined = docker.join(&id, network).await;
            joined.map_err(|it| {
                Ending::failed(format!("cannot join network {}: {it}", network.name))
            })?;
        }
        let seen = docker
            .inspect(&id)
            .await
            .map_err(|it| Ending::away(&it))?
            .unwrap_or_default();
        // Attached before the start, the first byte is the first byte.
        let carrier = Carrier::fresh(self.wiring(docker, &seen)?).await;
        self.carrier = Some(carrier.map_err(|it| Ending::failed(it.to_string()))?);
        if let Err(why) = docker.start(&id).await {
            self.forget_endpoint(docker, &id, &why.to_string()).await;
            return Err(Ending::start(&why));
        }
        self.voice
            .info(Kind::Started, format!("started container {}", seen.short()));
        if let (true, Ok(Some(seen))) = (self.instance.is_some(), docker.inspect(&id).await) {
            self.place_instance(&seen).await;
        }
        self.allow_time();
        Ok(Start {
            id,
            adopted: false,
            paused: false,
        })
    }

    /// Where an endpoint of a dead container holds the name, the next start finds it gone. Docker frees
    /// it by name only while no container has that name.
    async fn forget_endpoint(&mut self, docker: &Docker, id: &str, why: &str) {
        let name = self.owner.container();
        let Some(network) = container::stale_endpoint(why, &name) else {
            return;
        };
        if docker.remove(id).await.is_ok() && docker.forget_endpoint(network, &name).await.is_ok() {
            let text = format!("removed what network {network} still held of a dead container");
            self.voice.info(Kind::Reaped, text);
        }
    }

    fn place(&self, daemon: &Daemon, mounts: Vec<Mount>) -> Place {
        Place {
            unit: self.site.unit.clone(),
            invocation: self.site.invocation.clone(),
            revision: self.voice.origin.revision.clone(),
            cgroup_driver: daemon.cgroup_driver.clone(),
            slice: match self.instance {
                Some(_) => escape::managed_slice(&self.owner.service),
                None => escape::slice(&self.service.name),
            },
            hostname: self.instance.as_ref().map(|_| surroundings::hostname()),
            mounts,
        }
    }

    /// Returns the reference by which docker has the image here.
    async fn bring_image(&mut self, docker: &Docker) -> Result<String, Ending> {
        let image = self.service.container.image.clone();
        let here = docker
            .image_id(&image)
            .await
            .map_err(|it| Ending::away(&it))?
            .is_some();
        if !here && let Some(id) = self.by_id(docker).await? {
            return Ok(id);
        }
        let wanted = match self.service.pull {
            Pull::Missing => !here,
            Pull::Always => true,
            Pull::Never if here => false,
            Pull::Never => {
                return Err(Ending::bad(format!(
                    "image {image} is not on this host and `pull: never` is set"
                )));
            }
        };
        if !wanted {
            return Ok(image);
        }
        self.voice
            .info(Kind::Pulling, format!("pulling image {image}"));
        match self.pull(docker, &image).await {
            Ok(()) => self
                .voice
                .info(Kind::Pulled, format!("pulled image {image}")),
            Err(why) if here => {
                self.voice.warn(
                    Kind::Pulled,
                    format!("cannot pull {image}, going on with the one on this host: {why}"),
                );
            }
            Err(why) => return Err(Ending::pull(&image, &why)),
        }
        Ok(image)
    }

    /// An instance's image that came from no registry is known by its id alone.
    async fn by_id(&self, docker: &Docker) -> Result<Option<String>, Ending> {
        let Some(id) = instance::image_id(&self.service.container.image) else {
            return Ok(None);
        };
        let here = docker.image_id(id).await;
        let here = here.map_err(|it| Ending::away(&it))?;
        Ok(here.filter(|it| it == id))
    }

    /// Tells how far the pull is; asks systemd for more time only when bytes have moved.
    async fn pull(&mut self, docker: &Docker, image: &str) -> Result<(), Error> {
        self.voice.status(&format!("pulling image {image}"));
        let (mut last, mut told) = (Progress::default(), Instant::now());
        docker
            .pull(image, |progress| {
                let moved = progress.done + progress.unpacked > last.done + last.unpacked;
                if moved && told.elapsed() > PULL_NEWS {
                    let _ = notify::extend(PATIENCE);
                    let _ = notify::status(&pulling(image, progress));
                    (last, told) = (progress, Instant::now());
                }
            })
            .await
    }

    /// An application that speaks by itself says nothing while it starts, so what `start_period`
    /// grants it is asked for at once.
    fn allow_time(&self) {
        let check = self.service.health.as_ref();
        if let Some(check) = check.filter(|_| container::speaks(&self.service)) {
            let _ = notify::extend(check.start_period + PATIENCE);
        }
    }

    async fn create(
        &mut self,
        docker: &Docker,
        setting: &Setting,
        image: String,
    ) -> Result<String, Ending> {
        let mut spec = self.service.container.clone();
        spec.image = image;
        let mut tries = 0;
        loop {
            match docker.create(&spec, setting).await {
                Ok(id) => return Ok(id),
                Err(Error::Conflict(_)) if tries < CREATE_TRIES => tries += 1,
                Err(why) => return Err(Ending::create(&why)),
            }
            sleep(RETRY).await;
        }
    }
}

fn notify_folder(site: &Surroundings) -> PathBuf {
    site.runtime.join("notify")
}

fn notify_mount(site: &Surroundings) -> Mount {
    Mount::Bind {
        source: notify_folder(site),
        target: container::NOTIFY_FOLDER.to_owned(),
        read_only: false,
        create: false,
        propagation: None,
    }
}

fn pulling(image: &str, at: Progress) -> String {
    let mega = |it: u64| it / 1_000_000;
    if at.done >= at.total && at.unpacked > 0 {
        return format!(
            "unpacking image {image} ({}/{} MB)",
            mega(at.unpacked),
            mega(at.total)
        );
    }
    let percent = (at.done * 100).checked_div(at.total).unwrap_or(0);
    format!(
        "pulling image {image} {percent}% ({}/{} MB)",
        mega(at.done),
        mega(at.total)
    )
}
