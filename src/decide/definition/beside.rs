//! What cannot be had behind an address, above all by two revisions side by side.

use crate::decide::quote::quoted;
use crate::model::container::{ContainerSpec, Network};
use crate::model::rollout::Rollout;

use super::{
    fields::{Entry, Fields},
    findings::Findings,
};

const OTHERWISE: &str = "or set `rollout: {order: stop-first}`, at the price of a pause";

/// Reports what a service with an `address` lacks and what it cannot have.
pub(super) fn agree(
    top: &Fields<'_>,
    spec: &ContainerSpec,
    rollout: &Rollout,
    found: &mut Findings,
) {
    let Some(address) = top.get("address") else {
        return;
    };
    if !top.has("port") {
        let hint = "add `port: 80`, where the program in the container listens";
        address.mistake_with(
            "an `address` leads to a port of the container, and none is named",
            hint,
            found,
        );
    }
    if !top.has("health_check") {
        let what =
            "without `health_check` a new revision gets requests as soon as its container stays up";
        let hint = "add `health_check: http` or `health_check: tcp`";
        found.notice(address.place, &address.path, what, Some(hint.to_owned()));
    }
    let flags = top.get("container_create_args").unwrap_or(address);
    for network in &spec.networks {
        no_address(network, &flags, found);
    }
    if !rollout.one_at_a_time() {
        one_only(spec, &flags, found);
    }
}

fn no_address(network: &Network, flags: &Entry<'_>, found: &mut Findings) {
    let shared = network.name == "host" || network.name.starts_with("container:");
    if shared || network.name == "none" {
        let what = format!(
            "network {} gives a container no address of its own, and a service with an `address` needs one for each revision",
            quoted(&network.name)
        );
        flags.mistake_with(what, "leave it out, or name a network of docker's", found);
    }
}

/// What one instance can have and two at once cannot.
fn one_only(spec: &ContainerSpec, flags: &Entry<'_>, found: &mut Findings) {
    if !spec.ports.is_empty() {
        let what = "a published port and an `address` exclude each other: two revisions run side by side, and only one could have the port";
        let hint = format!("leave `--publish` out, clients come by the address; {OTHERWISE}");
        flags.mistake_with(what, hint, found);
    }
    let fixed = spec
        .networks
        .iter()
        .any(|it| it.ip.is_some() || it.ip6.is_some() || it.mac.is_some());
    if fixed {
        let what = "a fixed address of the container can be had by one revision only, and two run side by side";
        let hint = format!("leave `--ip`, `--ip6` and `--mac-address` out; {OTHERWISE}");
        flags.mistake_with(what, hint, found);
    }
}
