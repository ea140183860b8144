//! The failure report: what the instance's own shim told the journal, put together once.

use super::Manager;
use crate::decide::report::{RECORDS, completed};
use crate::host::journal::read;
use crate::model::revision::{InstanceName, RevisionId};
use crate::model::rollout::Report;

pub(super) use crate::decide::report::finished;

/// Returns the report on an instance that failed at this stage. Where the journal cannot be read the
/// report says less, and never nothing.
pub(super) async fn of_instance(
    manager: &Manager,
    revision: &RevisionId,
    name: &InstanceName,
    stage: &str,
    what: &str,
) -> Report {
    let unit = name.unit(&manager.service);
    let matches = [("_SYSTEMD_UNIT", unit.as_str())];
    let records = read::tail(&matches, RECORDS).await.unwrap_or_default();
    let seen = manager.sight.units.get(name);
    let report = Report {
        what: what.to_owned(),
        stage: stage.to_owned(),
        result: seen
            .map(|it| it.result.clone())
            .filter(|it| it != "success"),
        next: format!(
            "journalctl -eu {unit}, or wharf logs {} --rev {revision}",
            manager.service
        ),
        unit: Some(unit),
        ..Report::default()
    };
    completed(report, &records)
}
