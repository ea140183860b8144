//! How services with a manager stand: the manager, and each instance with its place behind the address.

use std::collections::BTreeSet;

use crate::decide::container::{LABEL_INSTANCE, LABEL_SERVICE};
use crate::host::{files, fronts};
use crate::model::balance::RealServer;
use crate::model::observed::{Container, Open, Part, Seat, Standing, Unit};
use crate::model::owner::Owner;
use crate::model::revision::InstanceName;
use crate::model::rollout::InstanceRecord;

use super::status::{absent, beside};
use super::table;

/// Returns the manager of each service, and behind it the instances, the oldest revision first.
pub(super) fn standings(units: &[Unit], containers: &[Container]) -> Vec<Standing> {
    let services = fronts::services().into_iter();
    services
        .flat_map(|it| standing(&it, units, containers))
        .collect()
}

fn standing(service: &str, units: &[Unit], containers: &[Container]) -> Vec<Standing> {
    let find = |id: String| match units.iter().find(|it| it.id == id) {
        Some(unit) => unit.clone(),
        None => absent(id),
    };
    let held = held(service);
    let manager = Standing {
        name: service.to_owned(),
        file: None,
        unit: find(format!("{service}@manager.service")),
        container: None,
        memory: None,
        drift: None,
        part: Some(Part::Manager),
    };
    let mut all = vec![manager];
    for name in instances(service, units, containers) {
        let unit = find(name.unit(service));
        let owner = Owner::instance(service, name.clone());
        all.push(Standing {
            part: Some(Part::Instance(seat(service, name, &held))),
            ..beside(owner, unit, containers)
        });
    }
    all
}

fn instances(service: &str, units: &[Unit], containers: &[Container]) -> BTreeSet<InstanceName> {
    let loaded = units.iter().filter(|it| it.active != "inactive");
    let units = loaded.filter_map(|it| {
        Owner::of_unit(&it.id)
            .filter(|it| it.service == service)?
            .instance
    });
    let ours = containers
        .iter()
        .filter(|it| it.labels.get(LABEL_SERVICE).is_some_and(|it| it == service));
    let labels = ours.filter_map(|it| it.labels.get(LABEL_INSTANCE)?.parse().ok());
    units.chain(labels).collect()
}

fn seat(service: &str, instance: InstanceName, held: &[RealServer]) -> Seat {
    let text = files::read(&fronts::places(service).instance(&instance)).ok();
    let record: Option<InstanceRecord> = text.and_then(|it| serde_json::from_str(&it).ok());
    let at = record.as_ref().and_then(|it| it.at);
    let mine: Vec<_> = held.iter().filter(|it| Some(it.at) == at).collect();
    let sum = |it: fn(&RealServer) -> u32| mine.iter().map(|one| u64::from(it(one))).sum();
    let connections = (!mine.is_empty()).then(|| Open {
        active: sum(|it| it.active),
        inactive: sum(|it| it.inactive),
    });
    Seat {
        instance,
        at,
        ready: record.as_ref().is_some_and(|it| it.ready),
        weight: mine.first().map(|it| it.weight),
        connections,
        why: record.and_then(|it| it.why),
    }
}

/// Behind all of the service's addresses, the first one's first.
fn held(service: &str) -> Vec<RealServer> {
    let (held, _) = table::look(&[service.to_owned()]);
    let servers = held.into_iter().flat_map(|it| it.servers);
    servers.flatten().collect()
}
