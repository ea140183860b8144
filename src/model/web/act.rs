//! What a button does to a service.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    Start,
    Stop,
    Restart,
    /// Sets up anew what scripts set up.
    Update,
    Delete,
    Rollback,
    /// Holds a rollout where it is.
    Pause,
    Resume,
}

impl Act {
    pub const ALL: [Act; 8] = [
        Act::Start,
        Act::Stop,
        Act::Restart,
        Act::Update,
        Act::Delete,
        Act::Rollback,
        Act::Pause,
        Act::Resume,
    ];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Act::Start => "start",
            Act::Stop => "stop",
            Act::Restart => "restart",
            Act::Update => "update",
            Act::Delete => "delete",
            Act::Rollback => "rollback",
            Act::Pause => "pause",
            Act::Resume => "resume",
        }
    }

    /// Returns the act of that name.
    pub fn from_name(name: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// An act before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActPage {
    pub act: Act,
    pub service: String,
    /// None: on each of its nodes.
    pub node: Option<String>,
    /// Of the service.
    pub nodes: Vec<String>,
    /// What a rollback goes back to; None: the one before.
    pub revision: Option<String>,
    /// The same, to be typed.
    pub command: String,
    /// Why it was not done when it was last asked for.
    pub trouble: Option<String>,
}
