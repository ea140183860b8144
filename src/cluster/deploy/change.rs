//! One change on one node, there or back: asked for, followed, and followed again when the way breaks off.

use tokio::time::{Duration, sleep};

use super::Deploy;
use super::ear::Ear;
use super::image;
use crate::decide::deploy::lines::{self, Asked};
use crate::decide::deploy::next::State;
use crate::decide::deploy::verdicts::{self, Heard};
use crate::decide::shell::{HasNul, elevated};
use crate::host::ssh::Ssh;
use crate::model::cluster::{Offline, Placed};
use crate::model::deploy::{HostVerdict, Told};
use crate::model::fleet::{Unreached, UnreachedKind};
use crate::model::plan::Change;
use crate::model::push::PushFailure;
use crate::model::seen::Exit;

/// The longest one line may take: a `pre_deploy` may be given a day, a script has an hour, a rollout what
/// its definition grants.
const LIMIT: Duration = Duration::from_secs(25 * 3600);
/// How often a node that was lost in the middle is tried again, and the pause between.
const TRIES: u32 = 12;
const PAUSE: Duration = Duration::from_secs(5);

/// Makes the change and returns how it ended.
pub(super) async fn make(it: &Deploy<'_>, number: usize) -> (State, Heard) {
    let change = &it.plan.changes[number];
    let Some(placed) = it.cluster.service(&change.service) else {
        return failed("the file does not name it any more".to_owned());
    };
    match image::brought(it, placed, change).await {
        Ok(()) => {}
        Err(PushFailure::Unreached(why)) if skips(it, placed) => {
            let (_, heard) = failed(why.what);
            return (State::Skipped, heard);
        }
        Err(why) => return failed(why.to_string()),
    }
    let asked = match lines::make(placed, change, &it.author) {
        Ok(asked) => asked,
        Err(why) => return failed(why.to_string()),
    };
    let again = lines::rejoin(placed, change, &it.author);
    match followed(it, change, &asked, again).await {
        Ended::Well => (State::Done, Heard::default()),
        Ended::Badly(heard) => (State::Failed, heard),
        Ended::Away(why) if skips(it, placed) => {
            let (_, heard) = failed(why.what);
            (State::Skipped, heard)
        }
        Ended::Away(why) => failed(format!("it was not reached: {}", why.what)),
        Ended::Lost(why) => failed(format!(
            "the connection was lost ({}) and did not come back; the node goes on by itself",
            why.what
        )),
    }
}

/// Takes the change back; `failed`: because it failed itself.
pub(super) async fn unmake(it: &Deploy<'_>, number: usize, failed: bool) -> (State, Heard) {
    let change = &it.plan.changes[number];
    let stuck = |stuck: String| {
        let heard = Heard {
            stuck,
            ..Heard::default()
        };
        (State::Stuck { failed }, heard)
    };
    let Some(placed) = it.cluster.service(&change.service) else {
        return stuck("the file does not name it any more".to_owned());
    };
    let asked = match lines::unmake(placed, change, &it.author) {
        Ok(Some(asked)) => asked,
        // Nothing served before, and nothing does now.
        Ok(None) => return (State::Back { failed }, Heard::default()),
        Err(why) => return stuck(why.to_string()),
    };
    let text = "going back to what it had".to_owned();
    step(it, change, text);
    match followed(it, change, &asked, Ok(asked.clone())).await {
        Ended::Well => (State::Back { failed }, Heard::default()),
        Ended::Badly(heard) => stuck(format!("it did not go back: {}", heard.what)),
        Ended::Away(why) | Ended::Lost(why) => stuck(format!(
            "it did not go back, it is not reached: {}",
            why.what
        )),
    }
}

