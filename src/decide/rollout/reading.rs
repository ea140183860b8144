//! From systemd's words, the shim's record and a living process to the state of an instance.

use crate::model::observed::Unit;
use crate::model::rollout::InstanceRecord;
use crate::model::scene::UnitState;

/// Returns the state. `alive`: the container's process is there. `proven`: its revision is.
pub fn unit_state(
    unit: &Unit,
    record: Option<&InstanceRecord>,
    alive: bool,
    proven: bool,
) -> UnitState {
    match unit.active.as_str() {
        "active" | "reloading" | "refreshing" => match record {
            Some(record) if record.ready && record.at.is_some() => UnitState::Ready,
            Some(_) | None => UnitState::Unready,
        },
        // Before a restart. A shim that was killed comes back to its living container; a container that
        // ended has shown what the revision is worth, unless it has shown better before.
        "activating" if unit.sub.starts_with("auto-restart") && !alive && !proven => {
            UnitState::Failed
        }
        "activating" => UnitState::Starting,
        "deactivating" => UnitState::Stopping,
        "failed" => UnitState::Failed,
        _ => UnitState::Inactive,
    }
}

#[cfg(test)]
mod tests {
    use super::unit_state;
    use crate::model::observed::Unit;
    use crate::model::rollout::InstanceRecord;
    use crate::model::scene::UnitState;

    fn unit(active: &str, sub: &str) -> Unit {
        Unit {
            active: active.into(),
            sub: sub.into(),
            ..Unit::default()
        }
    }

    fn record(ready: bool, at: Option<&str>) -> InstanceRecord {
        InstanceRecord {
            instance: format!("1-{}", "0".repeat(32)).parse().unwrap(),
            at: at.map(|it| it.parse().unwrap()),
            container: String::new(),
            pid: 1,
            ready,
            why: None,
        }
    }

    #[test]
    fn ready_takes_systemd_the_health_check_and_an_address() {
        let told = |active: &str, record: Option<InstanceRecord>| {
            unit_state(&unit(active, "running"), record.as_ref(), true, false)
        };
        let at = Some("10.0.0.2:80");
        assert_eq!(told("active", Some(record(true, at))), UnitState::Ready);
        assert_eq!(told("reloading", Some(record(true, at))), UnitState::Ready);
        assert_eq!(told("active", Some(record(false, at))), UnitState::Unready);
        assert_eq!(told("active", Some(record(true, None))), UnitState::Unready);
        assert_eq!(told("active", None), UnitState::Unready);
        for (word, state) in [
            ("activating", UnitState::Starting),
            ("deactivating", UnitState::Stopping),
            ("failed", UnitState::Failed),
            ("inactive", UnitState::Inactive),
            ("maintenance", UnitState::Inactive),
        ] {
            assert_eq!(told(word, Some(record(true, at))), state, "{word}");
        }
    }

    #[test]
    fn waiting_for_a_restart_is_a_failure_only_of_what_has_shown_nothing_yet() {
        let told =
            |alive, proven| unit_state(&unit("activating", "auto-restart"), None, alive, proven);
        assert_eq!(told(false, false), UnitState::Failed);
        assert_eq!(told(true, false), UnitState::Starting);
        assert_eq!(told(false, true), UnitState::Starting);
    }
}
