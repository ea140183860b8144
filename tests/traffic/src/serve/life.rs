//! What happens to the service while it serves: signals, the end, and the ways it goes bad by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::say;
use crate::serve::{Manner, OnTerm};

/// Nobody has come for so long: nobody will.
const IDLE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const CRASHED: u8 = 3;

/// How far it is on its way out; only ever grows.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Stage {
    Serving,
    /// Sends its clients away and goes on.
    Lame,
    Stopping,
}

/// What is under way.
struct Open {
    connections: isize,
    /// Requests that are being answered, and websockets.
    busy: isize,
    last_used: Instant,
}

pub(crate) struct Life {
    pub(crate) manner: Manner,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) unhealthy: AtomicBool,
    began: Instant,
    open: Mutex<Open>,
}

impl Life {
    pub(crate) fn new(manner: Manner) -> Life {
        let began = Instant::now();
        Life {
            manner,
            stage: watch::Sender::new(Stage::Serving),
            unhealthy: AtomicBool::new(false),
            began,
            open: Mutex::new(Open {
                connections: 0,
                busy: 0,
                last_used: began,
            }),
        }
    }

    /// Listens for signals and starts to go bad, where it is made to.
    pub(crate) fn begin(self: &Arc<Life>) -> Result<(), String> {
        let on = |kind| signal(kind).map_err(|why| format!("signals: {why}"));
        let (mut term, mut lame) = (
            on(SignalKind::terminate())?,
            on(SignalKind::user_defined1())?,
        );
        let life = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = term.recv() => life.told_to_stop(),
                    _ = lame.recv() => life.reach(Stage::Lame),
                }
            }
        });
        if let Some(after) = self.manner.crash_after {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                crash("as it was made to");
            });
        }
        if self.manner.eat > 0 {
            tokio::spawn(eat(self.manner.eat));
        }
        Ok(())
    }

    fn told_to_stop(&self) {
        match self.manner.on_term {
            OnTerm::Drain | OnTerm::Close => self.reach(Stage::Stopping),
            OnTerm::Abrupt => std::process::exit(0),
            OnTerm::Ignore => say::line("told to stop, and does not"),
        }
    }

    pub(crate) fn reach(&self, stage: Stage) {
        self.stage.send_if_modified(|it| {
            let further = *it < stage;
            if further {
                *it = stage;
                say::line(&format!("{} is {stage:?}", self.manner.revision));
            }
            further
        });
    }

    pub(crate) fn healthy(&self) -> bool {
        let over = |limit: Duration| self.began.elapsed() > limit;
        !self.unhealthy.load(Ordering::Relaxed) && !self.manner.unhealthy_after.is_some_and(over)
    }

    /// Clients are to be sent away.
    pub(crate) fn leaving(&self) -> bool {
        *self.stage.borrow() > Stage::Serving
    }

    /// Idle connections are left without waiting for their next request.
    pub(crate) async fn leaves_idle_ones(&self) {
        if self.manner.on_term == OnTerm::Close {
            self.stops().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when no further connection is to be accepted.
    pub(crate) async fn stops_listening(&self) {
        self.stops().await;
        let deadline = Instant::now() + self.manner.drain;
        while self.manner.on_term == OnTerm::Drain && Instant::now() < deadline && !self.deserted()
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Returns the exit code, when all is finished or took too long.
    pub(crate) async fn end(&self) -> u8 {
        self.stops().await;
        let deadline = Instant::now() + self.manner.drain;
        while Instant::now() < deadline && !self.finished() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let open = self.open();
        say::line(&format!(
            "ends with {} connections, {} of them busy",
            open.connections, open.busy
        ));
        0
    }

    async fn stops(&self) {
        let mut stage = self.stage.subscribe();
        // The sender lives as long as we do.
        let _ = stage.wait_for(|it| *it == Stage::Stopping).await;
    }

    /// A connection comes (1) or goes (-1).
    pub(crate) fn connection(&self, change: isize) {
        self.open().connections += change;
    }

    /// A request begins (1) or has its answer (-1).
    pub(crate) fn request(&self, change: isize) {
        let mut open = self.open();
        open.busy += change;
        open.last_used = Instant::now();
    }

    fn finished(&self) -> bool {
        let open = self.open();
        open.connections == 0 || (open.busy == 0 && open.last_used.elapsed() > IDLE)
    }

    /// Nobody is here, and nobody has come for a while.
    fn deserted(&self) -> bool {
        let open = self.open();
        open.busy == 0 && open.last_used.elapsed() > IDLE
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(|it| it.into_inner())
    }
}

pub(crate) fn crash(why: &str) -> ! {
    say::line(&format!("crashes {why}"));
    std::process::exit(CRASHED.into());
}

/// Takes memory, and touches it, until somebody stops it.
async fn eat(per_second: usize) {
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1u8; per_second]);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
