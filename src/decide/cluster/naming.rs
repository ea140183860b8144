//! Names that become part of commands, units and links, and paths beside a file.

use std::path::{Component, Path, PathBuf};

/// Longest name DNS knows.
const LONGEST_NODE: usize = 253;
/// Longest destination: a user, a host and a port.
const LONGEST_DESTINATION: usize = 512;
/// Room for `.service` and for a manager's instances within systemd's 255.
const LONGEST_UNIT: usize = 200;
/// Schemes with which a link runs what it names in the page that shows it.
const ACTIVE: [&str; 3] = ["javascript", "vbscript", "data"];

type Fault = Option<(&'static str, &'static str)>;

/// Returns why this cannot name a node, with what to do; None when it can.
pub fn node_fault(name: &str) -> Fault {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-:".contains(it);
    if name.len() > LONGEST_NODE {
        return Some((
            "a node's name has at most 253 characters",
            "choose a shorter one",
        ));
    }
    let first = name.starts_with(|it: char| it.is_ascii_alphanumeric() || it == ':');
    if first && name.chars().all(fits) {
        return None;
    }
    let hint = match name.contains(['@', '/']) {
        true => "give it a name and its way there: `nodes: {NAME: user@host}`",
        false => {
            "a name has letters, digits, `_`, `.`, `-` and `:`, and starts with a letter or digit"
        }
    };
    Some(("this cannot name a node", hint))
}

/// Returns why ssh cannot be given this as a destination, with what to do; None when it can.
pub(super) fn destination_fault(typed: &str) -> Fault {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-+@:/[]%".contains(it);
    let parts = typed.strip_prefix("ssh://").unwrap_or(typed).split('@');
    let dash = parts.clone().any(|it| it.starts_with('-'));
    let empty = parts.clone().any(str::is_empty);
    let slash = !typed.starts_with("ssh://") && typed.contains('/');
    if typed.len() > LONGEST_DESTINATION || dash || empty || slash || !typed.chars().all(fits) {
        let hint = "write `host`, `user@host` or `ssh://user@host:port`";
        return Some(("this is no destination for ssh", hint));
    }
    None
}

/// Returns why systemd has no such unit, with what to do; None when it could.
pub fn unit_fault(name: &str) -> Fault {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-@:".contains(it);
    if name.len() > LONGEST_UNIT {
        return Some((
            "a unit's name has at most 200 characters",
            "choose a shorter one",
        ));
    }
    let first = name.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
    if !first || !name.chars().all(fits) {
        return Some((
            "this cannot name a unit",
            "a name has letters, digits, `_`, `.`, `-`, `@` and `:`, and starts with a letter or digit",
        ));
    }
    None
}

/// Returns why this cannot be a link in a page, with what to do; None when it can.
pub(super) fn link_fault(url: &str) -> Fault {
    if url.chars().any(|it| it.is_control() || it.is_whitespace()) {
        return Some((
            "a link has no blanks and no control characters",
            "percent-encode it: a blank is `%20`",
        ));
    }
    let scheme = url.split(':').next().unwrap_or_default();
    if url.contains(':') && ACTIVE.iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
        return Some((
            "a browser would run this instead of going there",
            "write `https://…` or `http://…`",
        ));
    }
    None
}

/// Returns where a path typed in this file leads: from the folder the file is in, without `.` and,
/// where a folder goes before it, without `..`.
pub(super) fn beside(file: &str, typed: &str) -> String {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut plain = PathBuf::new();
    for part in folder.join(typed).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            Component::Prefix(_)
            | Component::RootDir
            | Component::ParentDir
            | Component::Normal(_) => {
                plain.push(part);
            }
        }
    }
    plain.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes() {
        for good in [
            "n",
            "node1",
            "sc-node-5i3O4.lxd",
            "10.0.0.1",
            "fd00::1",
            "::1",
            "a_b",
        ] {
            assert_eq!(node_fault(good), None, "{good}");
        }
        let long = "a".repeat(254);
        for bad in [
            "",
            "-oProxyCommand=x",
            "a b",
            "a;b",
            "$(a)",
            "a\nb",
            "op@a",
            "ü",
            ".a",
            &long,
        ] {
            assert!(node_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn destinations() {
        for good in [
            "a",
            "root@a",
            "ssh://op@a:2222",
            "op@[fd00::1]",
            "op@fe80::1%eth0",
        ] {
            assert_eq!(destination_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "-oA=b",
            "op@-oA=b",
            "ssh://-oA=b",
            "op@",
            "@a",
            "a b",
            "a'b",
            "a/b",
            "a\0",
        ] {
            assert!(destination_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn units() {
        for good in [
            "sshd",
            "docker.postgres",
            "getty@tty1",
            "postgresql@14-main",
            "a",
        ] {
            assert_eq!(unit_fault(good), None, "{good}");
        }
        for bad in [
            "", "-a", ".a", "a b", "a/b", "../a", "a\\x2d", "a;b", "ä", "a\n",
        ] {
            assert!(unit_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn links() {
        for good in [
            "https://a/b?c#d",
            "http://%NODE_NAME%:80/",
            "/wiki",
            "mailto:a@b",
            "a:8080/x",
        ] {
            assert_eq!(link_fault(good), None, "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript://%0aalert(1)",
            "java\tscript:x",
            "data:text/html,x",
            "a b",
        ] {
            assert!(link_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn paths() {
        for (file, typed, expected) in [
            ("cluster.yaml", "./web.yaml", "web.yaml"),
            (
                "/srv/c/cluster.yaml",
                "services/web.yaml",
                "/srv/c/services/web.yaml",
            ),
            ("/srv/c/cluster.yaml", "../web.yaml", "/srv/web.yaml"),
            ("c/cluster.yaml", "../../web.yaml", "../web.yaml"),
            ("cluster.yaml", "/etc/web.yaml", "/etc/web.yaml"),
        ] {
            assert_eq!(beside(file, typed), expected);
        }
    }
}
