//! Flags that docker takes and wharf does not, each with the reason.

/// Why a flag is not taken.
pub(super) struct Verdict {
    long: &'static str,
    short: Option<char>,
    pub(super) takes_value: bool,
    /// True: the container is the same without it, so a notice is enough.
    pub(super) harmless: bool,
    pub(super) reason: &'static str,
}

pub(super) fn long(name: &str) -> Option<&'static Verdict> {
    VERDICTS.iter().find(|it| it.long == name)
}

pub(super) fn short(letter: char) -> Option<&'static Verdict> {
    VERDICTS.iter().find(|it| it.short == Some(letter))
}

const fn no(long: &'static str, reason: &'static str) -> Verdict {
    Verdict {
        long,
        short: None,
        takes_value: true,
        harmless: false,
        reason,
    }
}

const fn over(
    long: &'static str,
    short: Option<char>,
    takes_value: bool,
    reason: &'static str,
) -> Verdict {
    Verdict {
        long,
        short,
        takes_value,
        harmless: true,
        reason,
    }
}

const OWN_HEALTH: &str =
    "wharf asks the service itself: use `health_check`, a command with `exec: [...]`";
const HOST_LIMITS: &str =
    "not carried by this version: limits of the service go to `limits`, which systemd keeps";
const NOT_CARRIED: &str = "not carried by this version";

const VERDICTS: &[Verdict] = &[
    no(
        "gpus",
        "the devices of a GPU are handed in by a runtime that wharf does not configure: \
         name them with `--device /dev/…`, or make that runtime the daemon's default",
    ),
    no(
        "name",
        "the container is named after the service: set `name`",
    ),
    no(
        "cidfile",
        "wharf finds its container by label and name: `docker ps --filter label=io.wharf.service`",
    ),
    no(
        "cgroup-parent",
        "wharf puts the container into the slice of its unit: use `limits`",
    ),
    no(
        "link",
        "links are docker's old way: join a network with `--network` and `--network-alias`",
    ),
    no(
        "volumes-from",
        "name the volumes themselves with `--volume`: the other container may be gone",
    ),
    no(
        "volume-driver",
        "create the volume once with `docker volume create --driver …` and name it here",
    ),
    no("label-file", "write the labels here, with `--label`"),
    no("health-cmd", OWN_HEALTH),
    no("health-interval", OWN_HEALTH),
    no("health-retries", OWN_HEALTH),
    no("health-start-interval", OWN_HEALTH),
    no("health-start-period", OWN_HEALTH),
    no("health-timeout", OWN_HEALTH),
    no("blkio-weight", HOST_LIMITS),
    no("blkio-weight-device", HOST_LIMITS),
    no("cpu-period", HOST_LIMITS),
    no("cpu-quota", HOST_LIMITS),
    no("cpu-rt-period", HOST_LIMITS),
    no("cpu-rt-runtime", HOST_LIMITS),
    no("cpuset-mems", HOST_LIMITS),
    no("device-read-bps", HOST_LIMITS),
    no("device-read-iops", HOST_LIMITS),
    no("device-write-bps", HOST_LIMITS),
    no("device-write-iops", HOST_LIMITS),
    no("kernel-memory", HOST_LIMITS),
    no("memory-reservation", HOST_LIMITS),
    no("memory-swappiness", HOST_LIMITS),
    no("oom-score-adj", HOST_LIMITS),
    Verdict {
        takes_value: false,
        ..no("oom-kill-disable", HOST_LIMITS)
    },
    no("annotation", NOT_CARRIED),
    no("cgroupns", NOT_CARRIED),
    no("device-cgroup-rule", NOT_CARRIED),
    no(
        "domainname",
        "not carried by this version: write the whole name to `--hostname`",
    ),
    no("isolation", "a matter of Windows"),
    no("link-local-ip", NOT_CARRIED),
    no(
        "platform",
        "not carried by this version: name the image of the platform by its digest",
    ),
    no(
        "runtime",
        "not carried by this version: make that runtime the daemon's default",
    ),
    no("storage-opt", NOT_CARRIED),
    no("userns", NOT_CARRIED),
    no("uts", NOT_CARRIED),
    Verdict {
        takes_value: false,
        short: Some('P'),
        ..no(
            "publish-all",
            "name each port with `--publish`: a random one is found by nobody",
        )
    },
    over(
        "restart",
        None,
        true,
        "systemd restarts the service; wharf always tells docker not to",
    ),
    over(
        "rm",
        None,
        false,
        "wharf removes the container itself, after its last line is read",
    ),
    over(
        "detach",
        Some('d'),
        false,
        "the unit is the foreground; there is nothing to detach from",
    ),
    over(
        "interactive",
        Some('i'),
        false,
        "nobody types to a service: its input is empty",
    ),
    over("attach", Some('a'), true, "the lines go to the journal"),
    over("detach-keys", None, true, "nobody types to a service"),
    over(
        "sig-proxy",
        None,
        false,
        "signals are the shim's: use `stop`",
    ),
    over(
        "no-healthcheck",
        None,
        false,
        "the image's own health check gates nothing here",
    ),
    over(
        "disable-content-trust",
        None,
        false,
        "docker itself no longer looks at it",
    ),
    over(
        "quiet",
        Some('q'),
        false,
        "progress goes to the unit's status line",
    ),
];
