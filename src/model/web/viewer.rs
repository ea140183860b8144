//! Who looks at the page, and what they may do there.

use serde::Serialize;

/// Somebody who has logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Viewer {
    pub name: String,
    pub role: Role,
}

/// What somebody may do; each may what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Look at everything but terminals.
    Viewer,
    /// Start, stop, restart, deploy, roll back, acknowledge.
    Operator,
    /// Shells, and the cluster file itself.
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// The word in a users file.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// Returns the role of this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A line of a users file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub viewer: Viewer,
    /// `$argon2id$…`: the password's hash with its salt and costs.
    pub hash: String,
}
