//! What the shim does and sees, as values with one wording each.

use std::collections::BTreeMap;

use super::channel::Wish;
use super::log::Priority;

/// One thing that happened, for the journal, the status line, metrics and alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub kind: Kind,
    pub priority: Priority,
    /// One sentence for a person.
    pub message: String,
    /// Facts for programs: journal fields (upper-cased) and `data` of the JSON object.
    pub data: BTreeMap<String, serde_json::Value>,
}

/// The closed set of events; each has a MESSAGE_ID in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Starting,
    Pulling,
    Pulled,
    Created,
    Started,
    Adopted,
    Ready,
    Unready,
    CheckFailed,
    CheckPassed,
    Suppressed,
    LogsResumed,
    LogsLost,
    Stopping,
    ForcedKill,
    Exited,
    OutOfMemory,
    RestartedOutside,
    StoppedOutside,
    RemovedOutside,
    DockerLost,
    DockerBack,
    Reloaded,
    ReloadRefused,
    Reexec,
    Reaped,
    Failed,
    /// The way to InfluxDB opened, closed, or lost points.
    Metrics,
    Stepped,
    Swapped,
    Proven,
    GivenUp,
    StoreLost,
    StoreBack,
    BalancerLost,
    BalancerBack,
    /// A deploy from another machine changed a service here.
    Deployed,
    /// Somebody did something from the page.
    Page,
    /// Something is wrong for so long that people are told.
    AlertOpened,
    AlertClosed,
    /// A channel takes no letters.
    AlertStuck,
}

impl Kind {
    pub const ALL: [Kind; 41] = [
        Kind::Starting,
        Kind::Pulling,
        Kind::Pulled,
        Kind::Created,
        Kind::Started,
        Kind::Adopted,
        Kind::Ready,
        Kind::Unready,
        Kind::CheckFailed,
        Kind::CheckPassed,
        Kind::Suppressed,
        Kind::LogsResumed,
        Kind::LogsLost,
        Kind::Stopping,
        Kind::ForcedKill,
        Kind::Exited,
        Kind::OutOfMemory,
        Kind::RestartedOutside,
        Kind::StoppedOutside,
        Kind::RemovedOutside,
        Kind::DockerLost,
        Kind::DockerBack,
        Kind::Reloaded,
        Kind::ReloadRefused,
        Kind::Reexec,
        Kind::Reaped,
        Kind::Failed,
        Kind::Metrics,
        Kind::Stepped,
        Kind::Swapped,
        Kind::Proven,
        Kind::GivenUp,
        Kind::StoreLost,
        Kind::StoreBack,
        Kind::BalancerLost,
        Kind::BalancerBack,
        Kind::Deployed,
        Kind::Page,
        Kind::AlertOpened,
        Kind::AlertClosed,
        Kind::AlertStuck,
    ];

    /// Returns the kind of this word.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The word in WHARF_EVENT.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Starting => "starting",
            Kind::Pulling => "pulling",
            Kind::Pulled => "pulled",
            Kind::Created => "created",
            Kind::Started => "started",
            Kind::Adopted => "adopted",
            Kind::Ready => "ready",
            Kind::Unready => "unready",
            Kind::CheckFailed => "check_failed",
            Kind::CheckPassed => "check_passed",
            Kind::Suppressed => "suppressed",
            Kind::LogsResumed => "logs_resumed",
            Kind::LogsLost => "logs_lost",
            Kind::Stopping => "stopping",
            Kind::ForcedKill => "forced_kill",
            Kind::Exited => "exited",
            Kind::OutOfMemory => "out_of_memory",
            Kind::RestartedOutside => "restarted_outside",
            Kind::StoppedOutside => "stopped_outside",
            Kind::RemovedOutside => "removed_outside",
            Kind::DockerLost => "docker_lost",
            Kind::DockerBack => "docker_back",
            Kind::Reloaded => "reloaded",
            Kind::ReloadRefused => "reload_refused",
            Kind::Reexec => "reexec",
            Kind::Reaped => "reaped",
            Kind::Failed => "failed",
            Kind::Metrics => "metrics",
            Kind::Stepped => "stepped",
            Kind::Swapped => "swapped",
            Kind::Proven => "proven",
            Kind::GivenUp => "given_up",
            Kind::StoreLost => "store_lost",
            Kind::StoreBack => "store_back",
            Kind::BalancerLost => "balancer_lost",
            Kind::BalancerBack => "balancer_back",
            Kind::Deployed => "deployed",
            Kind::Page => "page",
            Kind::AlertOpened => "alert_opened",
            Kind::AlertClosed => "alert_closed",
            Kind::AlertStuck => "alert_stuck",
        }
    }

    /// `source` of the JSON object: check results come from `monitoring`, so that service_runner's jq line filters them.
    pub fn source(self) -> &'static str {
        match self {
            Kind::CheckFailed | Kind::CheckPassed | Kind::Metrics => "monitoring",
            Kind::Suppressed | Kind::LogsResumed | Kind::LogsLost => "logs",
            Kind::Starting
            | Kind::Pulling
            | Kind::Pulled
            | Kind::Created
            | Kind::Started
            | Kind::Adopted
            | Kind::Ready
            | Kind::Unready
            | Kind::Stopping
            | Kind::ForcedKill
            | Kind::Exited
            | Kind::OutOfMemory
            | Kind::RestartedOutside
            | Kind::StoppedOutside
            | Kind::RemovedOutside
            | Kind::DockerLost
            | Kind::DockerBack
            | Kind::Reloaded
            | Kind::ReloadRefused
            | Kind::Reexec
            | Kind::Reaped
            | Kind::Failed => "shim",
            Kind::Stepped
            | Kind::Swapped
            | Kind::Proven
            | Kind::GivenUp
            | Kind::StoreLost
            | Kind::StoreBack
            | Kind::BalancerLost
            | Kind::BalancerBack => "manager",
            Kind::Deployed => "deploy",
            Kind::Page => "page",
            Kind::AlertOpened | Kind::AlertClosed | Kind::AlertStuck => "alert",
        }
    }
}

impl Event {
    /// Returns an event with no facts yet; add them with [`Event::with`].
    pub fn new(kind: Kind, priority: Priority, message: impl Into<String>) -> Event {
        Event {
            kind,
            priority,
            message: message.into(),
            data: BTreeMap::new(),
        }
    }

    /// Returns the event with one more fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Event {
        self.data.insert(key.to_owned(), value.into());
        self
    }

    /// Returns the event with what its service wants of the alerts, where that is something of its own
    /// and the event may be about a trouble.
    #[must_use]
    pub fn with_wish(self, wish: &Wish) -> Event {
        if wish.is_usual() || self.priority > Priority::NOTICE {
            return self;
        }
        self.with("alerts", serde_json::to_value(wish).unwrap_or_default())
    }
}
