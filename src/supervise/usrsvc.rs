//! usrsvc's files read as they are, and its orders done with or without a supervisor.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use super::Ears;
use super::board::Board;
use super::crew::LEASE;
use super::keeper::{Keeper, Mode, Order};
use super::load::Unusable;
use super::recorder::Recorder;
use crate::decide::definition;
use crate::decide::supervise::life::Wish;
use crate::decide::supervise::order::Charges;
use crate::decide::usrsvc::carry::{Carried, carry, config_dir};
use crate::decide::usrsvc::codes::Action;
use crate::decide::usrsvc::syntax::parse;
use crate::host::lease::{self, Lease, Taken};
use crate::host::{files, workload};
use crate::model::process::{Charge, Outcome, Verdict};
use crate::model::service::Service;

/// The ending of files in `config_dir`.
const ENDING: &str = ".cfg";
/// usrsvc's own: how long the lock is waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(31);
const LOCK_STEP: Duration = Duration::from_millis(100);

/// Reads `usrsvc.cfg` and the files of its `config_dir`, by name.
///
/// # Errors
/// A file or the folder cannot be read.
pub fn read(file: &Path) -> io::Result<Carried> {
    let text = |path: &Path| {
        let named =
            |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", path.display()));
        files::read(path).map_err(named)
    };
    let main = parse(&text(file)?);
    let folder = main.as_ref().ok().and_then(config_dir).map(PathBuf::from);
    let mut all = vec![(file.display().to_string(), main)];
    if let Some(folder) = folder {
        let mut names = files::names(&folder);
        names.retain(|it| it.ends_with(ENDING));
        names.sort();
        for name in names {
            let path = folder.join(name);
            all.push((path.display().to_string(), parse(&text(&path)?)));
        }
    }
    Ok(carry(&all))
}

/// Returns the services of usrsvc's files.
///
/// # Errors
/// All that is wrong in them.
pub(super) fn services(file: &Path) -> Result<BTreeMap<String, Service>, Vec<Unusable>> {
    let carried = read(file).map_err(|why| vec![Unusable::Told(why.to_string())])?;
    let told = carried.faults.iter();
    let mut wrong: Vec<Unusable> = told
        .map(|it| Unusable::Told(format!("{}:{}: {}", it.file, it.line, it.what)))
        .collect();
    let mut services = BTreeMap::new();
    for (name, meant) in &carried.definitions {
        let reading = definition::read(&meant.to_string(), name);
        // One with a fault in its own file is told there.
        match reading.service {
            Some(service) => drop(services.insert(name.clone(), service)),
            None if carried.faults.is_empty() => {
                let all: Vec<_> = reading.mistakes.iter().map(|it| it.what.clone()).collect();
                wrong.push(Unusable::Told(format!(
                    "[Program:{name}]: {}",
                    all.join("; ")
                )));
            }
            None => {}
        }
    }
    match wrong.is_empty() {
        true => Ok(services),
        false => Err(wrong),
    }
}

/// Does an order without a supervisor: the programs are left running. `names` empty means all that
/// are enabled.
///
/// # Errors
/// The folder cannot be used; [`io::ErrorKind::WouldBlock`]: somebody else is at it for too long.
pub async fn act(
    services: Charges,
    folder: &Path,
    action: Action,
    names: &[String],
    parallel: bool,
) -> io::Result<Vec<Outcome>> {
    files::private_folder(folder)?;
    let _lease = locked(folder).await?;
    workload::close_at_exec();
    let local = LocalSet::new();
    local
        .run_until(async {
            let recorder = Recorder::start(Ears::default(), String::new());
            let board = Rc::new(Board::new(folder, recorder));
            let wanted: Vec<String> = match names.is_empty() {
                true => enabled(&services),
                false => names.to_vec(),
            };
            let each = wanted
                .iter()
                .map(|name| one(&board, name, services.get(name).cloned(), action));
            let outcomes = match parallel {
                true => join_all(each).await,
                false => {
                    let mut outcomes = Vec::new();
                    for it in each {
                        outcomes.push(it.await);
                    }
                    outcomes
                }
            };
            board.recorder.flush().await;
            Ok(outcomes)
        })
        .await
}

fn enabled(services: &Charges) -> Vec<String> {
    let enabled = services.iter().filter(|(_, it)| it.process.restart.enabled);
    enabled.map(|(name, _)| name.clone()).collect()
}

async fn locked(folder: &Path) -> io::Result<Lease> {
    let until = Instant::now() + LOCK_LIMIT;
    loop {
        match lease::take(&folder.join(LEASE), &std::process::id().to_string())? {
            Taken::Mine(lease) => return Ok(lease),
            Taken::Held(_) if Instant::now() < until => sleep(LOCK_STEP).await,
            Taken::Held(pid) => {
                let why = format!("process {pid} is at it");
                return Err(io::Error::new(io::ErrorKind::WouldBlock, why));
            }
        }
    }
}

async fn one(board: &Rc<Board>, name: &str, charge: Option<Rc<Charge>>, action: Action) -> Outcome {
    let told = |verdict, why: &str| Outcome {
        name: name.to_owned(),
        verdict,
        why: why.to_owned(),
        pid: None,
    };
    let Some(charge) = charge else {
        return told(Verdict::Unknown, "there is no such program");
    };
    let mut charge = Charge::clone(&charge);
    // What ends is left to whoever asked.
    let rules = &mut charge.process.restart;
    (rules.autostart, rules.autorestart) = (false, false);
    rules.after.clear();
    let (mut keeper, line) = match Keeper::new(board, Rc::new(charge), Mode::Crew) {
        Ok(made) => made,
        Err(why) => return told(Verdict::Forbidden, &why.to_string()),
    };
    let wish = match action {
        Action::Start => Wish::Start,
        Action::Stop => Wish::Stop,
        Action::Restart => Wish::Restart,
        Action::Status => {
            let verdict = match keeper.look().await {
                true => Verdict::Running,
                false => Verdict::NotRunning,
            };
            return keeper.outcome(verdict);
        }
    };
    let run = tokio::task::spawn_local(keeper.run());
    let (done, outcome) = oneshot::channel();
    let _ = line.send(Box::new(Order::Wish(wish, Some(done)))).await;
    let outcome = outcome
        .await
        .unwrap_or_else(|_| told(Verdict::NotStarted, "it was left"));
    let (left, leaving) = oneshot::channel();
    let _ = line.send(Box::new(Order::Leave(left))).await;
    let _ = leaving.await;
    run.abort();
    outcome
}
