//! What a unit may have left: run by ExecStopPost= after every end, and at boot for all services.

use std::time::Duration;

use tokio::time::sleep;

use super::membership;
use crate::decide::container::{LABEL_SERVICE, LABEL_UNIT, owns};
use crate::decide::membership::Moment;
use crate::decide::{reap, shown};
use crate::host::docker::{Docker, Error};
use crate::host::surroundings::{self, Surroundings};
use crate::host::{clock, files, process};
use crate::model::check::Order;
use crate::model::observed::{Container, Unit};
use crate::model::owner::Owner;

/// How long a shim that was killed is given to come back and take its container over.
const ADOPTION_LIMIT: Duration = Duration::from_secs(600);
const ADOPTION_STEP: Duration = Duration::from_secs(2);
const SYSTEMCTL_LIMIT: Duration = Duration::from_secs(20);

/// Removes what the ended unit of this owner left, unless its shim is about to be restarted and
/// takes the container over; returns what was removed, by id.
///
/// # Errors
/// [`Error::Away`]: docker does not answer, so nothing could be removed.
pub async fn service(owner: &Owner) -> Result<Vec<String>, Error> {
    let site = surroundings::look(&owner.folder());
    let result = site.service_result.as_deref().unwrap_or("success");
    let lives_on = reap::leaves_for_adoption(result);
    leave_balancer(owner, lives_on);
    if lives_on {
        watch_over(&owner.service, &site).await;
        return Ok(Vec::new());
    }
    files::remove_folder(&site.runtime.join("secrets"));
    if let (Some(state), Some(_)) = (&site.state, &owner.instance) {
        // A revision may never come back; what it has yet to send stays.
        let _ = files::remove_if_empty(state);
    }
    let docker = Docker::connect().await?;
    let found = left_by(&docker, owner, &site.unit).await?;
    remove(&docker, found).await
}

/// Takes an instance out of the balancer that cannot do so itself any more; one whose container may
/// live on stays while its first process is there.
fn leave_balancer(owner: &Owner, lives_on: bool) {
    let places = surroundings::places(&owner.service);
    let Some(name) = &owner.instance else {
        return;
    };
    let Some(record) = membership::record(&places.instance(name)) else {
        return;
    };
    let (Some(at), Some(front)) = (record.at, membership::front(&places)) else {
        return;
    };
    if lives_on && process::exists(record.pid) || membership::taken_over(&places, name, at) {
        return;
    }
    // The manager looks again and finds the same; there is nobody here to tell.
    let _ = membership::apply(&owner.service, &name.revision, at, Moment::Died, &front);
}

/// What belongs to the service, and what belongs to the unit where its definition names the service
/// differently.
async fn left_by(docker: &Docker, owner: &Owner, unit: &str) -> Result<Vec<Container>, Error> {
    let label = format!("{LABEL_SERVICE}={}", owner.service);
    let mut found = docker.labelled(&label).await?;
    found.retain(|it| owns(owner, it));
    if !unit.is_empty() {
        for it in docker.labelled(&format!("{LABEL_UNIT}={unit}")).await? {
            if found.iter().all(|known| known.id != it.id) {
                found.push(it);
            }
        }
    }
    Ok(found)
}

/// Waits until the unit has settled, then removes the containers it does not answer for.
///
/// # Errors
/// [`Error::Away`].
pub async fn late(name: &str, unit: &str) -> Result<Vec<String>, Error> {
    for _ in 0..ADOPTION_LIMIT.as_secs() / ADOPTION_STEP.as_secs() {
        sleep(ADOPTION_STEP).await;
        match reap::settled(show(unit).await.as_ref()) {
            reap::Settled::NotYet => {}
            reap::Settled::Taken => return Ok(Vec::new()),
            reap::Settled::Orphaned => {
                let docker = Docker::connect().await?;
                let owner = Owner::of_unit(unit).unwrap_or_else(|| Owner::runner(name));
                let found = left_by(&docker, &owner, unit).await?;
                return remove(&docker, found).await;
            }
        }
    }
    Ok(Vec::new())
}

/// Removes every container of ours whose unit is not active, activating or about to be.
///
/// # Errors
/// [`Error::Away`].
pub async fn all() -> Result<Vec<String>, Error> {
    let docker = Docker::connect().await?;
    let mut orphans = Vec::new();
    for it in docker.labelled(LABEL_SERVICE).await? {
        let unit = it.labels.get(LABEL_UNIT).cloned().unwrap_or_default();
        // Without a unit somebody runs it by hand, at a terminal.
        if !unit.is_empty() && reap::settled(show(&unit).await.as_ref()) == reap::Settled::Orphaned
        {
            orphans.push(it);
        }
    }
    remove(&docker, orphans).await
}

async fn remove(docker: &Docker, found: Vec<Container>) -> Result<Vec<String>, Error> {
    let mut removed = Vec::new();
    for it in found {
        docker.remove(&it.id).await?;
        removed.push(it.id);
    }
    Ok(removed)
}

/// systemd runs no ExecStopPost= when a unit is stopped while it waits for its restart, so a killed
/// shim's container is watched over by a transient unit until somebody answers for it.
async fn watch_over(name: &str, site: &Surroundings) {
    if site.unit.is_empty() {
        return;
    }
    let (program, _) = surroundings::program();
    let program = program.display().to_string();
    let run = [
        "systemd-run",
        "--quiet",
        "--no-block",
        "--collect",
        "--property=Type=exec",
        &program,
        "reap",
        "--late",
        &site.unit,
        name,
    ];
    let _ = process::run(&Order::new(run), None, SYSTEMCTL_LIMIT).await;
}

async fn show(unit: &str) -> Option<Unit> {
    let order = Order::new(["systemctl", "show", unit, "--property", shown::PROPERTIES]);
    let output = process::run(&order, None, SYSTEMCTL_LIMIT).await.ok()?;
    shown::units(&String::from_utf8_lossy(&output.stdout), clock::uptime())
        .into_iter()
        .next()
}
