//! Reload: the definition read again and applied as far as that costs nothing; a newer binary taken over.

use super::end::Ending;
use super::load::{Unusable, load};
use super::logs::Carrier;
use super::watch::Watch;
use super::{Loaded, Shim, secrets};
use crate::decide::container::hash;
use crate::decide::life::{Happening, Phase};
use crate::host::{notify, surroundings};
use crate::model::check::OnFailure;
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::service::Service;

impl Shim {
    /// Does what `systemctl reload` asks; always tells systemd that it is done.
    pub(super) async fn reload(&mut self, watch: &mut Watch) -> Option<Ending> {
        // Before READY=1 there is nothing to reload in systemd's eyes, and READY=1 is not to be had this way.
        if self.announced {
            let _ = notify::reloading();
        }
        let ending = match self.instance {
            // A revision is what it is for good; only the binary may be a newer one.
            Some(_) => None,
            None => self.read_again(watch).await,
        };
        if self.announced {
            // The newer binary may find the service unready; the reload is done all the same.
            self.voice.ready();
            let (program, replaced) = surroundings::program();
            if replaced {
                self.reexecute(&program, watch).await;
            }
        }
        self.show(watch);
        ending
    }

    async fn read_again(&mut self, watch: &mut Watch) -> Option<Ending> {
        match load(&self.file.to_string_lossy()) {
            Ok(loaded) => self.apply(loaded, watch).await,
            Err(why) => {
                self.refuse_reload(&why);
                None
            }
        }
    }

    async fn apply(&mut self, mut loaded: Loaded, watch: &mut Watch) -> Option<Ending> {
        if loaded.service.name != self.service.name {
            self.refuse_change(format!(
                "the name changed from {} to {}",
                self.service.name, loaded.service.name
            ));
            return None;
        }
        match secrets::merged(std::mem::take(&mut loaded.service.container)) {
            Ok(spec) => loaded.service.container = spec,
            Err(why) => {
                self.refuse_change(why);
                return None;
            }
        }
        let changed = hash(&loaded.service) != self.made_of;
        // The container stays what it is until the next start, and so does what made it.
        let container = self.service.container.clone();
        self.service = Service {
            container,
            ..loaded.service
        };
        self.voice.set_alerts(&self.service.alerts);
        watch.ask(&self.service);
        if let Some(carrier) = &mut self.carrier {
            carrier.set_settings(self.service.logs.clone()).await;
        }
        let text = if changed {
            "definition read again: checks and logs apply now, the container changes with the next restart"
        } else {
            "definition read again"
        };
        self.voice.tell(
            Event::new(Kind::Reloaded, Priority::NOTICE, text).with("restart_needed", changed),
        );
        self.forgive(watch)
    }

    /// A check that is gone, or that matters less now, keeps the service from being ready no more.
    fn forgive(&mut self, watch: &mut Watch) -> Option<Ending> {
        let checks = || self.service.health.iter().chain(&self.service.monitors);
        let matters = |name: &String| {
            checks().any(|it| {
                it.name == *name && matches!(it.on_failure, OnFailure::Restart | OnFailure::Unready)
            })
        };
        let before = watch.failing.len();
        watch.failing.retain(|name, _| matters(name));
        let all_well = before > 0 && watch.failing.is_empty() && !watch.proving;
        if all_well && watch.phase == Phase::Unready {
            return self.step(Happening::Recovered, watch, None);
        }
        None
    }

    fn refuse_reload(&mut self, why: &Unusable) {
        let text = match why {
            Unusable::Missing { name, .. } => format!("no definition {name} any more"),
            Unusable::Unreadable { file, why } => format!("{}: {why}", file.display()),
            Unusable::Wrong { file, mistakes, .. } => {
                let all: Vec<_> = mistakes
                    .iter()
                    .map(|it| format!("{}:{it}", file.display()))
                    .collect();
                all.join("; ")
            }
            Unusable::Unstored { revision, why, .. } => format!("{revision}: {why}"),
        };
        self.refuse_change(text);
    }

    fn refuse_change(&mut self, why: String) {
        let text = format!("reload refused, the running definition stays: {why}");
        self.voice
            .tell(Event::new(Kind::ReloadRefused, Priority::ERROR, text));
    }

    /// Becomes the newer binary: same process, same container. Returns only when that failed.
    async fn reexecute(&mut self, program: &std::path::Path, watch: &Watch) {
        self.voice.info(
            Kind::Reexec,
            "the binary was replaced: carrying on as the new one",
        );
        if let Some(carrier) = self.carrier.take() {
            carrier.leave().await;
        }
        self.voice.flush().await;
        let why = surroundings::reexecute(program);
        self.voice.warn(
            Kind::Reexec,
            format!("cannot become {}: {why}", program.display()),
        );
        self.carrier = self.resumed(&watch.id).await;
    }

    async fn resumed(&self, id: &str) -> Option<Carrier> {
        let docker = self.docker.as_ref()?;
        let seen = docker.inspect(id).await.ok()??;
        Carrier::resume(self.wiring(docker, &seen).ok()?).ok()
    }
}
