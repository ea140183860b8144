//! The story of a relay: clients carried to real servers in user space, for hosts and users without privilege.

mod fronts;

use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio::time::{Instant, sleep, timeout};

use crate::decide::relay::{Parting, parting};
use crate::decide::units::relay;
use crate::host::balance::relay as place;
use crate::host::bus::Bus;
use crate::host::news::News;
use crate::host::notify::store;
use crate::host::proxy::{self, Bundle, Given, Listener, Proxy};
use crate::host::{files, notify, signals};
use crate::model::job::JobKind;
use crate::model::relay::RelayAnswer;
use fronts::Fronts;

/// After SIGTERM open connections have this long; the unit's TimeoutStopSec= is longer.
const STOP_DRAIN: Duration = Duration::from_secs(30);
/// A process that was relieved by its successor has this long for its connections.
const RELIEVED_DRAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a successor may take until it answers.
const SUCCESSOR_LIMIT: Duration = Duration::from_secs(20);
/// Between two looks at a successor, or at what is still open.
const PAUSE: Duration = Duration::from_millis(10);
/// How long systemd may take to say whether we come back.
const JOB_LIMIT: Duration = Duration::from_secs(2);
/// How long somebody who asks may take to read the answer.
const TELL_LIMIT: Duration = Duration::from_secs(1);
/// Threads that carry bytes; more than this does not pay beside the real servers.
const THREADS_MOST: usize = 4;

/// One relay process.
struct Relay {
    folder: PathBuf,
    unit: String,
    fronts: Fronts,
    proxy: Proxy,
    accepting: bool,
    wrong: Option<String>,
    successor: Option<(Child, Instant)>,
    /// The one that took over.
    heir: Option<Child>,
}

/// Carries clients of a service until it is told to stop, or its successor has taken over and the last
/// connection is gone. Listening sockets come from systemd or from a predecessor; where neither gave
/// any, those of the table are opened.
///
/// # Errors
/// No socket, no folder, or no signals.
pub async fn run(service: &str) -> io::Result<()> {
    // First of all: they are marked as not to be inherited before anything is started.
    let Given { listeners, parcels } = proxy::given()?;
    // Before anything is accepted: until then a signal would end the process, and its clients with it.
    let (mut stop, mut reload) = signals::listen()?;
    let folder = place::folder(service);
    std::fs::create_dir_all(&folder)?;
    let news = News::of(&folder)?;
    let fronts = Fronts::new();
    let wrong = taken(&folder, &fronts);
    let listeners = match listeners.is_empty() {
        true => own(&fronts)?,
        false => listeners,
    };
    let hooks = fronts.hooks(listeners.iter().map(|it| it.address).collect());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut relay = Relay {
        proxy: Proxy::start(listeners, &parcels, hooks, threads.min(THREADS_MOST))?,
        unit: relay::unit(service),
        fronts,
        accepting: true,
        wrong,
        successor: None,
        heir: None,
        folder,
    };
    let path = place::socket(&relay.folder, std::process::id());
    files::remove(&path)?;
    let door = UnixListener::bind(&path)?;
    if !parcels.is_empty() {
        // They are here now; a later process must not be given them again.
        store::forget(proxy::PARCEL)?;
        drop(parcels);
    }
    notify::main_process()?;
    let done = relay.live(&news, &door, &mut stop, &mut reload).await;
    files::remove(&path)?;
    let kept = keep(relay.proxy.handed());
    done.and(kept)
}

/// Has systemd keep connections for the next process.
fn keep(connections: Vec<Bundle>) -> io::Result<()> {
    if connections.is_empty() {
        return Ok(());
    }
    let (parcels, lost) = proxy::pack(connections)?;
    store::keep(proxy::PARCEL, &parcels)?;
    match lost {
        0 => Ok(()),
        lost => Err(io::Error::other(format!(
            "{lost} open connections could not be handed over and were reset"
        ))),
    }
}

fn own(fronts: &Fronts) -> io::Result<Vec<Listener>> {
    let addresses = fronts.standing().into_iter().map(|it| it.0);
    let listeners: Vec<Listener> = addresses.map(proxy::bind).collect::<io::Result<_>>()?;
    match listeners.is_empty() {
        true => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "no socket was given and the table names no address; start the relay's socket unit",
        )),
        false => Ok(listeners),
    }
}

