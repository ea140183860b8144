//! The maps inside a definition, with their keys.

use super::Kind::{
    Anything, Choice, Either, Named, Number, OneOrMore, Scalar, Scalars, Section as Inner,
    Sections, Truth,
};
use super::{Key, Section};

use super::definition::VARIABLES;

const RHYTHM: &[Key] = &[
    Key("timeout", Number, "How long an answer may take: 3s"),
    Key(
        "rise",
        Number,
        "Good answers in a row until it counts as healthy",
    ),
    Key(
        "fall",
        Number,
        "Bad ones in a row until it counts as failed",
    ),
    Key(
        "start_period",
        Number,
        "Failures of a container younger than this do not count: 30s",
    ),
    Key(
        "on_failure",
        Choice(&["restart", "unready", "alert", "log"]),
        "What a failed check leads to",
    ),
];
const ASK: &[Key] = &[
    Key("path", Scalar, "What is asked for, from /"),
    Key("port", Number, "The port asked; the service's without it"),
    Key(
        "host",
        Scalar,
        "The host asked; the container's address without it",
    ),
    Key("scheme", Choice(&["http", "https"]), "http or https"),
    Key("method", Scalar, "GET without it"),
    Key("query", Named(&OneOrMore), "Behind the ?"),
    Key(
        "query_parameters",
        Named(&OneOrMore),
        "The same under service_runner's name",
    ),
    Key("headers", Named(&OneOrMore), "Headers of the request"),
    Key("body", Scalar, "Sent with the request"),
    Key(
        "expected",
        Inner("health_check.expected"),
        "What a good answer is",
    ),
    Key("verify", Truth, "false: any certificate will do"),
];
const CHECK: &[Key] = &[
    Key("name", Scalar, "The check's name in events"),
    Key(
        "frequency",
        Number,
        "How often, in seconds or as a duration",
    ),
];
/// The surroundings of a command.
const ORDER: &[Key] = &[
    Key("environment", VARIABLES, "Variables of the command"),
    Key("stdin_string", Scalar, "Its input"),
    Key("stdin_file", Scalar, "A file of the node that is its input"),
    Key("workdir", Scalar, "Where it runs, from /"),
    Key("expected", Inner("expected"), "What a good end is"),
];
const SHELL: &[Key] = &[Key("shell_command", Scalar, "A line for /bin/sh")];

