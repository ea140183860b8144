//! Signals: what systemd and operators say to a running process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT: stop.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP: read the definition again.
pub struct Reload {
    hangup: Signal,
}

/// SIGHUP, and SIGUSR1 as usrsvc has it: read all definitions again.
pub struct Reread {
    hangup: Signal,
    user: Signal,
}

/// Takes both over.
///
/// # Errors
/// As the system says; it does not in practice.
pub fn reread() -> io::Result<Reread> {
    Ok(Reread {
        hangup: signal(SignalKind::hangup())?,
        user: signal(SignalKind::user_defined1())?,
    })
}

impl Reread {
    /// Returns at the next of them.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.user.recv() => {}
        }
    }
}

/// Takes the three signals over; from here on none of them finds its default action.
///
/// # Errors
/// As the system says; it does not in practice.
pub fn listen() -> io::Result<(Stop, Reload)> {
    let stop = Stop {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let reload = Reload {
        hangup: signal(SignalKind::hangup())?,
    };
    Ok((stop, reload))
}

/// Hears of each child that ends.
pub struct Children(
    #[expect(dead_code, reason = "it is heard for as long as this is kept")] Signal,
);

/// As long as the answer is kept, children whose hand was dropped leave no zombies: tokio looks after them
/// when the runtime wakes up, and without this nothing wakes it for a child that nobody waits for.
///
/// # Errors
/// As the system says; it does not in practice.
pub fn children() -> io::Result<Children> {
    Ok(Children(signal(SignalKind::child())?))
}

impl Stop {
    /// Returns at the next SIGTERM or SIGINT.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Reload {
    /// Returns at the next SIGHUP; several that came meanwhile count as one.
    pub async fn asked(&mut self) {
        self.hangup.recv().await;
    }
}
