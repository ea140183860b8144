//! From a service and where it runs: the container to create, and what to do with one that is there already.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::model::check::Probe;
use crate::model::container::{ContainerSpec, Mount, Setting};
use crate::model::observed::Container;
use crate::model::owner::Owner;
use crate::model::service::Service;

pub const LABEL_SERVICE: &str = "io.wharf.service";
/// Only on the container of an instance: `REV`, or `REV.N` from the second on.
pub const LABEL_INSTANCE: &str = "io.wharf.instance";
pub const LABEL_UNIT: &str = "io.wharf.unit";
pub const LABEL_REVISION: &str = "io.wharf.revision";
pub const LABEL_SPEC: &str = "io.wharf.spec";
pub const LABEL_INVOCATION: &str = "io.wharf.invocation";

/// Where the application finds the socket of its own sd_notify.
pub const NOTIFY_FOLDER: &str = "/run/wharf-notify";
pub const NOTIFY_SOCKET: &str = "/run/wharf-notify/notify";

/// The variable in which service-manager told an instance the name of its host.
const HOSTNAME: &str = "SYSTEM_HOSTNAME";

/// The daemon's own log is a spill buffer for the time no shim reads: bounded, and large enough for
/// a few minutes of a talkative service.
const SPILL_OPTIONS: [(&str, &str); 3] = [
    ("max-size", "20m"),
    ("max-file", "5"),
    ("compress", "false"),
];

/// Where the shim runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The unit's full name; empty outside systemd.
    pub unit: String,
    pub invocation: String,
    pub revision: String,
    /// What the container calls its host; None: it is not told.
    pub hostname: Option<String>,
    /// `systemd` or `cgroupfs`.
    pub cgroup_driver: String,
    /// The escaped slice of the service, `runner-a\x2db.slice`.
    pub slice: String,
    /// Secrets and the notify socket.
    pub mounts: Vec<Mount>,
}

/// What to do about the containers found under our name and our labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing in the way.
    Create,
    /// Running, ours, and made of the same definition: take it over as it is. The rest goes.
    Adopt { id: String, remove: Vec<String> },
    /// Ours, but dead or of another definition.
    Replace { remove: Vec<String> },
    /// The name belongs to a container that is not ours; it is never touched.
    Stranger { id: String, image: String },
}

/// Returns the hash of what makes the container: its spec, where its secrets come from, and whether
/// it is given a notify socket; 64 hex digits.
pub fn hash(service: &Service) -> String {
    // A struct of plain values always serialises; an empty text would only force a re-creation.
    let mut text = serde_json::to_string(&service.container).unwrap_or_default();
    for secret in &service.secrets {
        let _ = write!(text, "{secret:?}");
    }
    if speaks(service) {
        text.push_str("notify");
    }
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

/// Whether the application says itself that it is ready.
pub fn speaks(service: &Service) -> bool {
    let probe = service.health.as_ref().map(|it| &it.probe);
    probe == Some(&Probe::Notify)
}

/// Returns what the container of `service` gets from its place.
pub fn setting(service: &Service, owner: &Owner, place: &Place) -> Setting {
    let spec = &service.container;
    let mut labels = BTreeMap::from([
        (LABEL_SERVICE, owner.service.clone()),
        (LABEL_UNIT, place.unit.clone()),
        (LABEL_REVISION, place.revision.clone()),
        (LABEL_SPEC, hash(service)),
        (LABEL_INVOCATION, place.invocation.clone()),
    ]);
    if owner.instance.is_some() {
        labels.insert(LABEL_INSTANCE, owner.instance_label());
    }
    let (log_driver, log_options) = log(spec);
    let mut environment = BTreeMap::new();
    if speaks(service) {
        environment.insert("NOTIFY_SOCKET".to_owned(), NOTIFY_SOCKET.to_owned());
    }
    if let Some(hostname) = &place.hostname
        && !spec.environment.contains_key(HOSTNAME)
    {
        environment.insert(HOSTNAME.to_owned(), hostname.clone());
    }
    Setting {
        environment,
        name: owner.container(),
        labels: labels
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        // Docker takes a slice only with its systemd driver; with cgroupfs it would be a path.
        cgroup_parent: (place.cgroup_driver == "systemd" && !place.unit.is_empty())
            .then(|| place.slice.clone()),
        mounts: place.mounts.clone(),
        log_driver,
        log_options,
        stop_signal: service.stop.signal.clone(),
        stop_timeout: service.stop.timeout,
    }
}

fn log(spec: &ContainerSpec) -> (String, BTreeMap<String, String>) {
    let own = |it: [(&str, &str); 3]| {
        it.map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    };
    match &spec.log_driver {
        Some(driver) => (driver.clone(), spec.log_options.clone()),
        None if spec.log_options.is_empty() => ("local".to_owned(), own(SPILL_OPTIONS)),
        // Options without a driver: the ones people write are json-file's and local's alike.
        None => ("local".to_owned(), spec.log_options.clone()),
    }
}

/// Returns the network in which docker says a container of this name still has an endpoint. It keeps
/// one for ever when containerd or dockerd died while the container ended, and then starts no other.
pub fn stale_endpoint<'a>(why: &'a str, name: &str) -> Option<&'a str> {
    let (_, network) = why.split_once(&format!(
        "endpoint with name {name} already exists in network "
    ))?;
    network.split_whitespace().next()
}

/// Returns whether docker lets the shim read this driver's log back.
pub fn log_is_readable(driver: &str) -> bool {
    matches!(driver, "local" | "json-file" | "journald" | "k8s-file")
}

/// Returns whether this container is the owner's: of the same service and the same instance of it.
/// One without an instance label is the only one of `runner@SERVICE`.
pub fn owns(owner: &Owner, it: &Container) -> bool {
    let label = |key| it.labels.get(key).map_or("", String::as_str);
    label(LABEL_SERVICE) == owner.service && label(LABEL_INSTANCE) == owner.instance_label()
}

/// Decides what to do with the holder of our name and the containers that are ours by label.
pub fn arrival(
    service: &Service,
    owner: &Owner,
    holder: Option<&Container>,
    ours: &[Container],
) -> Arrival {
    let wanted = hash(service);
    if let Some(it) = holder.filter(|it| !owns(owner, it)) {
        return Arrival::Stranger {
            id: it.id.clone(),
            image: it.image.clone(),
        };
    }
    let same = |it: &&Container| it.running && it.labels.get(LABEL_SPEC) == Some(&wanted);
    let keep = holder
        .filter(same)
        .or_else(|| ours.iter().find(same))
        .map(|it| it.id.clone());
    let mut remove: Vec<String> = ours.iter().chain(holder).map(|it| it.id.clone()).collect();
    remove.sort();
    remove.dedup();
    remove.retain(|id| Some(id) != keep.as_ref());
    match keep {
        Some(id) => Arrival::Adopt { id, remove },
        None if remove.is_empty() => Arrival::Create,
        None => Arrival::Replace { remove },
    }
}

/// Returns the arrival of a shim that re-executed itself: the container it answered for stays, whatever
/// the definition says by now.
pub fn keep_running(arrival: Arrival, holder: Option<&Container>, ours: &[Container]) -> Arrival {
    let running = holder
        .into_iter()
        .chain(ours)
        .find(|it| it.running)
        .map(|it| it.id.clone());
    match (arrival, running) {
        (Arrival::Replace { mut remove }, Some(id)) => {
            remove.retain(|it| *it != id);
            Arrival::Adopt { id, remove }
        }
        (arrival, _) => arrival,
    }
}

#[cfg(test)]
mod tests;
