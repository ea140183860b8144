//! Many services without systemd: a keeper for each, orders by socket, definitions read again on a signal.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use super::Ears;
use super::board::Board;
use super::desk;
use super::keeper::{Keeper, Line, Mode, Order};
use super::load::{self, Given, Unusable};
use super::recorder::Recorder;
use crate::decide::supervise::life::Wish;
use crate::decide::supervise::order::{Change, Charges, changes, in_order};
use crate::host::control::Control;
use crate::host::lease::{self, Taken};
use crate::host::{files, memory, notify, signals, surroundings, workload};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::process::{Charge, Outcome, Verdict};

/// The socket's and the lease's names in the state folder.
pub(super) const SOCKET: &str = "supervise.sock";
pub(super) const LEASE: &str = "supervise.lock";
/// Nothing has moved for that long: what was needed for it is given back.
const CALM: Duration = Duration::from_secs(2);

/// Why a supervisor cannot begin.
pub enum Refused {
    Definitions(Vec<Unusable>),
    /// Somebody does already; who.
    Running(String),
    /// In words.
    Other(String),
}

/// All services of one supervisor.
pub(super) struct Crew {
    pub(super) board: Rc<Board>,
    given: Given,
    services: RefCell<Charges>,
    lines: RefCell<BTreeMap<String, Line>>,
}

/// Supervises until told to end; what it started runs on, and is taken back by the next one.
///
/// # Errors
/// [`Refused`]: a mistake in a definition, another supervisor on this folder, no place for the socket.
pub async fn supervise(given: Given, folder: &Path, ears: Ears) -> Result<(), Refused> {
    let local = LocalSet::new();
    local.run_until(run(given, folder, ears)).await
}

async fn run(given: Given, folder: &Path, ears: Ears) -> Result<(), Refused> {
    let services = load::given(&given).map_err(Refused::Definitions)?;
    let other = |why: std::io::Error| Refused::Other(why.to_string());
    files::private_folder(folder).map_err(other)?;
    let lease = lease::take(&folder.join(LEASE), &std::process::id().to_string());
    let _lease = match lease.map_err(other)? {
        Taken::Mine(lease) => lease,
        Taken::Held(pid) => {
            let folder = folder.display();
            return Err(Refused::Running(format!(
                "process {pid} supervises {folder} already"
            )));
        }
    };
    workload::close_at_exec();
    let (mut stop, _) = signals::listen().map_err(other)?;
    let mut reread = signals::reread().map_err(other)?;
    let control = Control::open(&folder.join(SOCKET)).map_err(other)?;
    let unit = surroundings::look("supervise").unit;
    let recorder = Recorder::start(ears, unit);
    let crew = Rc::new(Crew {
        board: Rc::new(Board::new(folder, recorder)),
        given,
        services: RefCell::default(),
        lines: RefCell::default(),
    });
    crew.enlist(services).await;
    let _ = notify::ready();
    let mut calm: Option<Instant> = None;
    loop {
        tokio::select! {
            () = stop.asked() => break,
            () = reread.asked() => drop(crew.reload().await),
            () = crew.board.stirred.notified() => calm = Some(Instant::now() + CALM),
            () = sleep_until(calm.unwrap_or_else(Instant::now)), if calm.is_some() => {
                calm = None;
                memory::give_back_free();
                memory::give_back_code();
            }
            call = control.next() => if let Ok(call) = call {
                tokio::task::spawn_local(desk::serve(Rc::clone(&crew), call));
            },
        }
    }
    let _ = notify::stopping();
    crew.leave().await;
    Ok(())
}

impl Crew {
    async fn enlist(&self, services: Charges) {
        for name in in_order(&services) {
            self.take_on(Rc::clone(&services[&name])).await;
        }
        *self.services.borrow_mut() = services;
    }

    async fn take_on(&self, charge: Rc<Charge>) {
        let name = charge.name.clone();
        match Keeper::new(&self.board, charge, Mode::Crew) {
            Ok((keeper, line)) => {
                self.lines.borrow_mut().insert(name, line);
                tokio::task::spawn_local(keeper.run());
            }
            Err(why) => {
                let text = format!("cannot be kept: {why}");
                self.tell(&name, Kind::Failed, Priority::ERROR, text).await;
            }
        }
    }

