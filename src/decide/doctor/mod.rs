//! Facts about a host in, findings with a remedy each out.

mod balance;
mod docker;
mod ingress;
mod journal;
mod services;
mod systemd;
pub mod user;

use crate::model::facts::Facts;
use crate::model::finding::{Finding, Severity};

/// Returns what is wrong with the host, the gravest first; empty when all is well.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    systemd::judge(facts, &mut findings);
    docker::judge(facts, &mut findings);
    journal::judge(facts, &mut findings);
    services::judge(facts, &mut findings);
    balance::judge(facts, &mut findings);
    ingress::judge(facts, &mut findings);
    findings.sort_by_key(|it| it.severity);
    findings
}

fn finding(
    severity: Severity,
    subject: &str,
    what: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding {
        severity,
        subject: subject.to_owned(),
        what: what.into(),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests;
