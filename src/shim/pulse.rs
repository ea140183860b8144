//! The watchdog's pulse, given by whatever the shim is doing, never by a thread of its own.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use crate::host::notify;

/// How often the pulse is given when systemd asks for none, so that the loop always turns.
const RESTING: Duration = Duration::from_secs(30);

/// Ticks three times in each watchdog period.
pub(super) struct Pulse {
    ticks: Interval,
}

impl Pulse {
    pub(super) fn start() -> Pulse {
        let period = notify::watchdog_interval().map_or(RESTING, |it| it / 3);
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Pulse { ticks }
    }

    /// Waits for the next tick and gives the pulse.
    pub(super) async fn beat(&mut self) {
        self.ticks.tick().await;
        let _ = notify::watchdog();
    }

    /// Carries `work` to its end, giving the pulse meanwhile.
    pub(super) async fn alongside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.beat() => {}
            }
        }
    }
}
