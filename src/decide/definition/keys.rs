//! Every key a definition may have, section by section.

pub(in crate::decide) const TOP: &[&str] = &[
    "name",
    "image",
    "container_create_args",
    "service_args",
    "environment",
    "env_file",
    "secrets",
    "volumes",
    "port",
    "user",
    "limits",
    "stop",
    "health_check",
    "monitor",
    "success_seconds",
    "pull",
    "daemon_grace",
    "logs",
    "tty",
    "address",
    "balancer",
    "scheduler",
    "persistence",
    "replicas",
    "rollout",
    "wants",
    "alerts",
    "_id",
    "_rev",
];
/// Of a host process, beside what it shares with containers.
pub(super) const PROCESS: &[&str] = &[
    "command",
    "shell",
    "inherit_env",
    "workdir",
    "umask",
    "stdout",
    "stderr",
    "adopt",
    "pidfile",
    "autopid",
    "proctitle_re",
    "enabled",
    "autostart",
    "autorestart",
    "max_restarts",
    "restart_delay",
    "after",
    "rss_limit",
    "activityfile",
    "activityfile_limit",
    "monitor_after",
];
/// Of an application of several containers.
pub(in crate::decide) const COMPOSE: &[&str] = &["compose", "repo", "branch"];
pub(super) const LIMITS: &[&str] = &[
    "memory",
    "memory_high",
    "cpus",
    "cpu_weight",
    "tasks",
    "io_weight",
];
pub(super) const STOP: &[&str] = &["signal", "timeout"];
pub(super) const SECRET: &[&str] = &["file", "credential", "exec"];
pub(super) const ALERTS: &[&str] = &["to", "for", "remind"];
pub(super) const LOGS: &[&str] = &["rate", "burst", "stderr_priority", "multiline", "fields"];
pub(super) const MULTILINE: &[&str] = &["start", "continuation", "max_lines", "timeout_ms"];
pub(super) const ROLLOUT: &[&str] = &[
    "settle",
    "min_healthy",
    "drain_timeout",
    "drain",
    "drain_signal",
    "drain_http",
    "drain_exec",
    "order",
    "deadline",
    "keep",
];
/// How often and how seriously.
pub(super) const RHYTHM: &[&str] = &["timeout", "rise", "fall", "start_period", "on_failure"];
pub(super) const HEALTH: &[&str] = &["tcp", "http", "exec", "notify", "command", "interval"];
/// One HTTP request.
pub(super) const ASK: &[&str] = &[
    "path",
    "port",
    "host",
    "scheme",
    "method",
    "query",
    "query_parameters",
    "headers",
    "body",
    "expected",
    "verify",
];
pub(super) const ANSWER: &[&str] = &["status", "body", "body_file", "contains"];
pub(super) const MONITOR: &[&str] = &[
    "check_container_present",
    "public_network_name",
    "check_http",
    "check_internal_command",
    "check_shell_command",
    "check_exe",
];
/// What every monitor check has beside its rhythm.
pub(super) const CHECK: &[&str] = &["name", "frequency"];
/// One command.
pub(super) const ORDER: &[&str] = &[
    "environment",
    "stdin_string",
    "stdin_file",
    "workdir",
    "expected",
];
pub(super) const SHELL: &[&str] = &["shell_command"];
pub(super) const EXE: &[&str] = &["exe", "arguments"];
pub(super) const OUTCOME: &[&str] = &["status", "stdout", "stderr"];

/// Returns each section's path and its keys, for manuals, completions and tests.
pub fn known_keys() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("", [TOP, PROCESS, COMPOSE].concat()),
        ("secrets.NAME", SECRET.to_vec()),
        ("limits", LIMITS.to_vec()),
        ("stop", STOP.to_vec()),
        ("health_check", [HEALTH, RHYTHM, ASK].concat()),
        ("health_check.expected", ANSWER.to_vec()),
        ("monitor", MONITOR.to_vec()),
        ("monitor.check_http[]", [CHECK, RHYTHM, ASK].concat()),
        (
            "monitor.check_internal_command[]",
            [SHELL, CHECK, RHYTHM, ORDER].concat(),
        ),
        (
            "monitor.check_shell_command[]",
            [SHELL, CHECK, RHYTHM, ORDER].concat(),
        ),
        ("monitor.check_exe[]", [EXE, CHECK, RHYTHM, ORDER].concat()),
        ("rollout", ROLLOUT.to_vec()),
        ("alerts", ALERTS.to_vec()),
        ("logs", LOGS.to_vec()),
        ("logs.multiline", MULTILINE.to_vec()),
    ]
}
