//! What an operator asks of a manager: roll, pause, resume, abort; and how the rollout goes on.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ledger::{self, Ledger};
use super::voice::nanos;
use crate::host::journal::read::{self, Record};
use crate::host::lease::{self, Taken};
use crate::host::{files, journal, systemd};
use crate::model::ledger::{Lease, Outcome, StepLine, Wish};
use crate::model::revision::{RevisionId, Wanted};
use crate::model::rollout::{Report, Verdict};
use crate::model::stamp;

/// How often the steps of a rollout that is followed are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How long somebody who asks for a rollout waits for a manager that is between two lives: systemd's
/// `RestartSec=2s` and a start.
const RESTART: Duration = Duration::from_secs(5);
/// How long a manager that is being started may take until it is at work.
const START: Duration = Duration::from_secs(60);
/// How long a manager may be gone (its restart takes seconds) before who follows is told.
const GONE: Duration = Duration::from_secs(30);

/// Why a wish is not granted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("nobody has put {0} yet")]
    Unknown(String),
    #[error("no manager of {0} runs on this host")]
    NoManager(String),
    #[error("revision {} is proven already; there is nothing to abort", .0.short())]
    Proven(RevisionId),
    #[error("revision {} was given up already", .0.short())]
    GivenUp(RevisionId),
    #[error("{0}")]
    Store(String),
    #[error(transparent)]
    Notes(#[from] io::Error),
}

/// How a followed rollout ended.
#[derive(Debug)]
pub enum Verdicted {
    Proven(RevisionId),
    Done(RevisionId),
    GivenUp(RevisionId, Box<Report>),
    /// Somebody put or asked for another revision meanwhile.
    Superseded(RevisionId, RevisionId),
    /// The manager went away and did not come back.
    Lost,
    /// It took longer than one wanted to wait; it goes on.
    Late,
}

/// Asks the manager to roll the wanted revision: one that was given up is tried again. Returns it.
///
/// # Errors
/// [`Refusal`]: nothing was put, or no manager runs.
pub async fn roll(service: &str) -> Result<RevisionId, Refusal> {
    let wanted = wanted(service).await?;
    let ledger = Ledger::open(service)?;
    let mut needed = ledger.wish().withdrawn;
    if let Some(Verdict::Failed { .. }) = ledger.verdict(&wanted) {
        files::remove(&ledger.places.verdict(&wanted))?;
        needed = true;
    }
    let asked = change(&ledger, |wish| {
        wish.asked += 1;
        wish.withdrawn = false;
    });
    match asked {
        // A manager that goes for it already needs no word, and a full disk takes none.
        Err(why) if !needed && why.kind() == io::ErrorKind::StorageFull => {}
        other => other?,
    }
    awaited(service, &ledger).await?;
    Ok(wanted)
}

/// Returns the revision that is wanted, and how its rollout ended where it has; asks for nothing.
///
/// # Errors
/// [`Refusal`]: nothing was put, or it is under way and no manager runs.
pub async fn under_way(service: &str) -> Result<(RevisionId, Option<Verdicted>), Refusal> {
    let wanted = wanted(service).await?;
    let ledger = Ledger::open(service)?;
    let ended = match ledger.verdict(&wanted) {
        Some(Verdict::Proven { .. }) => Some(Verdicted::Proven(wanted.clone())),
        Some(Verdict::Failed { report, .. }) => Some(Verdicted::GivenUp(wanted.clone(), report)),
        None => None,
    };
    if ended.is_none() {
        awaited(service, &ledger).await?;
    }
    Ok((wanted, ended))
}

/// Holds the rollout where it is, or lets it go on. What serves is cared for meanwhile.
///
/// # Errors
/// The notes cannot be written.
pub fn pause(service: &str, paused: bool) -> Result<(), Refusal> {
    let ledger = Ledger::open(service)?;
    Ok(change(&ledger, |wish| wish.paused = paused)?)
}

/// Takes the service down for good, or until the next `put` or `roll`.
///
/// # Errors
/// The notes cannot be written.
pub fn withdraw(service: &str) -> Result<(), Refusal> {
    let ledger = Ledger::open(service)?;
    Ok(change(&ledger, |wish| wish.withdrawn = true)?)
}

/// Gives up the rollout under way; what served before serves again. Returns the revision given up.
///
/// # Errors
/// [`Refusal`]: there is no rollout under way.
pub async fn abort(service: &str, who: &str) -> Result<RevisionId, Refusal> {
    let wanted = wanted(service).await?;
    let ledger = Ledger::open(service)?;
    match ledger.verdict(&wanted) {
        Some(Verdict::Proven { .. }) => return Err(Refusal::Proven(wanted)),
        Some(Verdict::Failed { .. }) => return Err(Refusal::GivenUp(wanted)),
        None => {}
    }
    let report = Report {
        what: format!("{who} aborted the rollout"),
        stage: "aborted".into(),
        next: format!("wharf roll {service} tries it again"),
        ..Report::default()
    };
    let when = stamp::format(nanos());
    ledger.judge(
        &wanted,
        &Verdict::Failed {
            when,
            report: Box::new(report),
        },
    )?;
    change(&ledger, |wish| wish.asked += 1)?;
    Ok(wanted)
}

