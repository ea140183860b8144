//! The story of one service's revisions: look, decide one step, do it, look again.

mod act;
mod front;
mod ledger;
mod look;
mod report;
mod turn;
mod voice;
mod wants;
pub mod wish;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::host::bus::{Bus, Changes};
use crate::host::lease::{self, Taken};
use crate::host::store::{Store, Watch};
use crate::host::surroundings::{self, Surroundings};
use crate::host::{notify, signals};
use crate::model::balance::Address;
use crate::model::event::{Event, Kind};
use crate::model::job::JobKind;
use crate::model::ledger::{self as notes, Trace};
use crate::model::log::Priority;
use crate::model::revision::{InstanceName, RevisionId, Wanted};
use crate::model::rollout::{Rollout, Verdict};
use crate::model::scene::{Goal, Scene};
use crate::model::step::{Fault, Step};

use act::Then;
use front::Fronts;
use ledger::Ledger;
use look::Sight;
use voice::Voice;
use wants::Definitions;
use work::Work;

/// Between two looks while connections are counted or work is under way: neither is heard of.
const SOON: Duration = Duration::from_millis(250);
/// Between two looks while a unit or the time is waited for; a change of a unit is heard of at once.
const LAZY: Duration = Duration::from_secs(1);
/// Between two looks while nothing is to be done.
const CALM: Duration = Duration::from_secs(5);
/// After a look or step that did not succeed, and while docker or systemd are away.
const LATER: Duration = Duration::from_secs(2);
/// How often systemd's watchdog is fed at most.
const PING: Duration = Duration::from_secs(4);
/// How often an operator's wish is looked for; it is a file.
const WISHES: Duration = Duration::from_millis(500);
/// The longest leave-taking systemd is asked for at a time; each step of it asks anew.
const FAREWELL: Duration = Duration::from_secs(90);
/// A lease not renewed for so long belongs to a process that hangs; systemd's watchdog ends it.
const LEASE: Duration = Duration::from_secs(30);
/// How often the lease is asked for before somebody else counts as its holder.
const LEASE_TRIES: u32 = 5;
const LEASE_PAUSE: Duration = Duration::from_millis(100);

/// Exit codes of the manager's unit.
const DONE: u8 = 0;
const REFUSED: u8 = 1;
/// What a restart does not cure.
const UNUSABLE: u8 = 78;

/// Everything one manager knows while it lives.
pub struct Manager {
    service: String,
    /// The addresses its unit was given.
    given: Vec<Address>,
    site: Surroundings,
    store: Store,
    bus: Bus,
    ledger: Ledger,
    voice: Voice,
    wanted: Wanted,
    /// What the last look was for.
    meant_last: Option<RevisionId>,
    definitions: Definitions,
    last_rollout: Rollout,
    fronts: Option<Fronts>,
    trace: Trace,
    sight: Sight,
    /// Looks in a row that found an instance without an open connection.
    zeros: BTreeMap<InstanceName, u32>,
    works: HashMap<Step, Work>,
    /// Revisions given up whose report is still to be written: the way back goes first.
    unreported: Vec<(RevisionId, Fault)>,
    /// Instances whose start job failed.
    refused: Vec<InstanceName>,
    last: Option<Step>,
    /// The target serves, or did once: systemd has been told.
    announced: bool,
    /// Asked to bring everything down.
    leaving: bool,
    not_before: Instant,
    /// When the store is to be told of a rollback at the latest.
    settle_at: Instant,
    pinged: Instant,
}

/// Manages the service until systemd says stop; returns the unit's exit code.
///
/// # Errors
/// Only when this process cannot listen to signals, or cannot reach systemd at all.
pub async fn run(service: &str, given: Vec<Address>) -> io::Result<u8> {
    let (mut stop, mut reload) = signals::listen()?;
    let ledger = Ledger::open(service)?;
    let _lease = match take_lease(&ledger).await? {
        Taken::Mine(lease) => lease,
        Taken::Held(holder) => return Ok(refuse(service, &holder)),
    };
    let site = surroundings::look(&format!("{service}@manager"));
    let voice = Voice::new(service, &ledger.places);
    let store = ledger::store()?;
    let bus = Bus::connect().await?;
    let mut changes = bus.changes(service).await?;
    let mut watch = store.watch(service).map_err(io::Error::other)?;
    let mut manager = Manager {
        service: service.to_owned(),
        given,
        site,
        store,
        bus,
        voice,
        wanted: Wanted::Unknown,
        meant_last: None,
        definitions: Definitions::new(),
        last_rollout: Rollout::default(),
        fronts: None,
        trace: ledger.trace(),
        ledger,
        sight: Sight::default(),
        zeros: BTreeMap::new(),
        works: HashMap::new(),
        unreported: Vec::new(),
        refused: Vec::new(),
        last: None,
        announced: false,
        leaving: false,
        not_before: Instant::now(),
        settle_at: Instant::now(),
        pinged: Instant::now(),
    };
    manager.ask_store().await;
    manager
        .live(&mut stop, &mut reload, &mut changes, &mut watch)
        .await
}

