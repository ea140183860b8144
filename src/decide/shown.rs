//! What `systemctl show` printed, as units.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::observed::Unit;

/// The properties to ask for, in one `--property=` list.
pub const PROPERTIES: &str = "Id,ActiveState,SubState,Result,StatusText,NRestarts,ActiveEnterTimestampMonotonic,\
StateChangeTimestampMonotonic,MainPID,ExecMainStatus,UnitFileState,Slice";

/// Returns the units in the output, which separates them by an empty line; `uptime` is the monotonic clock now.
pub fn units(text: &str, uptime: Duration) -> Vec<Unit> {
    text.split("\n\n")
        .filter_map(|block| unit(block, uptime))
        .collect()
}

fn unit(block: &str, uptime: Duration) -> Option<Unit> {
    let pairs: HashMap<&str, &str> = block.lines().filter_map(|it| it.split_once('=')).collect();
    let text = |key: &str| pairs.get(key).copied().unwrap_or_default().to_owned();
    // systemd writes zero for "never".
    let age = |key: &str| {
        let at = pairs.get(key)?.parse().ok().filter(|it| *it > 0)?;
        Some(uptime.saturating_sub(Duration::from_micros(at)))
    };
    let active = text("ActiveState");
    Some(Unit {
        id: text("Id"),
        active_for: age("ActiveEnterTimestampMonotonic")
            .filter(|_| active == "active" || active == "reloading"),
        state_for: age("StateChangeTimestampMonotonic"),
        active,
        sub: text("SubState"),
        result: text("Result"),
        status_text: text("StatusText"),
        exit_status: text("ExecMainStatus").parse().unwrap_or(0),
        restarts: text("NRestarts").parse().unwrap_or(0),
        main_pid: text("MainPID").parse().unwrap_or(0),
        enabled: text("UnitFileState"),
        slice: text("Slice"),
    })
    .filter(|it| !it.id.is_empty())
}

/// Returns how a unit and its container contradict each other, in words; None when they agree.
///
/// The promise: active means exactly one running container of ours, and not active means none.
pub fn drift(unit: &Unit, running: usize) -> Option<String> {
    match (unit.active.as_str(), running) {
        ("active" | "reloading", 1) | ("activating" | "deactivating", _) => None,
        ("active" | "reloading", 0) => {
            Some("the unit is active, its container is not running".to_owned())
        }
        ("active" | "reloading", many) => Some(format!("{many} containers run under one unit")),
        (_, 0) => None,
        (state, 1) => Some(format!("the unit is {state}, a container of it still runs")),
        (state, many) => Some(format!(
            "the unit is {state}, {many} containers of it still run"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "Id=runner@a.service\nActiveState=active\nSubState=running\nResult=success\n\
        StatusText=healthy: GET http://172.17.0.2/ = 200\nNRestarts=2\nActiveEnterTimestampMonotonic=5000000\n\
        StateChangeTimestampMonotonic=6000000\nMainPID=77\nExecMainStatus=3\nUnitFileState=enabled\nSlice=runner-a.slice\n\n\
        Id=runner@b.service\nActiveState=failed\nSubState=failed\nResult=exit-code\n\
        ActiveEnterTimestampMonotonic=0\nNRestarts=0\n";

    #[test]
    fn two_units_are_read_from_one_output() {
        let units = units(SHOWN, Duration::from_secs(65));
        assert_eq!(units.len(), 2);
        assert_eq!(units[0].active_for, Some(Duration::from_secs(60)));
        assert_eq!(
            units[0].status_text,
            "healthy: GET http://172.17.0.2/ = 200"
        );
        assert_eq!((units[0].restarts, units[0].main_pid), (2, 77));
        assert_eq!(units[0].exit_status, 3);
        assert_eq!(
            (units[1].active_for, units[1].result.as_str()),
            (None, "exit-code")
        );
    }

    #[test]
    fn unit_and_container_must_agree() {
        let unit = |active: &str| Unit {
            active: active.into(),
            ..Unit::default()
        };
        for (state, running, agrees) in [
            ("active", 1, true),
            ("active", 0, false),
            ("active", 2, false),
            ("inactive", 0, true),
            ("inactive", 1, false),
            ("failed", 2, false),
            ("activating", 0, true),
            ("deactivating", 1, true),
        ] {
            assert_eq!(
                drift(&unit(state), running).is_none(),
                agrees,
                "{state} {running}"
            );
        }
    }
}