/// Reads the table; returns why it was not taken.
fn taken(folder: &std::path::Path, fronts: &Fronts) -> Option<String> {
    match place::read_table(folder) {
        // An older one is somebody's mistake, a missing one the manager's end: both change nothing.
        Ok(table) if table.generation > fronts.generation() => {
            fronts.take(table);
            None
        }
        Ok(_) => None,
        Err(why) => Some(why.to_string()),
    }
}

impl Relay {
    async fn live(
        &mut self,
        news: &News,
        door: &UnixListener,
        stop: &mut signals::Stop,
        reload: &mut signals::Reload,
    ) -> io::Result<()> {
        let mut until: Option<Instant> = None;
        let mut fallen = Ok(());
        loop {
            if until.is_some_and(|it| self.proxy.over() || Instant::now() >= it) {
                return fallen;
            }
            let waits = until.is_some() || self.successor.is_some();
            tokio::select! {
                () = stop.asked() => {
                    notify::stopping()?;
                    until = Some(Instant::now() + STOP_DRAIN);
                    self.part().await?;
                }
                () = reload.asked(), if self.accepting && self.successor.is_none() => {
                    self.start_successor();
                }
                came = news.come() => {
                    came?;
                    self.look();
                }
                asked = door.accept() => self.answer(asked?.0).await,
                () = sleep(PAUSE), if waits => {
                    if self.successor_took_over() {
                        self.relieve()?;
                        until = until.or(Some(Instant::now() + RELIEVED_DRAIN));
                    }
                    if let Some(why) = self.heir_fell()? {
                        fallen = Err(why);
                        until = Some(Instant::now() + STOP_DRAIN);
                        self.part().await?;
                    }
                }
            }
        }
    }

    fn look(&mut self) {
        self.wrong = taken(&self.folder, &self.fronts);
    }

    fn relieve(&mut self) -> io::Result<()> {
        self.accepting = false;
        self.proxy.relieve()
    }

    async fn part(&mut self) -> io::Result<()> {
        match parting(self.job().await) {
            Parting::HandOver => {
                self.accepting = false;
                self.proxy.hand_over()
            }
            Parting::Drain => self.relieve(),
        }
    }

    /// What systemd does with our unit; None where it cannot be asked.
    async fn job(&self) -> Option<Option<JobKind>> {
        if !store::told_to() {
            return None;
        }
        let asked = async { Bus::connect().await?.job_type_of(&self.unit).await };
        timeout(JOB_LIMIT, asked).await.ok()?.ok()
    }

    /// The reason a successor cannot be started stands in the answer; this process goes on.
    fn start_successor(&mut self) {
        match proxy::start_successor(self.proxy.listeners()) {
            Ok(child) => self.successor = Some((child, Instant::now())),
            Err(why) => self.wrong = Some(format!("cannot start the successor: {why}")),
        }
    }

    /// One that ends, or does not answer in time, is given up: this process goes on.
    fn successor_took_over(&mut self) -> bool {
        let Some((child, since)) = &mut self.successor else {
            return false;
        };
        let answer = place::ask(&place::socket(&self.folder, child.id()));
        if answer.is_ok_and(|it| it.accepting) {
            self.heir = self.successor.take().map(|it| it.0);
            return true;
        }
        let ended = !matches!(child.try_wait(), Ok(None));
        if ended || since.elapsed() > SUCCESSOR_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            self.successor = None;
            self.wrong = Some("the successor did not take over; this process goes on".to_owned());
        }
        false
    }

    /// systemd is not told how our child ends while we are here, so a crash of it ends us as well: then
    /// it starts the unit again. Whoever ran before us hears it the same way.
    fn heir_fell(&mut self) -> io::Result<Option<io::Error>> {
        let Some(how) = self.heir.as_mut().map_or(Ok(None), Child::try_wait)? else {
            return Ok(None);
        };
        self.heir = None;
        // One that was relieved in its turn, or stopped with us, ends well.
        let fell = !how.success();
        Ok(fell.then(|| io::Error::other(format!("the successor ended: {how}"))))
    }

    async fn answer(&mut self, mut asks: tokio::net::UnixStream) {
        self.look();
        let answer = RelayAnswer {
            pid: std::process::id(),
            generation: self.fronts.generation(),
            accepting: self.accepting,
            wrong: self.wrong.clone(),
            fronts: self.fronts.standing(),
        };
        let text = serde_json::to_vec(&answer).unwrap_or_default();
        // Who does not read it will ask again.
        let _ = timeout(TELL_LIMIT, asks.write_all(&text)).await;
    }
}