/// Takes the lease. An operator's command looks for its holder by taking it for an instant, so one
/// refusal is not the last word.
async fn take_lease(ledger: &Ledger) -> io::Result<Taken> {
    let lease = notes::Lease {
        owner: surroundings::look("").unit,
        pid: std::process::id(),
        expires_ms: act::millis() + u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX),
    };
    let text = serde_json::to_string(&lease).map_err(io::Error::other)?;
    let mut taken = lease::take(&ledger.places.lease(), &text)?;
    for _ in 1..LEASE_TRIES {
        if matches!(taken, Taken::Mine(_)) {
            break;
        }
        sleep(LEASE_PAUSE).await;
        taken = lease::take(&ledger.places.lease(), &text)?;
    }
    Ok(taken)
}

impl Manager {
    async fn live(
        &mut self,
        stop: &mut signals::Stop,
        reload: &mut signals::Reload,
        changes: &mut Changes,
        watch: &mut Watch,
    ) -> io::Result<u8> {
        loop {
            self.alive();
            let then = self.turn().await;
            if let Some(code) = self.over() {
                return Ok(code);
            }
            let pause = match then {
                Then::Look => continue,
                Then::Wait(pause) => pause,
                Then::Rest => CALM,
            };
            let asked = self.ledger.wish();
            tokio::select! {
                () = stop.asked(), if !self.leaving => {
                    if let Some(code) = self.asked_to_stop().await {
                        return Ok(code);
                    }
                }
                () = reload.asked() => self.asked_to_reload().await,
                () = watch.changed() => self.ask_store().await,
                heard = changes.next() => if heard.is_err() { self.bus_again(changes).await },
                () = self.wish_other_than(&asked) => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// A restart of the manager leaves everything as it is; a stop brings everything down.
    async fn asked_to_stop(&mut self) -> Option<u8> {
        let job = self.bus.job_type_of(&self.site.unit).await;
        if matches!(job, Ok(Some(JobKind::Restart))) {
            return Some(DONE);
        }
        let _ = notify::stopping();
        let _ = notify::extend(FAREWELL.max(self.last_rollout.drain_timeout + FAREWELL));
        self.works.clear();
        self.leaving = true;
        None
    }

    async fn asked_to_reload(&mut self) {
        let _ = notify::reloading();
        let (program, newer) = surroundings::program();
        if newer {
            let why = surroundings::reexecute(&program);
            self.later(&format!(
                "cannot become the new {}: {why}",
                program.display()
            ))
            .await;
        }
        self.definitions.clear();
        self.ask_store().await;
        let _ = notify::ready();
    }

    async fn bus_again(&mut self, changes: &mut Changes) {
        sleep(LATER).await;
        if let Ok(bus) = Bus::connect().await
            && let Ok(again) = bus.changes(&self.service).await
        {
            (self.bus, *changes) = (bus, again);
        }
    }

    async fn wish_other_than(&self, asked: &notes::Wish) {
        while self.ledger.wish() == *asked {
            sleep(WISHES).await;
        }
    }

    /// Nothing new is begun for a moment.
    async fn later(&mut self, why: &str) {
        self.not_before = Instant::now() + LATER;
        self.voice.status(why);
        self.voice
            .tell(Event::new(Kind::Stepped, Priority::WARNING, why), None)
            .await;
    }

    fn is_proven(&self, revision: &RevisionId) -> bool {
        matches!(self.ledger.verdict(revision), Some(Verdict::Proven { .. }))
    }

    async fn exit_status(&self, name: &InstanceName) -> Option<i32> {
        let unit = name.unit(&self.service);
        let units = self.bus.list(&unit).await.ok()?;
        units.first().map(|it| it.exit_status)
    }

    fn fronts(&self) -> io::Result<&Fronts> {
        self.fronts
            .as_ref()
            .ok_or_else(|| io::Error::other("the balancer is not open"))
    }

    fn fit_fronts(&mut self, goal: &Goal) -> io::Result<()> {
        let rollout = match goal {
            Goal::Serve(target) => &target.rollout,
            Goal::Withdraw(rollout) => rollout,
            Goal::Keep => return Ok(()),
        };
        let fit = self
            .fronts
            .as_ref()
            .is_some_and(|it| it.fit(rollout, &self.given));
        if !fit {
            self.fronts = Some(Fronts::open(&self.service, rollout, &self.given)?);
        }
        Ok(())
    }

    /// What instances are to know before one of a revision on probation is started.
    fn forewarn(&self, scene: &Scene) -> io::Result<()> {
        let serving = self.ledger.front().map(|it| it.serving).unwrap_or_default();
        let probation = match &scene.goal {
            Goal::Serve(it) if !it.proven => Some(it.revision.clone()),
            Goal::Serve(_) | Goal::Keep | Goal::Withdraw(_) => None,
        };
        self.tell_instances(serving, probation)
    }
}

fn refuse(service: &str, holder: &str) -> u8 {
    let lease = serde_json::from_str::<notes::Lease>(holder).ok();
    let who = lease.map_or_else(
        || "another process".to_owned(),
        |it| format!("{} (process {})", it.owner, it.pid),
    );
    let text = format!("{service} is managed by {who} already; stop that one first");
    let event = Event::new(Kind::Failed, Priority::ERROR, text.clone());
    crate::host::journal::event::print(&event);
    let _ = notify::status(&text);
    REFUSED
}
