//! The clocks: the only place that reads them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the wall-clock time since the epoch.
#[allow(clippy::disallowed_methods)] // the hand that reads the clock for everybody else
pub fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Returns the monotonic time systemd's timestamps are measured on.
pub fn uptime() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}
