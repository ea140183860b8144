//! How a container's end becomes the unit's exit code, and the sentence that explains it.

mod code;
pub mod ender;
pub mod signal;

use std::time::Duration;

use crate::model::{
    event::{Event, Kind},
    log::Priority,
};

/// docker did not come back within its grace.
pub const DOCKER_AWAY: u8 = 69;
/// A check with `on_failure: restart` failed.
pub const KILLED_BY_CHECK: u8 = 70;
/// The end was seen, its exit code never.
pub const UNKNOWN: u8 = 4;
const DOCKER_STOPPED: &str =
    "stopped by docker, which went down itself and has no live-restore (`wharf doctor` tells more)";
/// 128 + SIGKILL.
const KILLED: i64 = 137;
/// 128 + SIGTERM: what many programs return on a clean stop, whatever the signal was.
const TERMINATED: i64 = 143;

/// Everything known about one container's end.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// What `wait`, the `die` event or an inspect told; None when none of them did.
    pub code: Option<i64>,
    /// docker's `State.OOMKilled`: some process of the container's cgroup, not surely the first one.
    pub oom_killed: bool,
    /// Processes killed for want of memory since the container started, by the kernel's own counter
    /// (`oom_kill`); None where it could not be read. The cgroup vanishes with the container, so
    /// this may be older than the end: a zero proves nothing.
    pub oom_kills: Option<u64>,
    pub memory: Memory,
    pub ender: Ender,
}

/// Bytes; None where unlimited or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub limit: Option<u64>,
    pub peak: Option<u64>,
}

/// Who brought the end about.
#[derive(Clone, Debug, PartialEq)]
pub enum Ender {
    /// Nobody known of: it returned, crashed, or was killed by the kernel.
    Itself,
    /// The unit is being stopped or restarted, so wharf asked it to end.
    Stop(Asked),
    /// A check failed and wharf stopped it for that.
    Check { name: String, asked: Asked },
    /// `docker stop`, `docker kill` and the like by somebody else.
    StoppedOutside,
    /// docker went down and took it along.
    DockerStopped,
    /// `docker rm` by somebody else.
    RemovedOutside,
    /// docker stayed away for this long; whether the container still runs is not known.
    DaemonLost(Duration),
}

/// How wharf asked a container to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// As sent, `SIGTERM` or a number.
    pub signal: String,
    /// Time it was given.
    pub grace: Duration,
    /// It took longer, and SIGKILL was sent on our behalf.
    pub killed: bool,
}

/// The unit's exit code and the event that tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub exit: u8,
    /// `message` is the sentence; `data` has `exit_code`, `exit_signal`, `oom`, `mem_limit`, `mem_peak`
    /// where they are known. Sizes in bytes.
    pub event: Event,
}

/// Returns what the unit's exit code is and why.
///
/// A code of the container's own that is not zero is the unit's. A stop of ours is a success when
/// the container returned 0, went by the signal it was sent, or was killed by us. SIGKILL counts as
/// "out of memory" only where we sent none and the kernel or docker saw such a kill: docker's flag
/// alone is set by any child, and 137 alone by any `kill -9`.
pub fn verdict(end: &End) -> Verdict {
    let (exit, kind, priority, sentence) = match &end.ender {
        Ender::DaemonLost(away) => daemon_lost(*away),
        Ender::Check { name, asked } => by_check(end, name, asked),
        Ender::Stop(asked) => by_stop(end, asked),
        Ender::StoppedOutside => by_stranger(end, "stopped from outside, not by wharf"),
        Ender::DockerStopped if out_of_memory(end) => no_memory(end, ""),
        Ender::DockerStopped => by_stranger(end, DOCKER_STOPPED),
        Ender::RemovedOutside => removed(end),
        Ender::Itself => by_itself(end),
    };
    Verdict {
        exit,
        event: with_facts(Event::new(kind, priority, sentence), end),
    }
}

type Parts = (u8, Kind, Priority, String);

fn daemon_lost(away: Duration) -> Parts {
    let sentence = format!(
        "docker did not answer for {}; whether the container still runs is not known",
        seconds(away)
    );
    (DOCKER_AWAY, Kind::DockerLost, Priority::ERROR, sentence)
}

fn by_check(end: &End, name: &str, asked: &Asked) -> Parts {
    let sentence = format!("stopped because check `{name}` failed: {}", how(end, asked));
    (KILLED_BY_CHECK, Kind::Failed, Priority::ERROR, sentence)
}

fn by_stop(end: &End, asked: &Asked) -> Parts {
    if asked.killed && matches!(end.code, Some(KILLED) | None) {
        return (0, Kind::ForcedKill, Priority::WARNING, how(end, asked));
    }
    if out_of_memory(end) {
        return no_memory(end, "while stopping, ");
    }
    let went = signal::number(&asked.signal).map(|it| 128 + i64::from(it));
    match end.code {
        None | Some(0 | TERMINATED) => (0, Kind::Exited, Priority::INFO, how(end, asked)),
        Some(code) if Some(code) == went => (0, Kind::Exited, Priority::INFO, how(end, asked)),
        Some(code) => (
            code::of_unit(code),
            Kind::Exited,
            Priority::ERROR,
            format!(
                "asked to stop by {}, {}",
                asked.signal,
                code::in_words(code)
            ),
        ),
    }
}

