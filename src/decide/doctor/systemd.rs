//! systemd: is it there, and does it obey every line of our unit.

use super::finding;
use crate::decide::units::render::render;
use crate::model::facts::{Facts, SystemdFacts};
use crate::model::finding::{Finding, Severity};

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let systemd = &facts.systemd;
    let Some(version) = systemd.version else {
        findings.push(finding(
            Severity::Error,
            "systemd",
            "systemctl is not installed; services are run by systemd units",
            "use a host with systemd",
        ));
        return;
    };
    if !systemd.running {
        findings.push(finding(
            Severity::Error,
            "systemd",
            "is installed but is not this host's process 1, so no unit can be started",
            "boot the host with systemd",
        ));
    }
    if !systemd.cgroup_v2 {
        findings.push(finding(
            Severity::Warning,
            "systemd",
            "runs on cgroup version 1; memory limits and the account of an out-of-memory kill are less exact",
            "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line",
        ));
    }
    template(systemd, version, findings);
}

fn template(systemd: &SystemdFacts, version: u32, findings: &mut Vec<Finding>) {
    let Some(text) = &systemd.template else {
        findings.push(finding(
            Severity::Error,
            "runner@.service",
            "is not installed",
            "wharf install",
        ));
        return;
    };
    let binary = binary(text);
    if binary.is_none_or(|it| render(version, it) != *text) {
        findings.push(finding(
            Severity::Warning,
            "runner@.service",
            format!("differs from the one this binary writes for systemd {version}"),
            "wharf install; changes of your own belong into `systemctl edit runner@NAME`",
        ));
    }
    // systemd goes on without the lines it does not know: notify-reload before 253 becomes simple.
    let ignored = systemd.complaints.iter().filter(|it| it.contains("ignor"));
    findings.extend(ignored.map(|line| {
        finding(
            Severity::Error,
            "runner@.service",
            format!("is not obeyed: {line}"),
            "wharf install, which writes it for the systemd found",
        )
    }));
}

/// The path of the binary the unit starts.
fn binary(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|it| it.strip_prefix("ExecStart="))?;
    let path = line.strip_suffix(" run %i")?;
    Some(path.trim_matches('"'))
}
