//! Balancers: will a rollout drop a request for what the kernel is set to or lacks.

use super::finding;
use crate::model::balance::BalancerKind;
use crate::model::facts::{BalanceFacts, Facts, Setting};
use crate::model::finding::{Finding, Severity};

/// Before 5.9 the kernel drops the first packet of a client's port that comes round again.
const REUSE_IS_SLOW_BEFORE: (u32, u32) = (5, 9);

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let balance = &facts.balance;
    let ipvs_held = balance.held.contains(&BalancerKind::Ipvs);
    if !balance.ip_vs {
        findings.push(finding(
            Severity::Note,
            "kernel",
            "has no ip_vs module; a manager balances by nftables then",
            "to balance by IPVS: modprobe ip_vs says why not; a kernel of the distribution that has it is linux-image-amd64 on Debian",
        ));
    }
    if ipvs_held {
        findings.extend(balance.settings.iter().filter_map(setting));
        age(balance, findings);
    }
    tool(balance, findings);
}

fn setting(it: &Setting) -> Option<Finding> {
    let loss = match it.path.rsplit('/').next().unwrap_or_default() {
        "expire_nodest_conn" => "UDP clients of a stopped instance hang instead of moving on",
        "conn_reuse_mode" => "a busy client can be sent to an instance that is on its way out",
        "expire_quiescent_template" => "persistent clients stay with an instance on its way out",
        "conntrack" => "containers do not reach a service address of their own host",
        "ip_forward" => "no answer of a container reaches a client on another host",
        _ => "IPVS may drop requests",
    };
    let found = it.found.as_deref().unwrap_or("absent");
    (!it.right()).then(|| {
        finding(
            Severity::Warning,
            "kernel",
            format!("{} is {found}, not {}; {loss}", it.path, it.wanted),
            it.remedy(),
        )
    })
}

fn age(balance: &BalanceFacts, findings: &mut Vec<Finding>) {
    if balance.kernel < REUSE_IS_SLOW_BEFORE {
        let (major, minor) = balance.kernel;
        findings.push(finding(
            Severity::Warning,
            "kernel",
            format!("{major}.{minor} is older than 5.9; IPVS delays some connections of busy clients by a second"),
            "a newer kernel, or balancer: nftables in the definition",
        ));
    }
}

/// Without a service address nobody misses it.
fn tool(balance: &BalanceFacts, findings: &mut Vec<Finding>) {
    let needed = |it: &BalancerKind| match it {
        BalancerKind::Ipvs | BalancerKind::Nftables => true,
        BalancerKind::Relay => false,
    };
    if !balance.nft && balance.held.iter().any(needed) {
        findings.push(finding(
            Severity::Error,
            "nft",
            "is not installed; service addresses can be neither made nor changed",
            "apt-get install nftables",
        ));
    }
}
