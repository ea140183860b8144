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
            "" => format!("deploy {} by {}", self.deploy, self.who),
            note => format!("deploy {} by {}: {note}", self.deploy, self.who),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::definition;
    use crate::model::cluster::{Links, PreDeploy};
    use crate::model::plan::Mark;

    const DOCUMENT: &str = r#"{"address":"10.9.0.1:80","image":"nginx","port":80}"#;

    fn placed(managed: bool) -> Placed {
        let service = definition::read(DOCUMENT, "web").service.unwrap();
        let definition = Box::new(Definition {
            document: DOCUMENT.into(),
            service,
        });
        Placed {
            name: "web".into(),
            nodes: Vec::new(),
            workload: match managed {
                true => Workload::Managed(definition),
                false => Workload::Runner(definition),
            },
            links: Links::default(),
            waves: None,
            pre_deploy: Some(PreDeploy {
                command: vec!["./migrate".into(), "it's".into()],
                timeout: std::time::Duration::from_secs(9),
            }),
            push_image: false,
        }
    }

    fn change(action: Action, undo: Undo) -> Change {
        Change {
            service: "web".into(),
            node: "n1".into(),
            mark: Mark::Change,
            action,
            why: Vec::new(),
            danger: None,
            broken: false,
            undo,
        }
    }

    fn author() -> Author {
        Author {
            deploy: "0123456789ab".into(),
            who: "anna@laptop".into(),
            note: "$(reboot)".into(),
        }
    }

    const UP: &str = "{ systemctl is-active -q web@manager.service || systemctl start --no-block web@manager.service; }";
    const FOLLOW: &str = "wharf roll web --detach --json --timeout 1215";
    const NOTE: &str = "'deploy 0123456789ab by anna@laptop: $(reboot)'";

    #[test]
    fn a_managed_service_is_put_started_and_followed() {
        let expect = Some("1-ab".to_owned());
        let change = change(Action::Roll { expect }, Undo::Nothing);
        let asked = make(&placed(true), &change, &author()).unwrap();
        let put = format!("wharf put web - --json -m {NOTE}");
        assert_eq!(
            asked.line,
            format!("{put} --expect 1-ab && {UP} && {FOLLOW}")
        );
        assert_eq!(asked.stdin, DOCUMENT);
        let again = rejoin(&placed(true), &change, &author()).unwrap();
        assert_eq!(
            again.line,
            format!("{put} && {UP} && {FOLLOW} --only-follow")
        );
        assert_eq!(again.stdin, DOCUMENT);
    }

    #[test]
    fn each_change_has_its_way_back() {
        let rollback = Undo::Rollback {
            revision: "1-ab".into(),
        };
        let back = format!("wharf rollback web 1-ab -m {NOTE} >/dev/null && {FOLLOW}");
        for (managed, undo, expected) in [
            (true, rollback, Some(back.as_str())),
            (
                true,
                Undo::Withdraw,
                Some(
                    "wharf withdraw web && systemctl stop web@manager.service && wharf withdraw web",
                ),
            ),
            (true, Undo::Stop, Some("systemctl stop web@manager.service")),
            (true, Undo::Nothing, None),
            (false, Undo::Restore, Some("wharf node place web --back")),
        ] {
            let change = change(Action::Place, undo);
            let asked = unmake(&placed(managed), &change, &author()).unwrap();
            assert_eq!(asked.map(|it| it.line).as_deref(), expected);
        }
    }

    #[test]
    fn a_runner_is_placed_or_removed_and_a_command_runs_before() {
        let line = |action| {
            let change = change(action, Undo::Restore);
            make(&placed(false), &change, &author()).unwrap().line
        };
        assert_eq!(
            line(Action::Place),
            format!("wharf node place web -m {NOTE}")
        );
        assert_eq!(line(Action::Delete), "wharf node place web --remove");
        let once = once(&placed(false)).unwrap().unwrap();
        assert_eq!(
            once.line,
            r"wharf node once web --timeout 9 -- ./migrate 'it'\''s'"
        );
        assert_eq!(once.stdin, DOCUMENT);
    }
}