    async fn tell(&self, name: &str, kind: Kind, priority: Priority, text: String) {
        let origin = Origin {
            service: name.to_owned(),
            ..Origin::default()
        };
        let event = Event::new(kind, priority, text);
        self.board.recorder.tell(event, &origin).await;
    }

    /// Reads all definitions again: an error of any kind changes nothing, and is told.
    ///
    /// Returns what changed, in words.
    ///
    /// # Errors
    /// All that is wrong.
    pub(super) async fn reload(&self) -> Result<Vec<String>, Vec<Unusable>> {
        let now = match load::given(&self.given) {
            Ok(now) => now,
            Err(wrong) => {
                for it in &wrong {
                    let text = format!("the definitions are kept as they were: {}", in_words(it));
                    self.tell("wharf", Kind::ReloadRefused, Priority::ERROR, text)
                        .await;
                }
                return Err(wrong);
            }
        };
        let changes = changes(&self.services.borrow(), &now);
        let mut told = Vec::new();
        for (name, change) in changes {
            told.push(format!("{name}: {}", wording(change)));
            match (change, now.get(&name)) {
                (Change::Added, Some(charge)) => self.take_on(Rc::clone(charge)).await,
                (Change::Remade, Some(charge)) => self.pass(&name, charge, true).await,
                (Change::Retuned, Some(charge)) => self.pass(&name, charge, false).await,
                (Change::Removed, _) | (_, None) => self.dismiss(&name).await,
            }
        }
        *self.services.borrow_mut() = now;
        let text = match told.is_empty() {
            true => "read again, nothing has changed".to_owned(),
            false => format!("read again: {}", told.join(", ")),
        };
        self.tell("wharf", Kind::Reloaded, Priority::INFO, text)
            .await;
        Ok(told)
    }

    async fn pass(&self, name: &str, charge: &Rc<Charge>, remade: bool) {
        let line = self.line(name);
        if let Some(line) = line {
            let order = Order::Become(Rc::clone(charge), remade);
            let _ = line.send(Box::new(order)).await;
        }
    }

    /// A service whose definition is gone is stopped and forgotten.
    async fn dismiss(&self, name: &str) {
        self.order(name, Wish::Stop).await;
        let Some(line) = self.lines.borrow_mut().remove(name) else {
            return;
        };
        let (done, left) = oneshot::channel();
        let _ = line.send(Box::new(Order::Leave(done))).await;
        let _ = left.await;
        self.board.forget(name);
        files::remove_folder(&self.board.folder.join(name));
    }

    fn line(&self, name: &str) -> Option<Line> {
        self.lines.borrow().get(name).cloned()
    }

    /// Returns what came of an order for one service.
    pub(super) async fn order(&self, name: &str, wish: Wish) -> Outcome {
        let unknown = |verdict, why: &str| Outcome {
            name: name.to_owned(),
            verdict,
            why: why.to_owned(),
            pid: None,
        };
        let Some(line) = self.line(name) else {
            return unknown(Verdict::Unknown, "there is no such service");
        };
        let (done, outcome) = oneshot::channel();
        let _ = line.send(Box::new(Order::Wish(wish, Some(done)))).await;
        let lost = || unknown(Verdict::Unknown, "its definition was taken away meanwhile");
        outcome.await.unwrap_or_else(|_| lost())
    }

    /// Returns all names, each behind what it comes after.
    pub(super) fn names(&self) -> Vec<String> {
        in_order(&self.services.borrow())
    }

    async fn leave(&self) {
        let lines: Vec<Line> = self.lines.borrow().values().cloned().collect();
        for line in lines {
            let (done, left) = oneshot::channel();
            let _ = line.send(Box::new(Order::Leave(done))).await;
            let _ = left.await;
        }
        self.board.recorder.flush().await;
    }
}

fn wording(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Remade => "changed, restarted",
        Change::Retuned => "changed, runs on",
    }
}

/// One line for each thing that is wrong.
pub(super) fn in_words(wrong: &Unusable) -> String {
    match wrong {
        Unusable::Wrong { file, mistakes, .. } => {
            let all: Vec<_> = mistakes
                .iter()
                .map(|it| format!("{}:{it}", file.display()))
                .collect();
            all.join("; ")
        }
        Unusable::Told(text) => text.clone(),
    }
}
