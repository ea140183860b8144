//! What a request needs: nothing, or somebody with a role.

use crate::model::web::viewer::Role;

/// Paths that everybody may ask for: how else would one log in?
const OPEN: [&str; 2] = ["/login", "/healthz"];
/// Below these lie files of the program, the same for everybody.
const FILES: &str = "/assets/";
/// Changes that look at nothing but one's own login.
const OWN: [&str; 1] = ["/logout"];
/// Shells and the file itself.
const INNER: [&str; 4] = ["/terminal", "/config", "/api/v1/terminal", "/api/v1/config"];

/// Returns the role a request needs; None: nobody has to be logged in.
///
/// What is not known here is a change by an admin, or a look by a viewer: a new route is shut by itself.
pub fn role(changes: bool, path: &str) -> Option<Role> {
    let below =
        |it: &str| path == it || path.strip_prefix(it).is_some_and(|it| it.starts_with('/'));
    if OPEN.contains(&path) || path.starts_with(FILES) {
        return None;
    }
    if INNER.into_iter().any(below) {
        return Some(Role::Admin);
    }
    match changes {
        false => Some(Role::Viewer),
        true if OWN.contains(&path) => Some(Role::Viewer),
        true if ACTS.into_iter().any(below) => Some(Role::Operator),
        true => Some(Role::Admin),
    }
}

/// Changes of what runs.
const ACTS: [&str; 9] = [
    "/act",
    "/plan",
    "/deploy",
    "/ack",
    "/unack",
    "/cancel",
    "/api/v1/act",
    "/api/v1/plan",
    "/api/v1/deploy",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_role() {
        for (changes, path, needed) in [
            (false, "/login", None),
            (true, "/login", None),
            (false, "/assets/page-1.css", None),
            (false, "/", Some(Role::Viewer)),
            (false, "/logs", Some(Role::Viewer)),
            (false, "/api/v1/glance", Some(Role::Viewer)),
            (false, "/loginx", Some(Role::Viewer)),
            (true, "/logout", Some(Role::Viewer)),
            (true, "/act/restart", Some(Role::Operator)),
            (true, "/api/v1/act", Some(Role::Operator)),
            (true, "/cancel", Some(Role::Operator)),
            (true, "/deploy", Some(Role::Operator)),
            (false, "/terminal", Some(Role::Admin)),
            (false, "/terminal/socket", Some(Role::Admin)),
            (true, "/terminal/ticket", Some(Role::Admin)),
            (false, "/config", Some(Role::Admin)),
            (true, "/config/save", Some(Role::Admin)),
            (true, "/actx", Some(Role::Admin)),
            (true, "/whatever", Some(Role::Admin)),
        ] {
            assert_eq!(role(changes, path), needed, "{changes} {path}");
        }
    }
}
