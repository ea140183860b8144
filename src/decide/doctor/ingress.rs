//! The way in: does the proxy run, with all the routes this host was given.

use super::finding;
use crate::model::facts::Facts;
use crate::model::finding::{Finding, Severity};

const UNIT: &str = "wharf-ingress.service";

/// A host without routes misses no proxy.
pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(standing) = &facts.ingress.standing else {
        return;
    };
    if !facts.ingress.haproxy {
        findings.push(finding(
            Severity::Error,
            "haproxy",
            "is not installed; no request comes in by the routes this host was given",
            format!("apt-get install haproxy; then systemctl restart {UNIT}"),
        ));
        return;
    }
    let remedy = match (standing.running, standing.failed) {
        (false, _) => format!("journalctl -eu {UNIT}; then systemctl restart {UNIT}"),
        (true, true) => format!("journalctl -eu {UNIT}; then wharf deploy -f FILE"),
        (true, false) => "put the routes right; wharf ingress check -f FILE asks each node".into(),
    };
    let troubles = standing.troubles().into_iter();
    findings.extend(troubles.map(|it| finding(Severity::Error, UNIT, it, remedy.clone())));
}
