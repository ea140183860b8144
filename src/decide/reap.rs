//! When a container of ours is an orphan, and when it only waits for its shim to come back.

use crate::model::observed::Unit;

/// What a unit's state says of the container it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// systemd is about to start, restart or stop it: look again.
    NotYet,
    /// A shim runs and answers for it.
    Taken,
    /// Nobody will.
    Orphaned,
}

/// Returns whether the shim ended in a way (`$SERVICE_RESULT`) that says nothing about the container:
/// it was killed or hung, and the restarted one takes the container over as it is.
pub fn leaves_for_adoption(result: &str) -> bool {
    matches!(result, "signal" | "core-dump" | "watchdog" | "oom-kill")
}

/// Returns what to do about a container of this unit; None is a unit systemd does not know.
pub fn settled(unit: Option<&Unit>) -> Settled {
    match unit.map(|it| it.active.as_str()) {
        Some("active" | "reloading") => Settled::Taken,
        Some("activating" | "deactivating") => Settled::NotYet,
        Some(_) => Settled::Orphaned,
        // systemctl itself failed: nothing is known, so nothing is removed.
        None => Settled::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_unit_that_is_down_for_good_leaves_an_orphan() {
        let unit = |active: &str| Unit {
            active: active.into(),
            ..Unit::default()
        };
        for (state, settles) in [
            ("active", Settled::Taken),
            ("reloading", Settled::Taken),
            ("activating", Settled::NotYet),
            ("deactivating", Settled::NotYet),
            ("inactive", Settled::Orphaned),
            ("failed", Settled::Orphaned),
        ] {
            assert_eq!(settled(Some(&unit(state))), settles, "{state}");
        }
        assert_eq!(settled(None), Settled::NotYet);
    }

    #[test]
    fn a_container_outlives_its_shim_only_when_the_shim_was_killed() {
        for result in ["signal", "core-dump", "watchdog", "oom-kill"] {
            assert!(leaves_for_adoption(result));
        }
        for result in [
            "success",
            "exit-code",
            "timeout",
            "start-limit-hit",
            "protocol",
            "resources",
            "",
        ] {
            assert!(!leaves_for_adoption(result));
        }
    }
}
