//! docker: does it answer, and will its upgrade cost anything.

use super::finding;
use crate::model::facts::Facts;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Daemon;

/// docker 20.10; what the shim asks of the API is there since.
const OLDEST_API: (u32, u32) = (1, 41);

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    match &facts.docker {
        Ok(daemon) => {
            age(daemon, findings);
            limits(daemon, findings);
            restarts(daemon, findings);
            logs(daemon, facts.daemon_json.as_deref(), findings);
        }
        Err(why) => findings.push(finding(
            Severity::Error,
            "docker",
            why.clone(),
            "systemctl start docker; without root, be a member of the group docker",
        )),
    }
}

fn age(daemon: &Daemon, findings: &mut Vec<Finding>) {
    let mut parts = daemon
        .api_version
        .split('.')
        .map(|it| it.parse().unwrap_or(0));
    let api = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if api < OLDEST_API {
        findings.push(finding(
            Severity::Error,
            "docker",
            format!(
                "{} speaks API {}, older than 1.41",
                daemon.version, daemon.api_version
            ),
            "install docker 20.10 or newer: apt-get install docker.io",
        ));
    }
}

fn limits(daemon: &Daemon, findings: &mut Vec<Finding>) {
    if daemon.cgroup_driver != "systemd" {
        findings.push(finding(
            Severity::Warning,
            "docker",
            format!(
                "uses the cgroup driver {}; containers stay outside their service's slice, so its limits do not hold them",
                daemon.cgroup_driver
            ),
            "in /etc/docker/daemon.json: {\"exec-opts\": [\"native.cgroupdriver=systemd\"]}, then systemctl restart docker",
        ));
    }
}

fn restarts(daemon: &Daemon, findings: &mut Vec<Finding>) {
    if !daemon.live_restore {
        findings.push(finding(
            Severity::Warning,
            "docker",
            "has live-restore off; every restart or upgrade of docker stops all containers",
            "in /etc/docker/daemon.json: {\"live-restore\": true}, then systemctl reload docker",
        ));
    }
}

/// Containers of ours carry a bounded log of their own; this is about all the others on the host.
fn logs(daemon: &Daemon, daemon_json: Option<&str>, findings: &mut Vec<Finding>) {
    let limited = daemon_json.is_some_and(|it| it.contains("max-size"));
    if daemon.log_driver == "json-file" && !limited {
        findings.push(finding(
            Severity::Note,
            "docker",
            "keeps the log of containers that are not wharf's without a limit; they can fill the disk",
            "in /etc/docker/daemon.json: {\"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"}}, then systemctl restart docker",
        ));
    }
}
