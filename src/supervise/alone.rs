//! One host process under one unit: systemd restarts, this keeps, tells, and ends with its exit code.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};

use super::board::Board;
use super::keeper::{Keeper, Line, Mode, Order};
use super::recorder::Recorder;
use super::{Ears, Echo};
use crate::decide::definition;
use crate::decide::supervise::life::Wish;
use crate::decide::supervise::order::charge;
use crate::decide::supervise::words;
use crate::host::lease::{self, Taken};
use crate::host::surroundings::Surroundings;
use crate::host::{files, notify, signals, surroundings, workload};
use crate::model::process::{Charge, Standing, Verdict};
use crate::model::service::Service;

/// It was refused; systemd tries again.
const REFUSED: u8 = 1;
/// Between two looks at how it stands, for the status line.
const NEWS: Duration = Duration::from_millis(200);
/// The longest pause between two pulses when systemd asks for none.
const RESTING: Duration = Duration::from_secs(30);
const LEASE: &str = "lock";
/// Below the user's state, where systemd gives no folder.
const FOLDER: &str = "run";

/// Runs the process until it ends or systemd says stop; returns the unit's exit code.
///
/// # Errors
/// Its folder or the signals cannot be had, or somebody else keeps it, in words.
pub async fn run(service: Service, file: &Path, echo: Option<Echo>) -> std::io::Result<u8> {
    let local = LocalSet::new();
    local.run_until(keep(service, file, echo)).await
}

async fn keep(service: Service, file: &Path, echo: Option<Echo>) -> std::io::Result<u8> {
    let site = surroundings::look(&service.name);
    let folder = folder(&site, &service.name);
    files::private_folder(&folder)?;
    let _lease = match lease::take(&folder.join(LEASE), &std::process::id().to_string())? {
        Taken::Mine(lease) => lease,
        Taken::Held(pid) => {
            return Err(std::io::Error::other(format!(
                "process {pid} keeps it already"
            )));
        }
    };
    workload::close_at_exec();
    let (mut stop, mut reload) = signals::listen()?;
    let ears = Ears {
        terminal: echo,
        alerts: None,
    };
    let recorder = Recorder::start(ears, site.unit);
    let board = Rc::new(Board::new(&folder, recorder));
    let name = service.name.clone();
    let Some(charge) = charge(service) else {
        return Err(std::io::Error::other("it is no host process"));
    };
    let (keeper, line) = Keeper::new(&board, Rc::new(charge), Mode::Unit)?;
    let mut run = std::pin::pin!(keeper.run());
    let mut told = Told::default();
    let mut news = interval(NEWS);
    news.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pulse = interval(notify::watchdog_interval().map_or(RESTING, |it| it / 3));
    let mut asked = false;
    let keeper = loop {
        tokio::select! {
            keeper = &mut run => break keeper,
            () = stop.asked() => {
                asked = true;
                let _ = notify::stopping();
                let _ = line.send(Box::new(Order::Wish(Wish::Stop, None))).await;
            }
            () = reload.asked() => again(&board, &line, file, &name).await,
            _ = news.tick() => told.tell(&board, &name),
            _ = pulse.tick() => drop(notify::watchdog()),
        }
    };
    board.recorder.flush().await;
    Ok(match (asked, keeper.ended) {
        (true, _) => 0,
        (false, Some(ended)) => words::of_unit(ended),
        (false, None) => REFUSED,
    })
}

/// Where the record of a service without a supervisor lies.
pub(super) fn folder(site: &Surroundings, service: &str) -> PathBuf {
    let own = surroundings::state_folder().map(|it| it.join(FOLDER).join(service));
    let state = site.state.clone();
    state.or(own).unwrap_or_else(|| site.runtime.clone())
}

/// The definition is read again; one with a mistake changes nothing.
async fn again(board: &Board, line: &Line, file: &Path, name: &str) {
    let _ = notify::reloading();
    let text = files::read(file).unwrap_or_default();
    let reading = definition::read(&text, &file.to_string_lossy());
    let meant = reading.service.filter(|it| it.name == name);
    if let Some(charge) = meant.and_then(charge) {
        // What it is made of is for systemd to apply, by a restart.
        let order = Order::Become(Rc::new(charge), false);
        let _ = line.send(Box::new(order)).await;
    }
    board.recorder.flush().await;
    let _ = notify::ready();
}

/// What systemd was told last.
#[derive(Default)]
struct Told {
    ready: bool,
    why: String,
}

impl Told {
    fn tell(&mut self, board: &Board, name: &str) {
        let Some(Standing {
            state, why, pid, ..
        }) = board.standing(name)
        else {
            return;
        };
        let why = match pid {
            Some(pid) => format!("process {pid}: {why}"),
            None => why,
        };
        if why != self.why {
            let _ = notify::status(&why);
            self.why = why;
        }
        if state == "running" && !self.ready {
            let _ = notify::ready();
            self.ready = true;
        }
    }
}

/// Stops what runs in this folder although nobody keeps it; used by the reaping of an ended unit.
pub(super) async fn end(mut charge: Charge, folder: &Path) -> std::io::Result<bool> {
    let recorder = Recorder::start(Ears::default(), String::new());
    let board = Rc::new(Board::new(folder, recorder));
    // Only what was written down, not what somebody else started.
    charge.process.finding = Default::default();
    let (keeper, line) = Keeper::new(&board, Rc::new(charge), Mode::Ending)?;
    let (done, outcome) = oneshot::channel();
    let _ = line
        .send(Box::new(Order::Wish(Wish::Stop, Some(done))))
        .await;
    drop(keeper.run().await);
    board.recorder.flush().await;
    // Nobody answers where nothing was found.
    Ok(outcome.await.is_ok_and(|it| it.verdict == Verdict::Done))
}