/// Follows the rollout of a revision, handing each step to `each`, until it is over, at most `limit`.
/// With `proven` that is when the revision is proven, else when the old one has gone as well.
///
/// # Errors
/// The notes cannot be read.
pub async fn follow(
    service: &str,
    revision: &RevisionId,
    proven: bool,
    limit: Duration,
    mut each: impl FnMut(&StepLine),
) -> Result<Verdicted, Refusal> {
    let ledger = Ledger::open(service)?;
    let until = Instant::now() + limit;
    let mut seen = Instant::now();
    let mut told = last_turn(&steps(&ledger), revision);
    while Instant::now() < until {
        if managed(service, &ledger).is_ok() {
            seen = Instant::now();
        }
        let all = steps(&ledger);
        let from = all.iter().rposition(|it| Some(it) == told.as_ref());
        for line in &all[from.map_or(0, |it| it + 1)..] {
            told = Some(line.clone());
            if line.revision.as_ref().is_some_and(|it| it != revision) {
                continue;
            }
            each(line);
            if let Some(end) = end(&ledger, line, revision, proven) {
                return Ok(end);
            }
        }
        // Not by the steps: the manager may be at those of the one before for a moment longer.
        if let Ok(other) = wanted(service).await
            && other != *revision
        {
            return Ok(Verdicted::Superseded(revision.clone(), other));
        }
        if seen.elapsed() > GONE {
            return Ok(Verdicted::Lost);
        }
        sleep(LOOK).await;
    }
    Ok(Verdicted::Late)
}

/// Returns the service's steps and verdicts from the journal, the oldest first.
///
/// # Errors
/// The journal cannot be read.
pub async fn history(service: &str, count: usize) -> Result<Vec<Record>, journal::Error> {
    let mut matches = vec![("WHARF_SERVICE", service)];
    matches.extend(
        [
            "stepped",
            "swapped",
            "proven",
            "given_up",
            "store_lost",
            "store_back",
            "deployed",
        ]
        .map(|it| ("WHARF_EVENT", it)),
    );
    read::tail(&matches, count).await
}

async fn wanted(service: &str) -> Result<RevisionId, Refusal> {
    let store = ledger::store().map_err(|why| Refusal::Store(why.to_string()))?;
    let wanted = store.wanted(service).await;
    match wanted.map_err(|why| Refusal::Store(why.to_string()))? {
        Wanted::Revision(revision) => Ok(revision),
        Wanted::Deleted | Wanted::Unknown => Err(Refusal::Unknown(service.to_owned())),
    }
}

fn change(ledger: &Ledger, change: impl FnOnce(&mut Wish)) -> io::Result<()> {
    let mut wish = ledger.wish();
    change(&mut wish);
    ledger.set_wish(&wish)
}

/// A manager that was killed or is restarted is back in a moment; one that systemd starts right now takes
/// as long as this host needs.
async fn awaited(service: &str, ledger: &Ledger) -> Result<(), Refusal> {
    let since = Instant::now();
    loop {
        let due = || since.elapsed() > RESTART && !is_starting(service);
        match managed(service, ledger) {
            Err(Refusal::NoManager(_)) if since.elapsed() < START && !due() => sleep(LOOK).await,
            other => return other.map(drop),
        }
    }
}

fn is_starting(service: &str) -> bool {
    let unit = format!("{service}@manager.service");
    let shown = systemd::show(&unit, &["ActiveState"]).unwrap_or_default();
    let state = shown.first().and_then(|it| it.get("ActiveState"));
    state.is_some_and(|it| it == "activating")
}

/// Whoever can take the lease has shown that nobody holds it.
fn managed(service: &str, ledger: &Ledger) -> Result<Option<Lease>, Refusal> {
    match lease::take(&ledger.places.lease(), "")? {
        Taken::Held(text) => Ok(serde_json::from_str(&text).ok()),
        Taken::Mine(_) => Err(Refusal::NoManager(service.to_owned())),
    }
}

fn steps(ledger: &Ledger) -> Vec<StepLine> {
    let text = files::read(&ledger.places.steps()).unwrap_or_default();
    text.lines()
        .filter_map(|it| serde_json::from_str(it).ok())
        .collect()
}

/// The last step of another revision's rollout: what comes behind it is this one's.
fn last_turn(steps: &[StepLine], revision: &RevisionId) -> Option<StepLine> {
    let over =
        |it: &StepLine| it.revision.as_ref() != Some(revision) || it.outcome == Outcome::Failed;
    steps.iter().rfind(|it| over(it)).cloned()
}

fn end(ledger: &Ledger, line: &StepLine, revision: &RevisionId, proven: bool) -> Option<Verdicted> {
    match line.outcome {
        Outcome::Proven if proven => Some(Verdicted::Proven(revision.clone())),
        Outcome::Done => Some(Verdicted::Done(revision.clone())),
        Outcome::Failed => {
            let report = match ledger.verdict(revision) {
                Some(Verdict::Failed { report, .. }) => report,
                Some(Verdict::Proven { .. }) | None => Box::default(),
            };
            Some(Verdicted::GivenUp(revision.clone(), report))
        }
        Outcome::Going | Outcome::Proven => None,
    }
}

/// Returns the verdicts on this service's revisions on this node.
pub fn verdict(service: &str, revision: &RevisionId) -> Option<Verdict> {
    let places = ledger::places(service);
    Ledger { places }.verdict(revision)
}
