//! The wall clock, read once: moments are told from there on by the monotonic one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time since the epoch.
#[allow(clippy::disallowed_methods, reason = "the one place that reads it")]
pub(crate) fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