fn by_stranger(end: &End, who: &str) -> Parts {
    let how = end
        .code
        .map_or(String::new(), |it| format!(": {}", code::in_words(it)));
    let sentence = format!("{who}{how}");
    let exit = end.code.map_or(UNKNOWN, code::of_unit);
    (exit, Kind::StoppedOutside, Priority::ERROR, sentence)
}

/// Removing a running container kills it, and removal may win the race against learning the code.
fn removed(end: &End) -> Parts {
    let exit = code::of_unit(end.code.unwrap_or(KILLED));
    let how = end
        .code
        .map_or(String::new(), |it| format!(": {}", code::in_words(it)));
    let sentence = format!("removed from outside, not by wharf{how}");
    (exit, Kind::RemovedOutside, Priority::ERROR, sentence)
}

fn by_itself(end: &End) -> Parts {
    if out_of_memory(end) {
        return no_memory(end, "");
    }
    let Some(code) = end.code else {
        let sentence = "ended, and docker kept no exit code".to_owned();
        return (UNKNOWN, Kind::Exited, Priority::ERROR, sentence);
    };
    let mut sentence = code::in_words(code);
    if code > 128 && code != 255 && code::signal(code).is_some() {
        sentence.push_str(", which wharf did not send");
    }
    if !starved(end) {
        let priority = if code == 0 {
            Priority::NOTICE
        } else {
            Priority::ERROR
        };
        return (code::of_unit(code), Kind::Exited, priority, sentence);
    }
    let sentence = format!(
        "{sentence}, after {}{}",
        casualties(end),
        figures(end.memory)
    );
    // A child's death need not be the cause of the end, but where the end is a failure it is the
    // first thing to look at.
    match code {
        0 => (0, Kind::Exited, Priority::WARNING, sentence),
        _ => (
            code::of_unit(code),
            Kind::OutOfMemory,
            Priority::ERROR,
            sentence,
        ),
    }
}

fn no_memory(end: &End, when: &str) -> Parts {
    let sentence = format!("{when}out of memory{}", figures(end.memory));
    (
        code::of_unit(KILLED),
        Kind::OutOfMemory,
        Priority::ERROR,
        sentence,
    )
}

/// The container's first process itself died for want of memory.
fn out_of_memory(end: &End) -> bool {
    end.code == Some(KILLED) && starved(end)
}

/// Some process of the container died for want of memory.
fn starved(end: &End) -> bool {
    end.oom_killed || end.oom_kills.is_some_and(|it| it > 0)
}

fn casualties(end: &End) -> String {
    match end.oom_kills {
        Some(many) if many > 1 => format!("{many} of its processes were killed for want of memory"),
        Some(_) | None => "one of its processes was killed for want of memory".to_owned(),
    }
}

/// How it took being asked to end.
fn how(end: &End, asked: &Asked) -> String {
    let signal = &asked.signal;
    match end.code {
        Some(KILLED) | None if asked.killed => format!(
            "killed by SIGKILL after ignoring {signal} for {}",
            seconds(asked.grace)
        ),
        Some(0) => format!("stopped by {signal}"),
        Some(code) => format!("stopped by {signal}, {}", code::in_words(code)),
        None => format!("stopped by {signal}, and docker kept no exit code"),
    }
}

fn figures(memory: Memory) -> String {
    match (memory.limit, memory.peak) {
        (Some(limit), Some(peak)) => format!(": limit {}, peak {}", size(limit), size(peak)),
        (Some(limit), None) => format!(": limit {}", size(limit)),
        (None, Some(peak)) => format!(": no limit of its own, peak {}", size(peak)),
        (None, None) => String::new(),
    }
}

fn with_facts(mut event: Event, end: &End) -> Event {
    event = event.with("oom", starved(end));
    if matches!(end.ender, Ender::Stop(_)) {
        event = event.with("asked", true);
    }
    if let Some(code) = end.code {
        event = event.with("exit_code", code);
    }
    if let Some(signal) = end.code.and_then(code::signal) {
        event = event.with("exit_signal", signal);
    }
    if let Some(limit) = end.memory.limit {
        event = event.with("mem_limit", limit);
    }
    match end.memory.peak {
        Some(peak) => event.with("mem_peak", peak),
        None => event,
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0)
}

/// Rounded down, so that a peak never reads as more than its limit.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} bytes");
    };
    let whole = bytes / unit;
    // Beside a large unit the whole number alone hides too much: 1.9 GiB is not 1 GiB.
    match (bytes % unit) * 10 / unit {
        tenths @ 1..=9 if whole < 10 => format!("{whole}.{tenths} {name}"),
        _ => format!("{whole} {name}"),
    }
}

#[cfg(test)]
mod tests;
