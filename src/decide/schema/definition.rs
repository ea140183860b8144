//! The keys of definitions.

use super::Kind::{
    Choice, Either, Named, Number, OneOrMore, Scalar, Scalars, Section as Inner, Truth,
};
use super::{Key, Kind, Section};

/// A map of variables, or a list of KEY=VALUE.
pub(super) const VARIABLES: Kind = Either(&[Named(&Scalar), Scalars]);

/// Everything but the name, which a cluster's service has as well.
pub(super) const OWN: &[Key] = &[
    Key("image", Scalar, "The image, with tag or digest"),
    Key(
        "container_create_args",
        Scalars,
        "Flags of docker create, as a list of words",
    ),
    Key(
        "service_args",
        Scalars,
        "Words after the image: arguments of its entrypoint",
    ),
    Key(
        "environment",
        VARIABLES,
        "Variables, as a map or as a list of KEY=VALUE",
    ),
    Key(
        "env_file",
        OneOrMore,
        "Files of KEY=VALUE lines on the node",
    ),
    Key(
        "secrets",
        Named(&Either(&[Scalar, Inner("secrets.NAME")])),
        "Files below /run/secrets in the container",
    ),
    Key(
        "volumes",
        Scalars,
        "Mounts in the words of docker create --volume",
    ),
    Key(
        "port",
        Number,
        "The container's own port, where health checks and requests go",
    ),
    Key("user", Scalar, "Name or number, with :group if need be"),
    Key(
        "limits",
        Inner("limits"),
        "What systemd lets the service take",
    ),
    Key("stop", Inner("stop"), "How the container ends"),
    Key(
        "health_check",
        Either(&[Choice(&["tcp", "http", "notify"]), Inner("health_check")]),
        "The gate before the service counts as started",
    ),
    Key("monitor", Inner("monitor"), "Checks while it is up"),
    Key(
        "success_seconds",
        Number,
        "How long it must stay up to count as started when there is no health check",
    ),
    Key(
        "pull",
        Choice(&["missing", "always", "never"]),
        "When the image is pulled",
    ),
    Key(
        "daemon_grace",
        Number,
        "How long docker may be away before the unit fails: 60s",
    ),
    Key("logs", Inner("logs"), "How lines become journal records"),
    Key(
        "alerts",
        Either(&[Choice(&["on", "off"]), Inner("alerts")]),
        "Who hears of its troubles, and when; otherwise as the host's alerts.yaml says",
    ),
    Key("tty", Truth, "A terminal for programs that insist on one"),
    Key(
        "address",
        OneOrMore,
        "What clients connect to, IP:PORT or IP:PORT/udp: the service has revisions and is rolled",
    ),
    Key(
        "balancer",
        Choice(&["auto", "ipvs", "nftables", "relay"]),
        "How requests reach the containers",
    ),
    Key(
        "scheduler",
        Choice(&["rr", "wrr", "lc", "sh"]),
        "Which real server gets the next connection",
    ),
    Key(
        "persistence",
        Number,
        "How long a client stays with its real server: 300s",
    ),
    Key("replicas", Number, "Instances of each revision, 1 to 99"),
    Key(
        "rollout",
        Inner("definition.rollout"),
        "How it goes from one revision to the next on a node",
    ),
    Key(
        "wants",
        Scalars,
        "Services with managers that are started before this one",
    ),
];

/// What a process of the host has instead of an image.
const PROCESS: &[Key] = &[
    Key(
        "command",
        OneOrMore,
        "A process of this host: its words as a list, or a line for a shell",
    ),
    Key("shell", Scalar, "The same as a line for /bin/sh"),
    Key(
        "inherit_env",
        Truth,
        "It also sees the variables of who starts it: true",
    ),
    Key("workdir", Scalar, "The directory it starts in"),
    Key("umask", Scalar, "Its file mode mask, in octal"),
    Key(
        "stdout",
        Scalar,
        "A file its stdout is appended to; the journal without it",
    ),
    Key("stderr", Scalar, "A file, `stdout` or `journal`"),
    Key(
        "adopt",
        Truth,
        "One that somebody else started is taken over, without a restart: false",
    ),
    Key(
        "pidfile",
        Scalar,
        "Where its number is written, and looked for",
    ),
    Key(
        "autopid",
        Truth,
        "False: the program writes the pidfile itself",
    ),
    Key(
        "proctitle_re",
        Scalar,
        "A regular expression its command line matches, and nothing else's",
    ),
    Key("enabled", Truth, "False: it is not started at all"),
    Key(
        "autostart",
        Truth,
        "`wharf supervise` starts it when it begins: true",
    ),
    Key(
        "autorestart",
        Truth,
        "`wharf supervise` starts it again when it ends: true",
    ),
    Key(
        "max_restarts",
        Number,
        "Unstable runs in a row before it is given up; 0 for never",
    ),
    Key("restart_delay", Scalar, "The least pause before a restart"),
    Key(
        "after",
        OneOrMore,
        "Services that have to be ready before it starts",
    ),
    Key(
        "rss_limit",
        Scalar,
        "Memory of its whole tree; more is a restart. A bare number is kilobytes",
    ),
    Key(
        "activityfile",
        Scalar,
        "A file or directory that has to change every so often",
    ),
    Key("activityfile_limit", Scalar, "How often: 120s"),
    Key(
        "monitor_after",
        Scalar,
        "It is watched from this age on: 30s; 0 for never",
    ),
];

/// An application of several containers.
pub(super) const COMPOSE: &[Key] = &[
    Key(
        "compose",
        OneOrMore,
        "An application of several containers: its folder, its file, or files of `repo`",
    ),
    Key(
        "repo",
        Scalar,
        "The git repository an application comes from",
    ),
    Key("branch", Scalar, "Its branch"),
];

/// The file itself.
pub(super) const TOP: Section = Section {
    path: "",
    groups: &[
        &[Key(
            "name",
            Scalar,
            "Name of the unit and the container; the file's own without it",
        )],
        OWN,
        PROCESS,
        COMPOSE,
        &[
            Key("_id", Scalar, "A document's own name for the service"),
            Key("_rev", Scalar, "A document's own revision"),
        ],
    ],
    needed: &[],
    open: false,
};
