//! What to do about a node that was not reached.

use crate::decide::shell::word;
use crate::model::fleet::UnreachedKind;

/// Returns the next command for a person, as they would type it.
pub fn remedy(kind: UnreachedKind, destination: &str) -> String {
    let shown = word(destination).unwrap_or_default();
    let host = word(host(destination)).unwrap_or_default();
    match kind {
        UnreachedKind::Name => format!(
            "correct the node's name in the file, or give {host} a line in /etc/hosts or ~/.ssh/config"
        ),
        UnreachedKind::Refused => {
            format!("see whether {host} is up and its sshd listens: ssh -v {shown} true")
        }
        UnreachedKind::Late => {
            format!("see whether {host} is up and no firewall is between: ssh -v {shown} true")
        }
        UnreachedKind::HostKey => format!(
            "when you know why the host's key changed: ssh-keygen -R {host}; then ssh {shown} and compare the fingerprint"
        ),
        UnreachedKind::NewHost => {
            format!("ssh {shown} true once, and compare the fingerprint")
        }
        UnreachedKind::Login => {
            format!("ssh-copy-id {shown}; or load the key it knows: ssh-add")
        }
        UnreachedKind::Sudo => format!(
            "give the user of {shown} a line in sudoers with NOPASSWD: ALL, or name root@{host} in the file"
        ),
        UnreachedKind::Cut => format!("try again; ssh -v {shown} true tells more"),
        UnreachedKind::Other => format!("ssh -v {shown} true tells more"),
    }
}

/// `op@host` and `ssh://op@host:2222` without what is not the host.
fn host(destination: &str) -> &str {
    let rest = destination.strip_prefix("ssh://");
    let host = rest.unwrap_or(destination);
    let host = host.rsplit_once('@').map_or(host, |it| it.1);
    let port = |it: &&str| it.bytes().all(|it| it.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((host, digits)) if rest.is_some() && port(&digits) => host,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_command_or_a_place_to_look() {
        for (kind, words) in [
            (UnreachedKind::Name, "n1"),
            (UnreachedKind::Refused, "ssh -v op@n1 true"),
            (UnreachedKind::Late, "ssh -v op@n1 true"),
            (UnreachedKind::HostKey, "ssh-keygen -R n1;"),
            (UnreachedKind::NewHost, "ssh op@n1 true once"),
            (UnreachedKind::Login, "ssh-copy-id op@n1"),
            (UnreachedKind::Sudo, "NOPASSWD"),
            (UnreachedKind::Cut, "ssh -v op@n1 true"),
            (UnreachedKind::Other, "ssh -v op@n1 true"),
        ] {
            let told = remedy(kind, "op@n1");
            assert!(told.contains(words), "{kind:?}: {told}");
        }
    }

    #[test]
    fn the_host_is_taken_out_of_each_kind_of_destination() {
        for (destination, name) in [
            ("n1", "n1"),
            ("root@n1", "n1"),
            ("ssh://op@n1:2222", "n1"),
            ("ssh://n1", "n1"),
            ("root@fe80::1", "fe80::1"),
        ] {
            assert_eq!(host(destination), name);
        }
    }
}
