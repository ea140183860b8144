//! A plan made true: leases, hooks, waves of nodes, and the way back when one of them fails.

mod before;
mod change;
mod ear;
mod hooks;
mod image;
pub mod leases;

use std::cell::Cell;

use futures_util::StreamExt;
use futures_util::stream;
use sha2::{Digest, Sha256};
use tokio::time::{Duration, sleep};

use crate::decide::deploy::course::{Leg, course};
use crate::decide::deploy::lines::Author;
use crate::decide::deploy::next::{Next, State, next};
use crate::decide::deploy::verdicts::{self, Heard};
use crate::host::signals::Stop;
use crate::host::ssh::Ssh;
use crate::host::{clock, surroundings};
use crate::model::cluster::Cluster;
use crate::model::deploy::{Lease, Outcome, Told};
use crate::model::plan::Plan;

/// Nodes changed at the same time: each is an ssh of its own here.
const TOGETHER: usize = 64;
/// Digits of a deploy's id.
const DIGITS: usize = 12;
/// As a shell tells of a program that ^C ended.
const INTERRUPTED: i32 = 130;
/// How often a stop that was asked for is looked at while nothing else happens.
const GLANCE: Duration = Duration::from_millis(200);

/// What is to be deployed, by whom, and who is told.
pub struct Deploy<'a> {
    pub cluster: &'a Cluster,
    pub plan: &'a Plan,
    pub ssh: &'a Ssh,
    pub author: Author,
    /// The cluster file as the operator named it.
    pub file: String,
    pub tell: &'a dyn Fn(Told),
}

/// Why nothing was begun, or nothing more.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Somebody else is at it: service, node, and who.
    #[error("{0} is being deployed on {1} by {who} since {since} s: {message}",
        who = .2.owner, since = .3, message = .2.message)]
    Held(String, String, Box<Lease>, u64),
    /// A node went away between plan and deploy.
    #[error("{0}: {1}")]
    Unreached(String, String),
    #[error("the hook `before` {0}; nothing was changed")]
    Hook(String),
    #[error("pre_deploy of {service} on {node} {what}; nothing was changed")]
    PreDeploy {
        service: String,
        node: String,
        what: String,
    },
    /// It cannot be handed to a shell.
    #[error("{0}")]
    Text(#[from] crate::decide::shell::HasNul),
}

/// Returns a name for a deploy that is begun now: 12 hex digits.
pub fn id(plan: &Plan) -> String {
    let now = clock::wall().as_nanos();
    let text = format!("{} {now} {}", plan.id, std::process::id());
    let digest = Sha256::digest(text.as_bytes());
    let mut hex: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    hex.truncate(DIGITS);
    hex
}

/// Makes every change of the plan, or puts back what was changed, and returns what became of each node.
/// The first `stop` lets what has begun come to its end and begins nothing more.
///
/// # Errors
/// [`Refusal`]; nothing was changed then.
pub async fn deploy(it: &Deploy<'_>, stop: &mut Stop) -> Result<Outcome, Refusal> {
    let leases = leases::take(it).await?;
    let stopped = Cell::new(false);
    let outcome = tokio::select! {
        outcome = begun(it, &stopped) => outcome,
        () = leases::keep(it, &leases, &stopped) => unreachable!("leases are kept for ever"),
        () = heed(it, stop, &stopped) => unreachable!("it listens for ever"),
    };
    leases::give_back(it, &leases).await;
    if let Ok(outcome) = &outcome {
        hooks::after(it, outcome).await;
    }
    outcome
}

async fn begun(it: &Deploy<'_>, stopped: &Cell<bool>) -> Result<Outcome, Refusal> {
    hooks::before(it).await?;
    before::run(it).await?;
    Ok(go(it, stopped).await)
}

/// The first stop is a wish, the second one ends this process as it always does.
async fn heed(it: &Deploy<'_>, stop: &mut Stop, stopped: &Cell<bool>) {
    loop {
        stop.asked().await;
        if stopped.replace(true) {
            let text = "left; the nodes at work go on by themselves".to_owned();
            (it.tell)(Told::Note { text });
            std::process::exit(INTERRUPTED);
        }
        let text = "stopping: what has begun comes to its end; again to leave at once".to_owned();
        (it.tell)(Told::Note { text });
    }
}

async fn go(it: &Deploy<'_>, stopped: &Cell<bool>) -> Outcome {
    let legs = course(it.cluster, it.plan);
    let count = it.plan.changes.len();
    let mut states = vec![State::Waiting; count];
    let mut heard = vec![Heard::default(); count];
    let mut rested = false;
    loop {
        match next(&legs, &states, rested, stopped.get()) {
            Next::Start {
                leg,
                number,
                changes,
            } => {
                (it.tell)(wave(it, &legs[leg], number));
                all(it, &changes, Way::There, stopped, &mut states, &mut heard).await;
                rested = false;
            }
            Next::Pause { leg, time } => {
                let service = legs[leg].service.clone();
                let seconds = time.as_secs();
                (it.tell)(Told::Pause { service, seconds });
                rest(time, stopped).await;
                rested = true;
            }
            Next::PutBack(changes) => {
                all(it, &changes, Way::Back, stopped, &mut states, &mut heard).await;
            }
            // Waves are waited for as a whole, so nothing runs between two steps.
            Next::Wait | Next::End => break,
        }
    }
    verdicts::outcome(&it.author.deploy, it.plan, &states, &heard)
}

/// Which way a change goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

fn wave(it: &Deploy<'_>, leg: &Leg, number: usize) -> Told {
    let nodes = leg.waves[number].iter();
    Told::Wave {
        service: leg.service.clone(),
        number: number + 1,
        of: leg.waves.len(),
        nodes: nodes
            .map(|change| it.plan.changes[*change].node.clone())
            .collect(),
    }
}

/// Takes these changes one way, as many together as may be. One that fails keeps those from beginning
/// that wait for their place.
async fn all(
    it: &Deploy<'_>,
    changes: &[usize],
    way: Way,
    stopped: &Cell<bool>,
    states: &mut [State],
    heard: &mut [Heard],
) {
    let failed = Cell::new(false);
    let one = |number: usize| {
        let (before, failed) = (states[number], &failed);
        async move {
            let ended = match way {
                Way::There if failed.get() || stopped.get() => (State::Waiting, Heard::default()),
                Way::There => change::make(it, number).await,
                Way::Back => change::unmake(it, number, before == State::Failed).await,
            };
            failed.set(failed.get() || ended.0 == State::Failed);
            (number, ended)
        }
    };
    let works: Vec<_> = changes.iter().map(|number| one(*number)).collect();
    let mut works = stream::iter(works).buffer_unordered(TOGETHER);
    let mut ends = Vec::new();
    while let Some((number, (state, words))) = works.next().await {
        heard[number].add(words);
        change::told(it, number, state, &heard[number]);
        ends.push((number, state));
    }
    drop(works);
    for (number, state) in ends {
        states[number] = state;
    }
}

async fn rest(time: Duration, stopped: &Cell<bool>) {
    let until = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < until && !stopped.get() {
        sleep(GLANCE).await;
    }
}

/// Returns who deploys from here.
pub fn author(plan: &Plan, note: &str) -> Author {
    Author {
        deploy: id(plan),
        who: surroundings::who(),
        note: note.to_owned(),
    }
}
