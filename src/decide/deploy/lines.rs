//! What a node is asked to run for each change, and for its way back.

use super::scripted::{self, Job};
use crate::decide::shell::{HasNul, line, word};
use crate::model::cluster::{Definition, Placed, Workload};
use crate::model::plan::{Action, Change, Undo};

/// Seconds a rollout may take beyond what its definition grants: an image to fetch, a drain to wait for.
const ROLLOUT_MARGIN: u64 = 600;

/// Who deploys, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The deploy's id.
    pub deploy: String,
    pub who: String,
    pub note: String,
}

/// A line for the node's shell, and what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub line: String,
    pub stdin: String,
}

impl Asked {
    fn line(line: String) -> Asked {
        Asked {
            line,
            stdin: String::new(),
        }
    }

    /// A text of any length: a line has its limits.
    pub fn text(text: String) -> Asked {
        Asked {
            line: "sh".to_owned(),
            stdin: text,
        }
    }
}

impl Author {
    /// As revisions and histories keep it.
    fn note(&self) -> String {
        let note = self.note.trim();
        match note {
            "" => format!("deploy {}", self.deploy),
            note => format!("deploy {}: {note}", self.deploy),
        }
    }
}

/// Returns what makes the change.
///
/// # Errors
/// A text of the file has a NUL in it.
pub fn make(placed: &Placed, change: &Change, author: &Author) -> Result<Asked, HasNul> {
    match &placed.workload {
        Workload::Managed(it) => managed(&placed.name, it, &change.action, author),
        Workload::Runner(it) => runner(&placed.name, it, &change.action, author),
        Workload::Scripted(scripts) => {
            let job = match &change.action {
                Action::Start => return start(&placed.name).map(Asked::line),
                Action::Renew => Job::Renew,
                Action::Delete => Job::Delete,
                Action::Roll { .. } | Action::Resume { .. } | Action::Place | Action::Script => {
                    Job::Deploy
                }
            };
            scripted::text(&placed.name, scripts, job, author).map(Asked::text)
        }
    }
}

/// Returns what takes the change back; None where nothing can.
///
/// # Errors
/// A text of the file has a NUL in it.
pub fn unmake(placed: &Placed, change: &Change, author: &Author) -> Result<Option<Asked>, HasNul> {
    let name = placed.name.as_str();
    let asked = match (&placed.workload, &change.undo) {
        (_, Undo::Nothing) => return Ok(None),
        (Workload::Managed(it), Undo::Rollback { revision }) => {
            let note = author.note();
            let back = line(&["wharf", "rollback", name, revision, "-m", &note])?;
            Asked::line(format!("{back} >/dev/null && {}", follow(name, it)?))
        }
        (Workload::Managed(_), Undo::Withdraw) => Asked::line(withdraw(name)?),
        (Workload::Managed(_), Undo::Stop | Undo::Restore) => {
            Asked::line(line(&["systemctl", "stop", &manager(name)])?)
        }
        (Workload::Runner(_), _) => Asked::line(line(&["wharf", "node", "place", name, "--back"])?),
        (Workload::Scripted(_), Undo::Stop) => {
            Asked::line(line(&["systemctl", "stop", &format!("{name}.service")])?)
        }
        (Workload::Scripted(it), Undo::Restore | Undo::Rollback { .. } | Undo::Withdraw) => {
            Asked::text(scripted::text(name, it, Job::Back, author)?)
        }
    };
    Ok(Some(asked))
}

/// Returns what joins a change that goes on without us, or makes one that was never begun. It can be given
/// again and again.
///
/// # Errors
/// A text of the file has a NUL in it.
pub fn rejoin(placed: &Placed, change: &Change, author: &Author) -> Result<Asked, HasNul> {
    match (&placed.workload, &change.action) {
        // Not `expect`: it may have been put already. Nor asked for: it may have been given up already.
        (Workload::Managed(it), Action::Roll { .. } | Action::Resume { .. }) => {
            let unbound = Action::Roll { expect: None };
            let mut asked = managed(&placed.name, it, &unbound, author)?;
            asked.line += " --only-follow";
            Ok(asked)
        }
        (Workload::Managed(_) | Workload::Runner(_) | Workload::Scripted(_), _) => {
            make(placed, change, author)
        }
    }
}

/// Returns what runs a service's `pre_deploy` on a node; None where it has none.
///
/// # Errors
/// A text of the file has a NUL in it.
pub fn once(placed: &Placed) -> Result<Option<Asked>, HasNul> {
    let Some(it) = &placed.pre_deploy else {
        return Ok(None);
    };
    let document = match &placed.workload {
        Workload::Managed(it) | Workload::Runner(it) => it.document.clone(),
        Workload::Scripted(_) => return Ok(None),
    };
    let seconds = it.timeout.as_secs().to_string();
    let mut words = vec![
        "wharf",
        "node",
        "once",
        &placed.name,
        "--timeout",
        &seconds,
        "--",
    ];
    words.extend(it.command.iter().map(String::as_str));
    Ok(Some(Asked {
        line: line(&words)?,
        stdin: document,
    }))
}

fn managed(
    name: &str,
    meant: &Definition,
    action: &Action,
    author: &Author,
) -> Result<Asked, HasNul> {
    let note = author.note();
    let mut put = vec!["wharf", "put", name, "-", "--json", "-m", &note];
    match action {
        Action::Delete => return withdraw(name).map(Asked::line),
        Action::Roll {
            expect: Some(revision),
        } => put.extend(["--expect", revision]),
        Action::Roll { expect: None }
        | Action::Resume { .. }
        | Action::Place
        | Action::Script
        | Action::Renew
        | Action::Start => {}
    }
    let line = format!(
        "{} && {} && {}",
        line(&put)?,
        manager_up(name)?,
        follow(name, meant)?
    );
    Ok(Asked {
        line,
        stdin: meant.document.clone(),
    })
}

fn manager(name: &str) -> String {
    format!("{name}@manager.service")
}

/// Waits for nothing: the rollout is followed by its steps. The generator has the unit started at boot.
fn manager_up(name: &str) -> Result<String, HasNul> {
    let unit = word(&manager(name))?;
    Ok(format!(
        "{{ systemctl is-active -q {unit} || systemctl start --no-block {unit}; }}"
    ))
}

/// Until the revision is proven: the old one's last connections may take longer.
fn follow(name: &str, meant: &Definition) -> Result<String, HasNul> {
    let rollout = &meant.service.rollout;
    let granted = rollout.deadline + rollout.settle + rollout.min_healthy;
    let limit = (granted.as_secs() + ROLLOUT_MARGIN).to_string();
    line(&[
        "wharf",
        "roll",
        name,
        "--detach",
        "--json",
        "--timeout",
        &limit,
    ])
}

/// Said once more when the manager is gone: only then are its units nobody's.
fn withdraw(name: &str) -> Result<String, HasNul> {
    let withdraw = line(&["wharf", "withdraw", name])?;
    let stop = line(&["systemctl", "stop", &manager(name)])?;
    Ok(format!("{withdraw} && {stop} && {withdraw}"))
}

fn start(name: &str) -> Result<String, HasNul> {
    let unit = format!("{name}.service");
    line(&["systemctl", "start", &unit])
}

fn runner(
    name: &str,
    meant: &Definition,
    action: &Action,
    author: &Author,
) -> Result<Asked, HasNul> {
    let note = author.note();
    if *action == Action::Delete {
        return line(&["wharf", "node", "place", name, "--remove"]).map(Asked::line);
    }
    Ok(Asked {
        line: line(&["wharf", "node", "place", name, "-m", &note])?,
        stdin: meant.document.clone(),
    })
}
