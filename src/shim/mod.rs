//! The story of one container under one unit: bring it up, watch it, carry its lines, end it well.

mod begin;
pub mod checks;
mod end;
#[cfg(feature = "influxdb")]
pub mod influx;
mod instance;
mod judge;
mod lines;
mod link;
mod load;
pub mod logs;
mod membership;
pub mod metrics;
pub mod once;
mod outside;
mod pulse;
pub mod reap;
mod reload;
mod scribe;
mod secrets;
mod spoken;
mod voice;
mod watch;

use std::path::PathBuf;

use crate::host::cgroup::Cgroup;
use crate::host::docker::Docker;
use crate::host::notify::proxy::Proxy;
use crate::host::signals;
use crate::host::surroundings::{self, Surroundings};
use crate::model::owner::Owner;
use crate::model::point::Usage;
use crate::model::service::Service;

pub use voice::Echo;

pub use load::{Loaded, Unusable, load, revision};

use end::Ending;
use instance::Instance;
use lines::Events;
use logs::Carrier;
use pulse::Pulse;
use voice::Voice;

/// Everything one shim knows while it lives.
pub struct Shim {
    service: Service,
    file: PathBuf,
    owner: Owner,
    /// Where a manager decides who serves.
    instance: Option<Instance>,
    site: Surroundings,
    voice: Voice,
    docker: Option<Docker>,
    /// docker's containers outlive it.
    live_restore: bool,
    /// The container this shim answers for, from its creation or adoption to its removal.
    container: Option<String>,
    carrier: Option<Carrier>,
    /// What the carrier has to tell.
    log_events: Events,
    /// The application's own sd_notify, where its health check waits for that.
    proxy: Option<Proxy>,
    cgroup: Option<Cgroup>,
    /// The hash of what the container was made of, by its label.
    made_of: String,
    /// systemd has been told READY=1: nobody waits for a start any more.
    announced: bool,
    /// The container's exit code, once docker has told it.
    code: Option<i64>,
    /// The container's use when it was last looked at; its control group vanishes with it.
    usage: Usage,
    /// Kills for want of memory the kernel was seen to do in this container.
    oom_kills: u64,
}

/// Runs the service until its container ends or systemd says stop; returns the unit's exit code.
/// `echo` hears every event beside the journal: somebody at a terminal.
///
/// # Errors
/// Only when this process cannot even listen to signals; everything else is an exit code with its event.
pub async fn run(loaded: Loaded, echo: Option<Echo>) -> std::io::Result<u8> {
    let (mut stop, mut reload) = signals::listen()?;
    let site = surroundings::look(&loaded.owner.folder());
    let announced = site.reexecuted;
    let mut shim = Shim {
        voice: Voice::open(&loaded.service, &loaded.owner, &site, echo),
        instance: Instance::of(&loaded.owner, loaded.address),
        owner: loaded.owner,
        service: loaded.service,
        file: loaded.file,
        site,
        docker: None,
        live_restore: false,
        container: None,
        carrier: None,
        log_events: Events::default(),
        proxy: None,
        cgroup: None,
        made_of: String::new(),
        announced,
        code: None,
        usage: Usage::default(),
        oom_kills: 0,
    };
    let mut pulse = Pulse::start();
    // Whatever the shim is at, SIGTERM ends it there: the future is dropped, its calls with it, and
    // what it left behind is known by its label.
    let ending = tokio::select! {
        biased;
        () = stop.asked() => Ending::Asked,
        ending = shim.live(&mut reload, &mut pulse) => ending,
    };
    let code = pulse.alongside(shim.end(ending)).await;
    shim.voice.close().await;
    Ok(code)
}

impl Shim {
    async fn live(&mut self, reload: &mut signals::Reload, pulse: &mut Pulse) -> Ending {
        match pulse.alongside(self.begin()).await {
            Ok(start) => self.watch(start, reload, pulse).await,
            Err(ending) => ending,
        }
    }
}
