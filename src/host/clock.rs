//! The clocks: the only place that reads them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the wall-clock time since the epoch.
#[allow(clippy::disallowed_methods)] // the hand that reads the clock for everybody else
pub fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
