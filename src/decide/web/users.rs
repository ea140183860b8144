//! The users file: a line `NAME:ROLE:HASH` for each person.

use crate::model::web::viewer::{Role, User, Viewer};

/// Characters of a name: it goes into the journal and onto pages.
const LONGEST: usize = 64;
/// People in a file.
const MOST: usize = 1000;

/// Reads a users file; the error names the line.
///
/// # Errors
/// A line that is none, a name twice, or nobody at all.
pub fn read(text: &str) -> Result<Vec<User>, String> {
    let mut users: Vec<User> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let user = user(line).map_err(|why| format!("line {}: {why}", index + 1))?;
        if users.iter().any(|it| it.viewer.name == user.viewer.name) {
            return Err(format!(
                "line {}: {} is there twice",
                index + 1,
                user.viewer.name
            ));
        }
        users.push(user);
    }
    match users.len() {
        0 => Err("nobody is in it".to_owned()),
        many if many > MOST => Err(format!("{many} people; at most {MOST}")),
        _ => Ok(users),
    }
}

fn user(line: &str) -> Result<User, String> {
    let mut parts = line.splitn(3, ':');
    let (Some(name), Some(role), Some(hash)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("not NAME:ROLE:HASH".to_owned());
    };
    if !is_name(name) {
        return Err(format!("{name:?} is no name: letters, digits and . _ - @"));
    }
    let role = Role::named(role).ok_or_else(|| format!("{role:?}: viewer, operator or admin"))?;
    if !hash.starts_with("$argon2id$") {
        return Err("the hash is not argon2id's".to_owned());
    }
    Ok(User {
        viewer: Viewer {
            name: name.to_owned(),
            role,
        },
        hash: hash.to_owned(),
    })
}

/// Whether somebody can be called so.
pub fn is_name(name: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "._-@".contains(it);
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(fits)
}

/// Returns the file's text with this user's line in the place of an earlier one, or at the end.
pub fn with(text: &str, user: &User) -> String {
    let line = format!(
        "{}:{}:{}",
        user.viewer.name,
        user.viewer.role.name(),
        user.hash
    );
    let begin = format!("{}:", user.viewer.name);
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter_mut().find(|it| it.trim().starts_with(&begin)) {
        Some(old) => *old = &line,
        None => lines.push(&line),
    }
    format!("{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# people\nanna:admin:$argon2id$x\n\nben:viewer:$argon2id$y\n";

    #[test]
    fn lines_become_people() {
        let users = read(FILE).unwrap();
        assert_eq!(users.len(), 2);
        assert_eq!(users[0].viewer.role, Role::Admin);
        assert_eq!(users[1].hash, "$argon2id$y");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, told) in [
            ("", "nobody"),
            ("anna", "line 1: not NAME"),
            ("anna:root:$argon2id$x", "line 1: \"root\""),
            ("anna:admin:secret", "line 1: the hash"),
            ("an na:admin:$argon2id$x", "line 1: \"an na\""),
            (":admin:$argon2id$x", "line 1: \"\""),
            (
                "a:admin:$argon2id$x\na:viewer:$argon2id$y",
                "line 2: a is there twice",
            ),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.starts_with(told), "{text}: {why}");
        }
    }

    #[test]
    fn a_new_line_takes_the_place_of_the_old_one() {
        let user = |name: &str| User {
            viewer: Viewer {
                name: name.into(),
                role: Role::Operator,
            },
            hash: "$argon2id$z".into(),
        };
        let changed = with(FILE, &user("anna"));
        assert_eq!(
            changed,
            "# people\nanna:operator:$argon2id$z\n\nben:viewer:$argon2id$y\n"
        );
        assert_eq!(read(&with(FILE, &user("carl"))).unwrap().len(), 3);
        assert_eq!(with("", &user("carl")), "carl:operator:$argon2id$z\n");
    }
}
