//! Keys of whole fleets and of host processes, refused with the reason.

/// Returns why a key that means something elsewhere means nothing in a definition.
pub(super) fn reason(key: &str) -> Option<&'static str> {
    match key {
        "depends_on" => Some("name other services with managers in `wants`"),
        "replica_nodes" | "nodes" | "routes" | "unit" | "deploy" | "delete" | "services"
        | "store" | "ingress" => Some(
            "this version runs one container per definition, on this host, and knows no such key",
        ),
        "command" | "exec" | "cmd" | "args" => Some(
            "this version runs one container per definition: its image goes to `image`, arguments after the image to `service_args`",
        ),
        "rss_limit" | "activityfile" | "activityfile_limit" | "monitor_after" => Some(
            "this version watches one container per definition; for memory use `limits.memory`",
        ),
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
