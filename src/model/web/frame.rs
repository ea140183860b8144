//! What every page is drawn with, whatever it is about.

use super::sum::Sum;
use super::viewer::{Role, Viewer};

/// Around every page: who looks at what, and what they may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The cluster file's name, without its folders.
    pub cluster: String,
    /// Where this page is, with its query.
    pub path: String,
    /// None: nobody has logged in.
    pub viewer: Option<Viewer>,
    /// Goes with every form, as `csrf`.
    pub csrf: String,
    pub doors: Doors,
    /// Seconds since 1970.
    pub now: u64,
    /// Which moment of the cluster the page is made of, in milliseconds since 1970; 0: none yet.
    pub moment: u64,
    /// Of all that is known.
    pub sum: Sum,
}

/// Which doors this server was started with; what is shut has no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    pub actions: bool,
    pub terminal: bool,
}

impl Frame {
    /// Whether this viewer may do what this role may, as far as the server was started with it.
    pub fn may(&self, role: Role) -> bool {
        self.viewer.as_ref().is_some_and(|it| it.role >= role)
    }

    /// Whether buttons that change something are shown.
    pub fn may_act(&self) -> bool {
        self.doors.actions && self.may(Role::Operator)
    }

    /// Whether shells are offered.
    pub fn may_type(&self) -> bool {
        self.doors.terminal && self.may(Role::Admin)
    }

    /// Whether the cluster file may be edited.
    pub fn may_edit(&self) -> bool {
        self.doors.actions && self.may(Role::Admin)
    }
}
