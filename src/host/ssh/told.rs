//! How an ssh ended: the line's own end, or why the host was not reached, out of ssh's words.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::model::fleet::{ENDED_255, SUDO_REFUSED, Unreached, UnreachedKind};
use crate::model::seen::Exit;

/// ssh's own failure, and a line's own 255.
const SSH_FAILED: i32 = 255;
/// Longest reason handed on, in characters.
const LONGEST: usize = 300;

/// What ssh says when it fails, the more telling first: all words are of OpenSSH 8 to 10.
const SAID: [(&str, UnreachedKind); 22] = [
    ("HOST IDENTIFICATION HAS CHANGED", UnreachedKind::HostKey),
    (
        "has changed and you have requested strict",
        UnreachedKind::HostKey,
    ),
    ("REVOKED", UnreachedKind::HostKey),
    ("host key is known for", UnreachedKind::NewHost),
    ("Host key verification failed", UnreachedKind::NewHost),
    ("Could not resolve hostname", UnreachedKind::Name),
    ("Permission denied", UnreachedKind::Login),
    ("Too many authentication failures", UnreachedKind::Login),
    ("no matching host key type", UnreachedKind::Other),
    ("timed out during banner exchange", UnreachedKind::Late),
    ("Connection timed out", UnreachedKind::Late),
    ("Operation timed out", UnreachedKind::Late),
    ("Connection refused", UnreachedKind::Refused),
    ("No route to host", UnreachedKind::Refused),
    ("Network is unreachable", UnreachedKind::Refused),
    ("not responding", UnreachedKind::Cut),
    ("closed by", UnreachedKind::Cut),
    ("Connection reset", UnreachedKind::Cut),
    ("Broken pipe", UnreachedKind::Cut),
    ("kex_exchange_identification", UnreachedKind::Cut),
    ("client_loop", UnreachedKind::Cut),
    ("mux_client", UnreachedKind::Cut),
];

/// Returns how the line ended, our marks taken off its stderr.
pub(super) fn exit(status: ExitStatus, stderr: &mut Vec<u8>) -> Result<Exit, Unreached> {
    match status.code() {
        Some(SSH_FAILED) if took(stderr, ENDED_255) => Ok(Exit::Code(SSH_FAILED.into())),
        Some(SSH_FAILED) => Err(unreached(&String::from_utf8_lossy(stderr))),
        Some(code) => Ok(Exit::Code(code.into())),
        None => {
            let signal = status.signal().unwrap_or_default();
            Err(other(format!("ssh was killed by signal {signal}")))
        }
    }
}

/// A shared connection may say something behind the mark, so not only the very last line counts.
fn took(stderr: &mut Vec<u8>, mark: &str) -> bool {
    let Some(at) = memchr::memmem::rfind(stderr, mark.as_bytes()) else {
        return false;
    };
    let end = stderr.len().min(at + mark.len() + 1);
    stderr.drain(at..end);
    true
}

/// Returns why a host was not reached; what matters of ssh's words on one line.
fn unreached(stderr: &str) -> Unreached {
    if let Some((words, _)) = stderr.rsplit_once(SUDO_REFUSED) {
        let words = words.lines().rfind(|it| !it.trim().is_empty());
        return said(UnreachedKind::Sudo, words.unwrap_or("sudo refuses"));
    }
    for (words, kind) in SAID {
        if let Some(line) = stderr.lines().rfind(|it| it.contains(words)) {
            let key =
                offending(stderr).map(|it| format!("its host key is not the one known: {it}"));
            return said(kind, key.as_deref().unwrap_or(line));
        }
    }
    match stderr.lines().rfind(|it| !it.trim().is_empty()) {
        Some(line) => said(UnreachedKind::Other, line),
        None => said(UnreachedKind::Cut, "the connection broke off"),
    }
}

/// Where the key is that does not fit.
fn offending(stderr: &str) -> Option<&str> {
    stderr.lines().find(|it| it.starts_with("Offending"))
}

fn said(kind: UnreachedKind, line: &str) -> Unreached {
    let line = line.trim();
    let line = line.strip_prefix("ssh: ").unwrap_or(line);
    let plain = line.chars().filter(|it| !it.is_control());
    Unreached {
        kind,
        what: plain.take(LONGEST).collect(),
    }
}

pub(super) fn other(what: String) -> Unreached {
    Unreached {
        kind: UnreachedKind::Other,
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[test]
    fn each_failure_has_its_kind() {
        use UnreachedKind::*;
        for (words, kind) in [
            (
                "ssh: Could not resolve hostname n9: Name or service not known\r\n",
                Name,
            ),
            (
                "ssh: connect to host 10.0.0.1 port 22: Connection refused\r\n",
                Refused,
            ),
            (
                "ssh: connect to host 10.0.0.1 port 22: No route to host\n",
                Refused,
            ),
            (
                "ssh: connect to host 10.0.0.1 port 22: Connection timed out\n",
                Late,
            ),
            (
                "Connection timed out during banner exchange\nConnection to 127.0.0.9 port 22 timed out\n",
                Late,
            ),
            (
                "root@n1: Permission denied (publickey,password).\r\n",
                Login,
            ),
            ("Host key verification failed.\r\n", NewHost),
            (
                "No ED25519 host key is known for n1 and you have requested strict checking.\nHost key verification failed.\n",
                NewHost,
            ),
            (
                "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nOffending ECDSA key in /root/.ssh/known_hosts:3\nHost key verification failed.\n",
                HostKey,
            ),
            ("Connection to n1 closed by remote host.\n", Cut),
            (
                "kex_exchange_identification: Connection closed by remote host\n",
                Cut,
            ),
            ("Timeout, server n1 not responding.\n", Cut),
            ("", Cut),
            ("command-line: line 0: Bad configuration option: x\n", Other),
        ] {
            assert_eq!(unreached(words).kind, kind, "{words}");
        }
    }

    #[test]
    fn the_reason_is_one_line_of_sshs_own() {
        let changed = "@ REMOTE HOST IDENTIFICATION HAS CHANGED! @\nOffending key in /k:3\r\nHost key verification failed.\n";
        assert_eq!(
            unreached(changed).what,
            "its host key is not the one known: Offending key in /k:3"
        );
        let name = unreached("ssh: Could not resolve hostname n9: Name or service not known\r\n");
        assert_eq!(
            name.what,
            "Could not resolve hostname n9: Name or service not known"
        );
        let sudo = format!("sudo: a password is required\n{SUDO_REFUSED}\n{ENDED_255}\n");
        assert_eq!(
            unreached(&sudo),
            said(UnreachedKind::Sudo, "sudo: a password is required")
        );
    }

    #[test]
    fn a_lines_own_255_is_not_sshs() {
        let mut own = format!("no\n{ENDED_255}\n").into_bytes();
        assert_eq!(exit(code(255), &mut own), Ok(Exit::Code(255)));
        assert_eq!(own, b"no\n");
        assert!(exit(code(255), &mut Vec::new()).is_err());
        assert_eq!(exit(code(3), &mut Vec::new()), Ok(Exit::Code(3)));
        assert!(exit(ExitStatus::from_raw(9), &mut Vec::new()).is_err());
    }
}