/// The maps in it.
pub(super) const INNER: &[Section] = &[
    section(
        "secrets.NAME",
        &[&[
            Key("file", Scalar, "A file of the node"),
            Key("credential", Scalar, "A credential of the unit"),
            Key("exec", OneOrMore, "A command whose output it is"),
        ]],
        &[],
    ),
    section(
        "limits",
        &[&[
            Key("memory", Scalar, "Most memory: 512M"),
            Key(
                "memory_high",
                Scalar,
                "Memory above which it is slowed down",
            ),
            Key("cpus", Number, "Cores: 1.5"),
            Key("cpu_weight", Number, "1 to 10000"),
            Key("tasks", Number, "Most processes and threads"),
            Key("io_weight", Number, "1 to 10000"),
        ]],
        &[],
    ),
    section(
        "stop",
        &[&[
            Key("signal", Scalar, "The signal that asks it to end"),
            Key(
                "timeout",
                Number,
                "How long it may take before it is killed: 10s",
            ),
        ]],
        &[],
    ),
    section(
        "health_check",
        &[
            &[
                Key(
                    "tcp",
                    Anything,
                    "Connects; a port, true, or a map with port and host",
                ),
                Key("http", Anything, "Asks over HTTP; a path, true, or a map"),
                Key(
                    "exec",
                    Either(&[Truth, OneOrMore]),
                    "A command in the container",
                ),
                Key("notify", Truth, "Waits for the program's own READY=1"),
                Key("command", OneOrMore, "A command in the container"),
                Key("interval", Number, "How often: 10s"),
            ],
            RHYTHM,
            ASK,
        ],
        &[],
    ),
    section(
        "health_check.expected",
        &[&[
            Key("status", Scalar, "A status, or a range like 200-399"),
            Key("body", Scalar, "The whole text"),
            Key(
                "body_file",
                Scalar,
                "A file of the node that holds the whole text",
            ),
            Key("contains", Scalar, "A part of the text"),
        ]],
        &[],
    ),
    section(
        "expected",
        &[&[
            Key("status", Number, "The exit code"),
            Key("stdout", Scalar, "The whole output"),
            Key("stderr", Scalar, "The whole error output"),
        ]],
        &[],
    ),
    section(
        "monitor",
        &[&[
            Key(
                "check_container_present",
                Truth,
                "Whether the container is looked after every five seconds",
            ),
            Key(
                "public_network_name",
                Scalar,
                "The network whose address checks use",
            ),
            Key("check_http", Sections("monitor.check_http[]"), "Requests"),
            Key(
                "check_internal_command",
                Sections("monitor.check_internal_command[]"),
                "Commands in the container",
            ),
            Key(
                "check_shell_command",
                Sections("monitor.check_shell_command[]"),
                "Lines for the node's /bin/sh",
            ),
            Key(
                "check_exe",
                Sections("monitor.check_exe[]"),
                "Programs of the node",
            ),
        ]],
        &[],
    ),
    section("monitor.check_http[]", &[CHECK, RHYTHM, ASK], &["path"]),
    section(
        "monitor.check_internal_command[]",
        &[SHELL, CHECK, RHYTHM, ORDER],
        &["shell_command"],
    ),
    section(
        "monitor.check_shell_command[]",
        &[SHELL, CHECK, RHYTHM, ORDER],
        &["shell_command"],
    ),
    section(
        "monitor.check_exe[]",
        &[
            &[
                Key("exe", Scalar, "The program"),
                Key("arguments", Scalars, "Its arguments"),
            ],
            CHECK,
            RHYTHM,
            ORDER,
        ],
        &["exe"],
    ),
    section(
        "definition.rollout",
        &[&[
            Key(
                "settle",
                Number,
                "How long a new instance stays ready before it gets requests: 5s",
            ),
            Key(
                "min_healthy",
                Number,
                "How long the old revision is kept warm behind the new one: 10s",
            ),
            Key(
                "drain_timeout",
                Number,
                "How long the old revision may keep its connections: 60s",
            ),
            Key(
                "drain",
                Choice(&["term-first", "wait-first", "lame"]),
                "In what order the old revision leaves",
            ),
            Key(
                "drain_signal",
                Scalar,
                "A signal that has it send its clients away",
            ),
            Key(
                "drain_http",
                Scalar,
                "A path that has it send its clients away",
            ),
            Key(
                "drain_exec",
                OneOrMore,
                "A command in the container that has it send its clients away",
            ),
            Key(
                "order",
                Choice(&["start-first", "stop-first"]),
                "Whether the old revision has ended before the new one begins: start-first",
            ),
            Key(
                "deadline",
                Number,
                "The longest a start may take, the pull included: 10m",
            ),
            Key("keep", Number, "Revisions kept beside those in use"),
        ]],
        &[],
    ),
    section(
        "logs",
        &[&[
            Key(
                "rate",
                Number,
                "Lines per second and stream; more are counted, not stored",
            ),
            Key(
                "burst",
                Number,
                "Lines above the rate that may come at once",
            ),
            Key(
                "stderr_priority",
                Scalar,
                "Of a stderr line that names no level; a name or 0 to 7",
            ),
            Key(
                "multiline",
                Inner("logs.multiline"),
                "Lines that are one record",
            ),
            Key(
                "fields",
                Scalars,
                "Keys of JSON lines that become journal fields",
            ),
        ]],
        &[],
    ),
    section(
        "alerts",
        &[&[
            Key(
                "to",
                OneOrMore,
                "Channels of the host's alerts.yaml; [] is nobody",
            ),
            Key(
                "for",
                Number,
                "How long it must be down before anybody is told: 60s",
            ),
            Key(
                "remind",
                Scalars,
                "After which times it is told again: [1h, 4h, 24h]",
            ),
        ]],
        &[],
    ),
    section(
        "logs.multiline",
        &[&[
            Key("start", Scalar, "What a record starts with"),
            Key(
                "continuation",
                Choice(&["indent"]),
                "Lines that start with a blank go on with the one before",
            ),
            Key("max_lines", Number, "Most lines of one record"),
            Key("timeout_ms", Number, "How long the next line is waited for"),
        ]],
        &[],
    ),
];

const fn section(
    path: &'static str,
    groups: &'static [&'static [Key]],
    needed: &'static [&'static str],
) -> Section {
    Section {
        path,
        groups,
        needed,
        open: false,
    }
}
