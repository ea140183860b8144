//! Services: definitions that do not read, units that failed, containers nobody owns.

use super::finding;
use crate::decide::container::LABEL_UNIT;
use crate::decide::units::escape::unit;
use crate::model::facts::{DefinitionFacts, Facts, UnitFacts};
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Container;
use crate::model::owner::Owner;

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    findings.extend(facts.definitions.iter().filter_map(unreadable));
    for it in &facts.units {
        findings.extend(ended(it));
        findings.extend(empty(it, facts));
        findings.extend(outdated(it, facts));
        findings.extend(limited(it));
    }
    let orphans = facts.containers.iter().filter_map(|it| orphan(it, facts));
    findings.extend(orphans);
}

fn unreadable(definition: &DefinitionFacts) -> Option<Finding> {
    let path = definition.path.display().to_string();
    let first = definition.mistakes.first()?;
    let what = match definition.mistakes.len() {
        1 => format!("does not read: {first}"),
        many => format!("has {many} mistakes, the first: {first}"),
    };
    let remedy = format!("wharf check {path}");
    Some(finding(Severity::Error, &path, what, remedy))
}

fn ended(unit: &UnitFacts) -> Option<Finding> {
    let look = format!("journalctl -eu {0}; then systemctl restart {0}", unit.id);
    match (unit.active.as_str(), unit.sub.as_str()) {
        ("failed", _) => {
            let what = format!("has failed: {}", unit.result);
            Some(finding(Severity::Error, &unit.id, what, look))
        }
        ("activating", "auto-restart") => {
            let what = format!("ended ({}) and waits to be started again", unit.result);
            Some(finding(Severity::Warning, &unit.id, what, look))
        }
        _ => None,
    }
}

/// Docker's silence says nothing about containers, so it is asked only when docker answered.
fn empty(it: &UnitFacts, facts: &Facts) -> Option<Finding> {
    let defined = facts.definitions.iter().filter(|it| it.process);
    if defined.into_iter().any(|known| unit(&known.name) == it.id) {
        return None;
    }
    let unit = it;
    let held = facts
        .containers
        .iter()
        .filter(|it| owner(it) == Some(&unit.id) && it.running);
    (facts.docker.is_ok() && unit.active == "active" && held.count() == 0).then(|| {
        finding(
            Severity::Error,
            &unit.id,
            "is active but no running container of ours belongs to it",
            format!("systemctl restart {}", unit.id),
        )
    })
}

fn outdated(it: &UnitFacts, facts: &Facts) -> Option<Finding> {
    let defined = facts
        .definitions
        .iter()
        .any(|known| unit(&known.name) == it.id);
    if !it.reload_needed && (it.drop_in || !defined) {
        return None;
    }
    let what = match it.drop_in {
        true => "runs by an older reading of its files; limits and stop timeout may have changed",
        false => "has no drop-in from wharf's generator; limits and stop timeout are not in force",
    };
    let remedy = format!(
        "systemctl daemon-reload; systemctl restart {} when convenient",
        it.id
    );
    Some(finding(Severity::Warning, &it.id, what, remedy))
}

fn limited(unit: &UnitFacts) -> Option<Finding> {
    (!unit.rate_limit_lifted).then(|| {
        finding(
            Severity::Warning,
            &unit.id,
            "is under journald's own rate limit; journald drops lines above it",
            "wharf install, or in the unit: LogRateLimitIntervalSec=1s and LogRateLimitBurst=1000000",
        )
    })
}

fn orphan(container: &Container, facts: &Facts) -> Option<Finding> {
    let unit = owner(container)?;
    let alive = |it: &&UnitFacts| !["inactive", "failed"].contains(&it.active.as_str());
    if facts.units.iter().filter(alive).any(|it| it.id == unit) {
        return None;
    }
    let (severity, what) = match container.running {
        true => (
            Severity::Error,
            format!("runs, but its unit {unit} does not"),
        ),
        false => (
            Severity::Warning,
            format!("is left over from {unit}, which does not run"),
        ),
    };
    let reap = match Owner::of_unit(unit) {
        Some(_) => format!("--unit {unit}"),
        None => unit
            .trim_start_matches("runner@")
            .trim_end_matches(".service")
            .to_owned(),
    };
    let remedy = format!("systemctl start {unit} to adopt it, or: wharf reap {reap}");
    Some(finding(severity, &container.name, what, remedy))
}

fn owner(container: &Container) -> Option<&str> {
    container.labels.get(LABEL_UNIT).map(String::as_str)
}
