//! A host process as meant, and what is known of the one that runs.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::channel::Wish;
use super::check::Check;
use super::service::{Logs, Stop};

/// What a definition with `command:` runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    pub argv: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub env_files: Vec<PathBuf>,
    /// It sees the variables of whoever starts it as well.
    pub inherit_env: bool,
    pub workdir: Option<PathBuf>,
    pub umask: Option<u32>,
    pub stdout: Sink,
    pub stderr: Sink,
    /// Who the unit runs as; a supervisor runs everything as itself.
    pub user: Option<String>,
    pub finding: Finding,
    pub restart: Restart,
    pub watches: Watches,
}

/// What a keeper has to know of one service, and no more: there may be many.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    pub name: String,
    pub process: Process,
    pub stop: Stop,
    pub health: Option<Box<Check>>,
    pub monitors: Vec<Check>,
    /// How long it must stay up to count as started when there is no health check.
    pub success: Duration,
    pub logs: Logs,
    /// What the alerts do differently for it.
    pub alerts: Wish,
    /// Two that differ in this are two processes.
    pub made_of: u64,
}

/// Where what it says goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sink {
    #[default]
    Journal,
    /// Of stderr: where stdout goes.
    Stdout,
    /// Appended to.
    File(PathBuf),
    /// Appended to, and from there to the journal.
    Both(PathBuf),
}

/// How a process that nobody here started is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// One that somebody else started is taken over.
    pub adopt: bool,
    pub pidfile: Option<PathBuf>,
    /// The program writes its pidfile itself.
    pub own_pidfile: bool,
    /// A regular expression over its command line, words joined by blanks.
    pub title: Option<String>,
}

/// What `wharf supervise` does where systemd would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    pub enabled: bool,
    pub autostart: bool,
    pub autorestart: bool,
    /// Unstable runs in a row before it is given up; 0: never.
    pub most: u32,
    /// The least pause before a restart.
    pub delay: Duration,
    /// Services that have to be ready before.
    pub after: Vec<String>,
}

impl Default for Restart {
    fn default() -> Restart {
        Restart {
            enabled: true,
            autostart: true,
            autorestart: true,
            most: 0,
            delay: Duration::ZERO,
            after: Vec::new(),
        }
    }
}

/// What it is watched for besides its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watches {
    /// Bytes of its whole tree; more, several times in a row, is a restart.
    pub memory: Option<u64>,
    pub activity: Option<Activity>,
    /// It is watched from this age on; zero: never.
    pub after: Duration,
}

/// usrsvc's `monitor_after`.
pub const DEFAULT_MONITOR_AFTER: Duration = Duration::from_secs(30);

impl Default for Watches {
    fn default() -> Watches {
        Watches {
            memory: None,
            activity: None,
            after: DEFAULT_MONITOR_AFTER,
        }
    }
}

/// A file or directory that has to change every so often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub path: PathBuf,
    pub limit: Duration,
}

/// A process for good: the number may be given again, the moment of its start is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    pub pid: i32,
    /// Clock ticks since boot, field 22 of /proc/PID/stat.
    pub start: u64,
}

/// One process as /proc shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub identity: Identity,
    pub parent: i32,
    pub session: i32,
    pub user: u32,
    /// Ended, and not yet reaped.
    pub zombie: bool,
    /// The mark it was started with, or that of who started it.
    pub mark: Option<String>,
}

/// How a process ended, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Code(i32),
    Signal(i32),
    /// It was no child of ours: the kernel tells its status to its parent only.
    Unknown,
}

/// What is written down of a running service, for whoever comes next.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Record {
    /// Of the kernel that ran then; another one runs other processes.
    pub boot: String,
    /// In the environment of everything this start brought about.
    pub mark: String,
    /// 0 while the process is being made.
    pub pid: i32,
    pub start: u64,
    /// Hash of what it was made of.
    pub made_of: String,
    /// An operator stopped it: it stays down until one starts it.
    pub stopped_by_hand: bool,
    /// It said by itself that it is up.
    pub spoken: bool,
    /// Seconds since the epoch.
    pub since: u64,
    pub restarts: u32,
}

/// How a service of a supervisor stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    pub name: String,
    pub state: String,
    pub pid: Option<i32>,
    /// Seconds in this state.
    pub seconds: u64,
    /// By itself, since the supervisor began.
    pub restarts: u32,
    /// The last word on it.
    pub why: String,
    /// It is not to be started at all.
    pub disabled: bool,
}

/// What came of one order for one service.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    pub name: String,
    pub verdict: Verdict,
    pub why: String,
    pub pid: Option<i32>,
}

/// The closed set of them; scripts of usrsvc tell them apart by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Done,
    AlreadyRunning,
    NotRunning,
    /// It is running, and what was asked was whether it is.
    Running,
    Disabled,
    Unknown,
    /// The program could not be started, or did not stay up.
    NotStarted,
    /// Its files may not be opened.
    Forbidden,
    /// It is not up, down or ready yet, and nobody waits any longer.
    Late,
    /// Two processes could be it.
    Ambiguous,
}

impl Verdict {
    /// Whether what was asked for is so.
    pub fn is_good(self) -> bool {
        match self {
            Verdict::Done | Verdict::AlreadyRunning | Verdict::Running => true,
            Verdict::NotRunning
            | Verdict::Disabled
            | Verdict::Unknown
            | Verdict::NotStarted
            | Verdict::Forbidden
            | Verdict::Late
            | Verdict::Ambiguous => false,
        }
    }
}

/// What is asked of a running supervisor, one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// `all` among the names means every service that is enabled.
    Start {
        names: Vec<String>,
        parallel: bool,
    },
    Stop {
        names: Vec<String>,
        parallel: bool,
    },
    Restart {
        names: Vec<String>,
        parallel: bool,
    },
    Status {
        names: Vec<String>,
    },
    Reload,
}

/// What it answers, a line each.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Outcome(Outcome),
    Standing(Standing),
    /// What the new definitions changed.
    Reloaded(Vec<String>),
    /// What is wrong; nothing has changed.
    Refused(Vec<String>),
    End,
}
