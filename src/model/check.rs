//! A check: one question asked of a running service, again and again.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// One check with its rhythm and what its failure means.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Unique within the service: `health`, or `check_http[0]` and the like.
    pub name: String,
    pub probe: Probe,
    pub interval: Duration,
    /// Hard limit of one answer; the probe is given up (and its process killed) then.
    pub timeout: Duration,
    /// Consecutive good answers until it counts as healthy.
    pub rise: u32,
    /// Consecutive bad answers until it counts as failed.
    pub fall: u32,
    /// Failures before this age of the container do not count; a success ends the period.
    pub start_period: Duration,
    pub on_failure: OnFailure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The unit fails with code 70 and systemd restarts it.
    Restart,
    /// Ready no more, still running.
    Unready,
    /// An incident for the alerts, nothing else.
    Alert,
    /// An event in the journal, nothing else.
    Log,
}

impl OnFailure {
    /// The word in definitions.
    pub fn name(self) -> &'static str {
        match self {
            OnFailure::Restart => "restart",
            OnFailure::Unready => "unready",
            OnFailure::Alert => "alert",
            OnFailure::Log => "log",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// service_runner's `check_container_present`: the container exists and runs.
    Present,
    Tcp {
        host: Option<String>,
        port: u16,
    },
    Http(Box<Ask>),
    /// A command inside the container.
    Exec(Order),
    /// A command on the host.
    Host(Order),
    /// The application speaks sd_notify itself: READY=1 through a proxied socket.
    Notify,
}

/// One HTTP request and the answer it should get.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub https: bool,
    /// None: the container's address.
    pub host: Option<String>,
    pub port: u16,
    /// With its leading slash, percent-encoded as typed.
    pub path: String,
    pub method: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub status: StatusRange,
    pub expected_body: Option<Expected>,
    /// False: any certificate will do.
    pub verify: bool,
}

/// Inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The whole text.
    Text(String),
    /// The whole content of this file on the host.
    File(PathBuf),
    /// This text somewhere in the answer.
    Contains(String),
}

/// A command with what it should leave behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub argv: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub workdir: Option<String>,
    pub stdin: Option<Stdin>,
    pub status: i64,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stdin {
    Text(String),
    File(PathBuf),
}

impl Order {
    /// Returns a command with nothing set: no input, this process's environment, exit code 0 expected.
    pub fn new<W: Into<String>>(argv: impl IntoIterator<Item = W>) -> Order {
        Order {
            argv: argv.into_iter().map(Into::into).collect(),
            ..Order::default()
        }
    }

    /// Returns this line as `/bin/sh` reads it.
    pub fn shell(line: impl Into<String>) -> Order {
        Order::new(["/bin/sh".to_owned(), "-c".to_owned(), line.into()])
    }
}

/// What one probe saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub good: bool,
    pub took: Duration,
    /// One line for a person: `GET http://172.17.0.2:80/ answered 500`.
    pub summary: String,
    pub detail: Detail,
}

/// The facts of a failed answer, for the failure report; all empty for a good one.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Detail {
    pub url: Option<String>,
    pub status: Option<u16>,
    /// Where a redirect pointed.
    pub location: Option<String>,
    /// The first bytes of the body or output, at most 512.
    pub head: Option<String>,
    pub exit_code: Option<i64>,
    pub error: Option<String>,
}
