//! An instance of a service with a manager: what the manager reads of it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use tokio::task::spawn_blocking;

use super::checks::whereabouts;
use super::end::Ending;
use super::{Shim, membership, voice};
use crate::decide::instance;
use crate::decide::membership::{Comeback, Moment, may_start};
use crate::host::{files, surroundings};
use crate::model::balance::Address;
use crate::model::event::Kind;
use crate::model::observed::Container;
use crate::model::owner::Owner;
use crate::model::places::Places;
use crate::model::revision::InstanceName;
use crate::model::rollout::InstanceRecord;

/// In the runtime folder.
pub(super) const RECORD: &str = "instance.json";
/// Read by the manager, which is root; nothing in it is a secret.
const MODE: u32 = 0o644;

/// What an instance knows of itself.
pub(super) struct Instance {
    pub(super) name: InstanceName,
    /// Where its clients come in.
    address: Address,
    /// Where the balancer reaches it.
    pub(super) at: Option<SocketAddr>,
    container: String,
    pid: i64,
    pub(super) places: Places,
    written: Option<InstanceRecord>,
    /// The record is an earlier shim's of the same container, and nothing was heard since.
    inherited: bool,
}

impl Instance {
    /// Returns the instance an owner is; None for the only container of a service.
    pub(super) fn of(owner: &Owner, address: Option<Address>) -> Option<Instance> {
        Some(Instance {
            name: owner.instance.clone()?,
            address: address?,
            at: None,
            container: owner.container(),
            pid: 0,
            places: surroundings::places(&owner.service),
            written: None,
            inherited: false,
        })
    }

    /// Takes over what an earlier shim wrote of the container that runs: it holds until something is
    /// heard of it.
    fn inherit(&mut self) {
        let earlier = membership::record(&self.file());
        self.written = earlier.filter(|it| it.pid == self.pid && it.at == self.at);
        self.inherited = self.written.is_some();
    }

    fn file(&self) -> PathBuf {
        self.places.instance(&self.name)
    }

    fn write(&mut self, ready: bool, why: Option<String>) -> std::io::Result<()> {
        let record = InstanceRecord {
            instance: self.name.clone(),
            at: self.at,
            container: self.container.clone(),
            pid: self.pid,
            ready,
            why,
        };
        if self.written.as_ref() == Some(&record) {
            return Ok(());
        }
        let file = self.file();
        if let Some(folder) = file.parent() {
            files::private_folder(folder)?;
        }
        // Names, numbers and texts always serialise.
        let text = serde_json::to_string(&record).unwrap_or_default();
        files::write(&file, text.as_bytes(), MODE)?;
        self.written = Some(record);
        Ok(())
    }
}

impl Shim {
    /// Notes where the running container is.
    pub(super) async fn place_instance(&mut self, seen: &Container) {
        let (Some(instance), Some(docker)) = (&mut self.instance, &self.docker) else {
            return;
        };
        let network = self.service.public_network.as_deref();
        let found = whereabouts(docker, &seen.id, network).await;
        let port = instance::port(&self.service, instance.address);
        // A host without docker's word for a moment is still where it was.
        if let Some(ip) = found.ok().and_then(|it| it.parse::<IpAddr>().ok()) {
            instance.at = Some(SocketAddr::new(ip, port));
        }
        instance.pid = seen.pid;
        if let Some(last) = instance.written.clone() {
            self.record(last.ready, last.why);
        }
    }

    /// An instance that has no running container: what an earlier one left in the balancer goes, and a
    /// revision on probation that ended is not started again by systemd alone.
    pub(super) async fn begin_anew(&mut self) -> Result<(), Ending> {
        let Some(instance) = &mut self.instance else {
            return Ok(());
        };
        let traces = membership::record(&instance.file());
        instance.at = traces.as_ref().and_then(|it| it.at);
        let probation = membership::front(&instance.places).and_then(|it| it.probation);
        let revision = instance.name.revision.clone();
        self.move_instance(Moment::Died);
        if let Some(instance) = &mut self.instance {
            instance.at = None;
        }
        if probation.as_ref() != Some(&revision) {
            return Ok(());
        }
        let unit = self.site.unit.clone();
        let restarts = spawn_blocking(move || voice::restarts(&unit)).await;
        let comeback = Comeback {
            probation: true,
            restarts: restarts.ok().flatten(),
            traces: traces.is_some(),
        };
        match may_start(comeback) {
            true => Ok(()),
            false => Err(Ending::on_probation(
                &revision.short(),
                traces.and_then(|it| it.why),
            )),
        }
    }

    /// Notes where an adopted container is, and what is known of it.
    pub(super) async fn adopt_instance(&mut self, seen: &Container) {
        self.place_instance(seen).await;
        if let Some(instance) = &mut self.instance {
            instance.inherit();
        }
    }

    /// Something was heard of the container: what an earlier shim wrote counts no more.
    pub(super) fn disinherit(&mut self) {
        if let Some(instance) = &mut self.instance {
            instance.inherited = false;
        }
    }

    /// Tells the manager how the instance stands.
    pub(super) fn record(&mut self, ready: bool, why: Option<String>) {
        let Some(instance) = self.instance.as_mut().filter(|it| !it.inherited) else {
            return;
        };
        if let Err(problem) = instance.write(ready, why) {
            let text = format!("the manager cannot be told how this instance stands: {problem}");
            self.voice.warn(Kind::Failed, text);
        }
    }

    /// It was stopped: nothing is to be told any more.
    pub(super) fn forget_record(&mut self) {
        if let Some(instance) = &self.instance {
            let _ = files::remove(&instance.file());
        }
    }
}