/// Tells what became of a change that has ended.
pub(super) fn told(it: &Deploy<'_>, number: usize, state: State, heard: &Heard) {
    let change = &it.plan.changes[number];
    // One that did not begin is told in the end, with all the others.
    if state == State::Waiting {
        return;
    }
    let verdict = match state {
        // Its failure was told already.
        State::Back { failed: true } => HostVerdict::PutBack {
            because: "it failed".to_owned(),
        },
        State::Waiting
        | State::Running
        | State::Done
        | State::Skipped
        | State::Failed
        | State::Backing { .. }
        | State::Back { failed: false }
        | State::Stuck { .. } => verdicts::verdict(state, heard, "another one failed"),
    };
    (it.tell)(Told::Node {
        service: change.service.clone(),
        node: change.node.clone(),
        verdict,
    });
}

enum Ended {
    Well,
    Badly(Heard),
    /// It was never reached; nothing has changed there.
    Away(Unreached),
    /// It was reached and then lost.
    Lost(Unreached),
}

/// Follows a line to its end. When the way breaks off the node goes on, and is joined again with `again`.
async fn followed(
    it: &Deploy<'_>,
    change: &Change,
    asked: &Asked,
    again: Result<Asked, HasNul>,
) -> Ended {
    let mut ear = Ear::new(&change.service, &change.node, it.tell);
    let mut why = match run(it, change, asked, &mut ear).await {
        Ok(exit) => return ended(it, change, exit, ear),
        Err(why) if !ear.spoke && never_began(why.kind) => return Ended::Away(why),
        Err(why) => why,
    };
    let Ok(again) = again else {
        return Ended::Lost(why);
    };
    for _ in 0..TRIES {
        step(
            it,
            change,
            format!("not reached, trying again: {}", why.what),
        );
        sleep(PAUSE).await;
        match run(it, change, &again, &mut ear).await {
            Ok(exit) => return ended(it, change, exit, ear),
            Err(other) => why = other,
        }
    }
    Ended::Lost(why)
}

fn ended(it: &Deploy<'_>, change: &Change, exit: Exit, ear: Ear) -> Ended {
    if exit == Exit::Code(0) {
        return Ended::Well;
    }
    let next = format!(
        "wharf deploy -f {} {} --nodes {}",
        it.file, change.service, change.node
    );
    Ended::Badly(ear.verdict(exit, next))
}

async fn run(
    it: &Deploy<'_>,
    change: &Change,
    asked: &Asked,
    ear: &mut Ear<'_>,
) -> Result<Exit, Unreached> {
    let destination = destination(it, &change.node);
    stream(it.ssh, destination, asked, |stream, line| {
        ear.hear(stream, line);
    })
    .await
}

/// Runs what is asked as root there, and hands its lines on.
pub(super) async fn stream(
    ssh: &Ssh,
    destination: &str,
    asked: &Asked,
    each: impl FnMut(crate::model::log::Stream, &[u8]),
) -> Result<Exit, Unreached> {
    let line = elevated(&asked.line).map_err(|why| Unreached {
        kind: UnreachedKind::Other,
        what: why.to_string(),
    })?;
    let stdin = Some(asked.stdin.clone().into_bytes());
    ssh.stream(destination, &line, stdin, LIMIT, each).await
}

pub(super) fn destination<'a>(it: &Deploy<'a>, node: &'a str) -> &'a str {
    it.cluster.node(node).map_or(node, |it| &it.destination)
}

/// Whether ssh ends so before a line of ours is read.
fn never_began(kind: UnreachedKind) -> bool {
    match kind {
        UnreachedKind::Name
        | UnreachedKind::Refused
        | UnreachedKind::HostKey
        | UnreachedKind::NewHost
        | UnreachedKind::Login
        | UnreachedKind::Sudo => true,
        UnreachedKind::Late | UnreachedKind::Cut | UnreachedKind::Other => false,
    }
}

fn skips(it: &Deploy<'_>, placed: &Placed) -> bool {
    let waves = placed.waves.as_ref().unwrap_or(&it.cluster.waves);
    waves.offline == Offline::Skip
}

pub(super) fn step(it: &Deploy<'_>, change: &Change, text: String) {
    (it.tell)(Told::Step {
        service: change.service.clone(),
        node: change.node.clone(),
        text,
    });
}

fn failed(what: String) -> (State, Heard) {
    let heard = Heard {
        what,
        ..Heard::default()
    };
    (State::Failed, heard)
}
