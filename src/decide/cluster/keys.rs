//! Every key a cluster file may have, section by section.

use crate::decide::alert::{settings, ways};
use crate::decide::definition;
use crate::decide::routes::keys as routes;

pub(super) const TOP: &[&str] = &[
    "services",
    "nodes",
    "rollout",
    "hooks",
    "ssh_config",
    "alerts",
    "min_version",
    "mermaid_diagram",
    "doc_sites",
    "sites",
    "ingress",
];
/// A service's own, whatever it consists of.
pub(super) const SERVICE: &[&str] = &[
    "name",
    "nodes",
    "ports",
    "svc_uris",
    "doc_sites",
    "sites",
    "deploy_in",
    "routes",
];
/// What makes a service one of scripts.
pub(super) const SCRIPTS: &[&str] = &["unit", "deploy", "delete"];
/// A definition in a file of its own.
pub(super) const FILE: &str = "file";
/// What only a service with a definition has.
pub(super) const CONTAINER: &[&str] = &["pre_deploy", "image_push"];
pub(super) const NODE: &[&str] = &["ssh", "labels", "address"];
pub(super) const WAVES: &[&str] = &["waves", "pause", "on_failure", "offline"];
pub(super) const HOOKS: &[&str] = &["before", "after", "failed"];
pub(super) const PRE_DEPLOY: &[&str] = &["command", "timeout"];
pub(super) const SITE: &[&str] = &["name", "url"];

/// A definition's keys that mean something else in a cluster, or nothing.
const DOCUMENTS: [&str; 2] = ["_id", "_rev"];

/// Returns a definition's keys as they may stand in a service.
pub(super) fn definition() -> impl Iterator<Item = &'static str> {
    let keys = definition::keys::TOP
        .iter()
        .chain(definition::keys::COMPOSE);
    let keys = keys.copied();
    keys.filter(|it| *it != "name" && !DOCUMENTS.contains(it))
}

/// Returns all keys of a service.
pub(super) fn service() -> Vec<&'static str> {
    let own = [SERVICE, SCRIPTS, &[FILE], CONTAINER].concat();
    own.into_iter().chain(definition()).collect()
}

/// Returns each section's path and its keys; those of definitions are
/// [`definition::known_keys`].
pub fn known_keys() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("", TOP.to_vec()),
        ("nodes.NAME", NODE.to_vec()),
        ("rollout", WAVES.to_vec()),
        ("hooks", HOOKS.to_vec()),
        ("cluster.alerts", settings::TOP.to_vec()),
        ("cluster.alerts.channels.NAME", ways::KEYS.to_vec()),
        ("cluster.alerts.smtp", ways::SMTP.to_vec()),
        ("cluster.alerts.webhook", ways::WEBHOOK.to_vec()),
        ("cluster.alerts.flapping", settings::FLAPPING.to_vec()),
        ("doc_sites[]", SITE.to_vec()),
        ("sites[]", SITE.to_vec()),
        ("ingress", routes::INGRESS.to_vec()),
        ("ingress.outside[]", routes::OUTSIDE.to_vec()),
        ("ingress.outside[].routes[]", routes::ROUTE.to_vec()),
        ("services[]", service()),
        ("services[].routes[]", routes::ROUTE.to_vec()),
        ("services[].deploy_in", WAVES.to_vec()),
        ("services[].pre_deploy", PRE_DEPLOY.to_vec()),
        ("services[].doc_sites[]", SITE.to_vec()),
        ("services[].sites[]", SITE.to_vec()),
    ]
}

/// Returns why a key that means something elsewhere means nothing in a cluster file.
pub(super) fn reason(key: &str) -> Option<&'static str> {
    match key {
        "hosts" | "servers" => Some("the hosts of a cluster are its `nodes`"),
        "waves" | "pause" | "on_failure" | "offline" => Some(
            "this stands below `rollout:` for the whole cluster, below `deploy_in:` for one service",
        ),
        "script" | "install" => Some("sc's script for this is `deploy`"),
        "depends_on" => Some(
            "services are deployed in the order of the file; on a host, name services with managers in `wants`",
        ),
        "command" | "cmd" | "args" => Some(
            "the image goes to `image`, arguments after it to `service_args`; a script to `deploy`",
        ),
        _ => None,
    }
}
