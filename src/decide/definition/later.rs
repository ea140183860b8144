//! Keys that mean something elsewhere, refused with the reason.

/// Returns why a key that means something elsewhere means nothing in a definition.
pub(super) fn reason(key: &str) -> Option<&'static str> {
    match key {
        "depends_on" => Some("name other services with managers in `wants`"),
        "replica_nodes" | "nodes" | "routes" | "unit" | "deploy" | "delete" | "services"
        | "store" | "ingress" => Some(
            "this version runs one container per definition, on this host, and knows no such key",
        ),
        "command" => Some(
            "a host process is defined in a file of its own on its host; a container's words go to `service_args`",
        ),
        "exec" | "cmd" | "args" => Some(
            "a container's image goes to `image`, arguments after the image to `service_args`; a host process has `command`",
        ),
        "maxrestarts" => Some("this is usrsvc's word: write `max_restarts`"),
        "rss_limit" | "activityfile" | "activityfile_limit" | "monitor_after" => {
            Some("a cluster's containers are watched by checks; for memory use `limits.memory`")
        }
        "min_healthy" | "drain_timeout" | "drain" | "deadline" | "keep" => {
            Some("this stands below `rollout:`")
        }
        "ports" => Some(
            "publish with `container_create_args: [--publish, \"8080:80\"]`; `port` is the container's own",
        ),
        "networks" | "network" => Some("join with `container_create_args: [--network, NAME]`"),
        "restart" => Some("systemd restarts the service: set `Restart=` in its unit"),
        "healthcheck" => Some("did you mean `health_check`?"),
        _ => None,
    }
}
