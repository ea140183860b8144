//! Whose turn it is to change a service on a node.

use crate::model::deploy::Lease;

/// What a lease found on a node means to who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Free,
    /// This very deploy holds it.
    Mine,
    Held(Lease),
    /// Whoever held it is gone; why that is known.
    Stale(Lease, &'static str),
}

/// Decides by the lease's text, empty where there is none. `now` is the node's own clock; `host` is this
/// machine, where `lives` tells whether a process is there. A text nobody can read is nobody's.
pub fn turn(text: &str, deploy: &str, now: u64, host: &str, lives: impl Fn(u32) -> bool) -> Turn {
    let Ok(lease) = serde_json::from_str::<Lease>(text.trim()) else {
        return Turn::Free;
    };
    if lease.deploy == deploy {
        return Turn::Mine;
    }
    if lease.until <= now {
        return Turn::Stale(lease, "it was not renewed in time");
    }
    if lease.host == host && !lives(lease.pid) {
        return Turn::Stale(lease, "its process is gone");
    }
    Turn::Held(lease)
}

#[cfg(test)]
mod tests {
    use super::{Turn, turn};
    use crate::model::deploy::Lease;

    fn lease() -> Lease {
        Lease {
            deploy: "0123456789ab".into(),
            owner: "anna@laptop".into(),
            host: "laptop".into(),
            pid: 7,
            message: "1.5".into(),
            since: 1000,
            until: 1060,
        }
    }

    fn asked(deploy: &str, now: u64, host: &str, lives: bool) -> Turn {
        let text = serde_json::to_string(&lease()).unwrap();
        turn(&format!("{text}\n"), deploy, now, host, |pid| {
            assert_eq!(pid, 7);
            lives
        })
    }

    #[test]
    fn every_state_of_a_lease() {
        let gone = "its process is gone";
        let late = "it was not renewed in time";
        for (deploy, now, host, lives, expected) in [
            ("0123456789ab", 1010, "laptop", true, Turn::Mine),
            ("0123456789ab", 9999, "laptop", false, Turn::Mine),
            ("other", 1010, "laptop", true, Turn::Held(lease())),
            ("other", 1059, "ci", false, Turn::Held(lease())),
            ("other", 1010, "laptop", false, Turn::Stale(lease(), gone)),
            ("other", 1060, "ci", true, Turn::Stale(lease(), late)),
            ("other", 1060, "laptop", true, Turn::Stale(lease(), late)),
            // A clock set back makes a lease last longer, never shorter.
            ("other", 10, "ci", true, Turn::Held(lease())),
        ] {
            assert_eq!(
                asked(deploy, now, host, lives),
                expected,
                "{deploy} {now} {host}"
            );
        }
    }

    #[test]
    fn what_is_no_lease_is_nobodys() {
        for text in ["", "\n", "x", "[]", "{\"until\": \"soon\"}"] {
            assert_eq!(turn(text, "a", 1, "h", |_| true), Turn::Free, "{text}");
        }
    }
}
