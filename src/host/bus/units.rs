//! Units as systemd sees them, and what is done to them beside jobs.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use futures_util::future::join_all;
use zbus::{OwnedObjectPath, OwnedVariant};

use crate::host::bus::{Bus, PROPERTIES, body};
use crate::model::observed::Unit;

/// No interface named: the properties of all of them.
const EVERY_INTERFACE: &str = "";
/// Name, description, load, active and sub state, followed unit, path, job's number, type and path.
type Listed = (
    String,
    String,
    String,
    String,
    String,
    String,
    OwnedObjectPath,
    u32,
    String,
    OwnedObjectPath,
);
type Properties = HashMap<String, OwnedVariant>;

impl Bus {
    /// Returns all loaded units that match the pattern, `my-service@*.service`, in the order of their names.
    ///
    /// Each unit's values are of one moment; two units may be a moment apart.
    ///
    /// # Errors
    /// The bus is gone, or systemd does not answer in time.
    pub async fn list(&self, pattern: &str) -> io::Result<Vec<Unit>> {
        let states: &[&str] = &[];
        let answer = self
            .manage("ListUnitsByPatterns", &(states, &[pattern][..]))
            .await?;
        let listed: Vec<Listed> = body(&answer, "ListUnitsByPatterns")?;
        let asked = listed.iter().map(|it| self.unit(it.6.as_str()));
        let mut units = Vec::with_capacity(listed.len());
        for unit in join_all(asked).await {
            match unit {
                Ok(unit) => units.push(unit),
                // It was forgotten between the two questions.
                Err(why) if why.kind() == io::ErrorKind::NotFound => {}
                Err(why) => return Err(why),
            }
        }
        units.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(units)
    }

    /// Has systemd forget that a unit failed. A unit it does not know is one that did not fail.
    ///
    /// # Errors
    /// The bus is gone, or systemd does not answer in time.
    pub async fn reset_failed(&self, unit: &str) -> io::Result<()> {
        match self.manage("ResetFailedUnit", &unit).await {
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map(drop),
        }
    }

    /// Sends a signal to the unit's main process.
    ///
    /// # Errors
    /// The unit is not loaded or has no main process; the bus is gone.
    pub async fn kill(&self, unit: &str, signal: i32) -> io::Result<()> {
        self.manage("KillUnit", &(unit, "main", signal))
            .await
            .map(drop)
    }

    async fn unit(&self, path: &str) -> io::Result<Unit> {
        let answer = self
            .call(path, PROPERTIES, "GetAll", &EVERY_INTERFACE)
            .await?;
        Ok(unit(&body(&answer, "GetAll")?, uptime()))
    }
}

fn unit(properties: &Properties, uptime: Duration) -> Unit {
    let active = text(properties, "ActiveState");
    Unit {
        id: text(properties, "Id"),
        active_for: age(properties, "ActiveEnterTimestampMonotonic", uptime)
            .filter(|_| active == "active" || active == "reloading"),
        state_for: age(properties, "StateChangeTimestampMonotonic", uptime),
        active,
        sub: text(properties, "SubState"),
        result: text(properties, "Result"),
        status_text: text(properties, "StatusText"),
        exit_status: value(properties, "ExecMainStatus").unwrap_or(0),
        restarts: value::<u32>(properties, "NRestarts").map_or(0, u64::from),
        main_pid: value(properties, "MainPID").unwrap_or(0),
        enabled: text(properties, "UnitFileState"),
        slice: text(properties, "Slice"),
    }
}

fn value<T>(properties: &Properties, name: &str) -> Option<T>
where
    T: TryFrom<OwnedVariant>,
{
    let value = properties.get(name)?.try_clone().ok()?;
    value.try_into().ok()
}

fn text(properties: &Properties, name: &str) -> String {
    value(properties, name).unwrap_or_default()
}

/// systemd writes zero for "never".
fn age(properties: &Properties, name: &str, uptime: Duration) -> Option<Duration> {
    let at: u64 = value(properties, name).filter(|it| *it > 0)?;
    Some(uptime.saturating_sub(Duration::from_micros(at)))
}

/// The clock systemd's monotonic timestamps are measured on.
fn uptime() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
