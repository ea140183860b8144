//! `run`, `launch` and `reap`: what units call.

use super::words::ReapWish;
use crate::host::docker::Error;
use crate::manager;
use crate::model::balance::Address;
use crate::model::owner::Owner;
use crate::model::revision::InstanceName;
use crate::say;
use crate::shim::{self, Unusable};

/// Runs the service; a bad definition is told whole and ends with 78.
pub(super) async fn run(name: &str) -> u8 {
    let loaded = match shim::load(name) {
        Ok(loaded) => loaded,
        Err(why) => return unusable(&why),
    };
    match loaded.service.process {
        Some(_) => super::supervise::alone(loaded.service, &loaded.file).await,
        None => carry(loaded).await,
    }
}

/// The instance that is a service's manager.
const MANAGER: &str = "manager";

/// Runs one instance of a service with a manager, or the manager itself.
pub(super) async fn launch(service: &str, instance: &str, address: &str) -> u8 {
    let addresses: Result<Vec<Address>, _> = address.split(',').map(str::parse).collect();
    let addresses = match addresses {
        Ok(addresses) => addresses,
        Err(why) => return misnamed(address, &why),
    };
    if instance == MANAGER {
        return manage(service, addresses).await;
    }
    let name: InstanceName = match instance.parse() {
        Ok(name) => name,
        Err(why) => return misnamed(instance, &why),
    };
    match shim::revision(service, name, &addresses).await {
        Ok(loaded) => carry(loaded).await,
        Err(why) => unusable(&why),
    }
}

async fn manage(service: &str, addresses: Vec<Address>) -> u8 {
    match manager::run(service, addresses).await {
        Ok(code) => code,
        Err(why) => {
            say::error(
                &format!("the manager of {service}: {why}"),
                Some("`wharf doctor` looks for the cause"),
            );
            super::INTERNAL
        }
    }
}

/// What a unit hands over does not get better by a restart.
fn misnamed(word: &str, why: &dyn std::fmt::Display) -> u8 {
    say::error(
        &format!("{word}: {why}"),
        Some("systemctl cat shows the unit's ExecStart="),
    );
    super::BAD_DEFINITION
}

async fn carry(loaded: shim::Loaded) -> u8 {
    match shim::run(loaded, echo()).await {
        Ok(code) => code,
        Err(why) => {
            say::error(&format!("cannot listen to signals: {why}"), None);
            super::INTERNAL
        }
    }
}

/// Carries a service's clients until it is told to stop.
pub(super) async fn relay(service: &str) -> u8 {
    match crate::relay::run(service).await {
        Ok(()) => super::DONE,
        Err(why) => {
            say::error(&format!("the relay of {service} cannot run: {why}"), None);
            super::INTERNAL
        }
    }
}

/// At a terminal the events are shown as well; under systemd the journal has them already.
fn echo() -> Option<shim::Echo> {
    say::on_terminal()
        .then(|| Box::new(|event: &_| say::talk(&say::records::event(event))) as shim::Echo)
}

fn unusable(why: &Unusable) -> u8 {
    match why {
        Unusable::Missing { name, places } => {
            let places: Vec<_> = places.iter().map(|it| it.display().to_string()).collect();
            say::error(
                &format!("no definition of {name} in {}", places.join(", ")),
                Some(&format!(
                    "write {}/{name}.yaml; `wharf example` prints one to start from",
                    places.first().map_or("/etc/wharf/services", String::as_str)
                )),
            );
        }
        Unusable::Unreadable { file, why } => {
            say::error(
                &format!("{}: {why}", file.display()),
                Some("check the file's owner and mode"),
            );
        }
        Unusable::Wrong {
            file,
            text,
            mistakes,
        } => {
            say::talk(&say::mistakes::render(
                &file.to_string_lossy(),
                text,
                mistakes,
                say::talk_colour(),
            ));
        }
        Unusable::Unstored {
            service,
            revision,
            why,
            ..
        } => say::error(
            &format!("revision {revision} of {service}: {why}"),
            Some(&format!(
                "`wharf revisions {service}` lists those there are"
            )),
        ),
    }
    match why {
        // systemd tries again.
        Unusable::Unstored { passing: true, .. } => super::REFUSED,
        Unusable::Missing { .. }
        | Unusable::Unreadable { .. }
        | Unusable::Wrong { .. }
        | Unusable::Unstored { passing: false, .. } => super::BAD_DEFINITION,
    }
}

/// Removes leftovers and names them.
pub(super) async fn reap(wish: &ReapWish) -> u8 {
    if let (Some(name), None) = (&wish.name, &wish.late)
        && let Some(code) = super::supervise::reap(name).await
    {
        return code;
    }
    let removed = match (&wish.name, &wish.late, &wish.unit) {
        (Some(name), Some(unit), _) => shim::reap::late(name, unit).await,
        (Some(name), None, _) => shim::reap::service(&Owner::runner(name)).await,
        (None, _, Some(unit)) => match Owner::of_unit(unit) {
            Some(owner) => shim::reap::service(&owner).await,
            // A manager has nothing of its own that a restart would not put right.
            None => return super::DONE,
        },
        (None, _, None) if wish.all => shim::reap::all().await,
        (None, _, None) => return super::USAGE,
    };
    match removed {
        Ok(ids) => {
            for id in ids {
                say::talk(&format!(
                    "removed container {}",
                    id.get(..12).unwrap_or(&id)
                ));
            }
            super::DONE
        }
        Err(why @ Error::Away { .. }) => {
            say::error(&why.to_string(), Some("systemctl status docker"));
            super::DOCKER_AWAY
        }
        Err(why) => {
            say::error(&why.to_string(), None);
            super::REFUSED
        }
    }
}
