//! A cluster as meant and its nodes as found, side by side.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::decide::fleet::question::question;
use crate::decide::fleet::remedy::remedy;
use crate::decide::fleet::warnings::warnings;
use crate::decide::plan::{self, Goal, Wish};
use crate::decide::versions;
use crate::model::cluster::{Cluster, Node, Placed, Workload};
use crate::model::fleet::{Facts, Held, Sight};
use crate::model::glance::{Ack, Cell, Glance, Head, Sign};
use crate::model::ingress::IngressStanding;
use crate::model::observed::{Part, Seat, Standing, Unit};
use crate::model::plan::{Action, Change};
use crate::model::rollout::Verdict;
use crate::model::stamp;

/// Of the wharf that asks.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns what is shown of the nodes in `sights`; `now`: seconds since 1970 when they were asked.
pub fn glance(cluster: &Cluster, sights: &[Sight], acks: &[Ack], now: f64) -> Glance {
    let wish = Wish {
        goal: Goal::Deploy,
        services: Vec::new(),
        nodes: Vec::new(),
        only_broken: false,
        now,
    };
    let plan = plan::plan(cluster, sights, &wish);
    let changes: HashMap<(&str, &str), &Change> = plan
        .changes
        .iter()
        .map(|it| ((it.service.as_str(), it.node.as_str()), it))
        .collect();
    let seen: HashMap<&str, &Sight> = sights.iter().map(|it| (it.node.as_str(), it)).collect();
    let nodes: Vec<Head> = sights
        .iter()
        .filter_map(|it| Some(head(cluster.node(&it.node)?, it, now)))
        .collect();
    let mut services = Vec::new();
    for placed in &cluster.services {
        for sight in placed.nodes.iter().filter_map(|it| seen.get(it.as_str())) {
            let change = changes.get(&(placed.name.as_str(), sight.node.as_str()));
            services.push(cell(placed, sight, change.copied()));
        }
    }
    let seconds = now.max(0.0) as u64;
    Glance {
        when: stamp::format(seconds.saturating_mul(1_000_000_000)),
        warnings: warnings(&nodes, &services, acks, seconds),
        notices: notices(sights),
        nodes,
        services: Arc::new(services),
    }
}

fn head(node: &Node, sight: &Sight, now: f64) -> Head {
    let facts = sight.found.as_ref().ok();
    let unreached = sight.found.as_ref().err();
    let ahead = facts.map_or(0.0, |it| it.host.clock - now);
    Head {
        node: node.name.clone(),
        destination: node.destination.clone(),
        took_ms: u64::try_from(sight.took.as_millis()).unwrap_or(u64::MAX),
        host: facts.map(|it| it.host.clone()),
        clock_ahead: (ahead * 10.0).round() / 10.0,
        wharf: facts.and_then(|it| Some(it.wharf.as_ref()?.version.clone())),
        ingress: facts.map(troubles).unwrap_or_default(),
        next: unreached.map(|it| remedy(it.kind, &node.destination)),
        unreached: unreached.cloned(),
    }
}

fn troubles(facts: &Facts) -> Vec<String> {
    let wharf = facts.wharf.as_ref();
    let standing = wharf.and_then(|it| it.ingress.as_ref());
    standing.map(IngressStanding::troubles).unwrap_or_default()
}

/// Each node's own, with its name before it.
fn notices(sights: &[Sight]) -> Vec<String> {
    let of = |sight: &Sight| {
        let wharf = sight.found.as_ref().ok().and_then(|it| it.wharf.as_ref());
        let told = wharf.map(|it| it.notices.clone()).unwrap_or_default();
        let version = wharf.and_then(|it| versions::notice(&sight.node, &it.version, VERSION));
        told.into_iter()
            .map(|it| format!("{}: {it}", sight.node))
            .chain(version)
            .collect::<Vec<_>>()
    };
    sights.iter().flat_map(of).collect()
}

fn cell(placed: &Placed, sight: &Sight, change: Option<&Change>) -> Cell {
    let empty = Cell {
        service: placed.name.clone(),
        node: sight.node.clone(),
        unit: question(placed).unit,
        state: "unknown".to_owned(),
        ..Cell::default()
    };
    match &sight.found {
        Ok(facts) => found(placed, facts, change, empty),
        Err(_) => empty,
    }
}

