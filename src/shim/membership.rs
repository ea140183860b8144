//! An instance's place in the balancer: left when its container dies or turns unready, taken again when it is ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::Shim;
use super::instance::RECORD;
use crate::decide::membership::{self, Moment};
use crate::host::balance::Balancer;
use crate::host::files;
use crate::model::balance::{Address, Change, Front, RealServer};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::places::Places;
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::{FrontRecord, InstanceRecord, Rollout};

/// After new connections are sent elsewhere, one that was sent here before may still be on its way.
pub(super) const LAST_ARRIVALS: Duration = Duration::from_secs(1);

/// Returns what the manager says of the service; None where there is no manager, or it has not yet
/// said anything.
pub(super) fn front(places: &Places) -> Option<FrontRecord> {
    let text = files::read(&places.front()).ok()?;
    serde_json::from_str(&text).ok()
}

/// Makes the changes this moment asks for at every service address, and returns them.
///
/// # Errors
/// The balancer's words, with the address.
pub(super) fn apply(
    service: &str,
    revision: &RevisionId,
    me: SocketAddr,
    moment: Moment,
    front: &FrontRecord,
) -> Result<Vec<(Address, Change)>, String> {
    let mut made = Vec::new();
    for address in &front.addresses {
        let failed = |why: std::io::Error| format!("{} {address}: {why}", front.balancer);
        let balancer = Balancer::open(front.balancer, service, &plain(*address)).map_err(failed)?;
        let decide = |table: Option<&[RealServer]>| {
            membership::changes(moment, me, revision, front, address.protocol, table)
        };
        let before = balancer.read().map_err(failed)?;
        let wanted = decide(before.as_deref());
        if wanted.is_empty() {
            continue;
        }
        balancer.change_all(&wanted).map_err(failed)?;
        made.extend(wanted.into_iter().map(|it| (*address, it)));
        // Two instances that left at once would have left nobody.
        if let Some(change) = balancer
            .read()
            .map_err(failed)?
            .and_then(|after| membership::back(moment, me, before.as_deref(), &after))
        {
            balancer.change(&change).map_err(failed)?;
            made.push((*address, change));
        }
    }
    Ok(made)
}

/// Returns whether another instance of the service is at this address by now: docker gives the
/// address of a dead container to the next.
pub(super) fn taken_over(places: &Places, name: &InstanceName, at: SocketAddr) -> bool {
    let own = places.instance(name);
    let others = files::names(places.run()).into_iter();
    let mut others = others.map(|it| places.run().join(it).join(RECORD));
    others.any(|it| it != own && record(&it).is_some_and(|it| it.at == Some(at)))
}

/// Returns what an instance last wrote of itself.
pub(super) fn record(file: &Path) -> Option<InstanceRecord> {
    serde_json::from_str(&files::read(file).ok()?).ok()
}

/// How an address is balanced only matters to who makes it.
fn plain(address: Address) -> Front {
    let usual = Rollout::default();
    Front {
        address,
        scheduler: usual.scheduler,
        persistence: usual.persistence,
    }
}

impl Shim {
    /// Leaves the balancer or comes back, as this moment asks; returns whether anything was changed.
    pub(super) fn move_instance(&mut self, moment: Moment) -> bool {
        let Some((instance, me)) = self.instance.as_ref().and_then(|it| Some((it, it.at?))) else {
            return false;
        };
        let Some(front) = front(&instance.places) else {
            return false;
        };
        if moment == Moment::Died && taken_over(&instance.places, &instance.name, me) {
            return false;
        }
        let revision = &instance.name.revision;
        match apply(&self.owner.service, revision, me, moment, &front) {
            Ok(made) => {
                for (address, change) in &made {
                    self.voice.tell(told(moment, *address, change));
                }
                !made.is_empty()
            }
            Err(why) => {
                let text = format!("the balancer could not be changed: {why}");
                self.voice.warn(Kind::BalancerLost, text);
                false
            }
        }
    }
}

fn told(moment: Moment, address: Address, change: &Change) -> Event {
    let because = match moment {
        Moment::Ready => "ready",
        Moment::Unready => "unready",
        Moment::Stopping => "stopping",
        Moment::Died => "its container ended",
    };
    let text = format!("{because}, so behind {address}: {change}");
    Event::new(Kind::Stepped, Priority::INFO, text)
        .with("address", address.to_string())
        .with("change", change.to_string())
}