fn found(placed: &Placed, facts: &Facts, change: Option<&Change>, empty: Cell) -> Cell {
    let fact = facts.units.iter().find(|it| it.service == placed.name);
    let unit = fact.map(|it| &it.unit);
    let (state, sign) = state(unit);
    let parts = facts.wharf.iter().flat_map(|it| &it.standings);
    let parts: Vec<&Standing> = parts.filter(|it| it.name == placed.name).collect();
    let held = facts.wharf.iter().flat_map(|it| &it.services);
    let held = held.into_iter().find(|it| it.service == placed.name);
    let seats = seats(&parts);
    let seat = seats.iter().find(|it| it.0.weight.is_some_and(|it| it > 0));
    let seat = seat.or(seats.last());
    let cell = Cell {
        since: seat
            .map(|it| &it.1.unit)
            .or(unit)
            .and_then(|it| Some(it.state_for?.as_secs())),
        detail: said(unit, sign),
        drift: drift(&parts, change),
        state,
        sign,
        ..empty
    };
    match &placed.workload {
        Workload::Managed(_) => managed(cell, held, &seats),
        Workload::Runner(_) | Workload::Scripted(_) => cell,
    }
}

fn state(unit: Option<&Unit>) -> (String, Sign) {
    let Some(unit) = unit else {
        return ("unknown".to_owned(), Sign::Unknown);
    };
    let sign = match (unit.active.as_str(), unit.sub.as_str()) {
        ("", _) => return ("unknown".to_owned(), Sign::Unknown),
        (_, "auto-restart") => return ("restarting".to_owned(), Sign::Failing),
        ("inactive", _) if unit.enabled.is_empty() => return ("absent".to_owned(), Sign::Failing),
        ("active", _) => Sign::Good,
        ("activating" | "reloading" | "deactivating", _) => Sign::Changing,
        _ => Sign::Failing,
    };
    (unit.active.clone(), sign)
}

fn said(unit: Option<&Unit>, sign: Sign) -> String {
    let Some(unit) = unit else {
        return String::new();
    };
    match (sign, unit.status_text.as_str(), unit.result.as_str()) {
        (Sign::Failing, _, result) if !matches!(result, "" | "success") => result.to_owned(),
        (_, text, _) => text.to_owned(),
    }
}

/// Instances, the oldest first.
fn seats<'a>(parts: &[&'a Standing]) -> Vec<(&'a Seat, &'a Standing)> {
    let seat = |it: &&'a Standing| match &it.part {
        Some(Part::Instance(seat)) => Some((seat, *it)),
        Some(Part::Manager) | None => None,
    };
    parts.iter().filter_map(seat).collect()
}

/// What the manager and its instances say outweighs the manager's unit.
fn managed(mut cell: Cell, held: Option<&Held>, seats: &[(&Seat, &Standing)]) -> Cell {
    let serving: Vec<_> = seats
        .iter()
        .filter(|it| it.0.weight.is_some_and(|it| it > 0))
        .collect();
    let ready = serving.iter().filter(|it| it.0.ready).count();
    let revision = serving.iter().map(|it| &it.0.instance.revision).max();
    let revision = revision.or_else(|| held?.serving.as_ref());
    cell.revision = revision.map(ToString::to_string);
    let unready = serving
        .iter()
        .find_map(|it| it.0.why.clone().filter(|_| !it.0.ready));
    let wanted = held.and_then(|it| it.wanted.as_ref());
    let trial = wanted.filter(|it| Some(*it) != revision);
    cell.detail = match (trial, held.and_then(|it| it.verdict.as_ref())) {
        (Some(it), Some(Verdict::Failed { report, .. })) => {
            format!("{} was given up: {}", it.short(), report.what)
        }
        (Some(it), Some(Verdict::Proven { .. }) | None) => format!("{} is on its way", it.short()),
        (None, _) if serving.is_empty() => cell.detail,
        (None, _) => format!("{ready} of {} ready", serving.len()),
    };
    if held.is_some_and(|it| it.paused) {
        cell.detail += "; paused";
    }
    if cell.sign == Sign::Good && serving.is_empty() {
        cell.sign = Sign::Failing;
        cell.detail = format!("nothing serves; {}", cell.detail);
    }
    if let Some(why) = unready.filter(|_| ready == 0) {
        cell.sign = cell.sign.min(Sign::Failing);
        cell.detail = format!("{}: {why}", cell.detail);
    }
    cell
}

/// Between unit and container, and between the node and the file. That it is down is its state already.
fn drift(parts: &[&Standing], change: Option<&Change>) -> Option<String> {
    let apart = parts.iter().find_map(|it| it.drift.clone());
    let file = change
        .filter(|it| it.action != Action::Start)
        .map(|it| it.why.join("; "));
    apart.or(file)
}
