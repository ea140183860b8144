//! `usrsvc` and `import usrsvc`: for scripts and files of usrsvc.

use std::io::ErrorKind;
use std::path::Path;

use super::supervise::{homeless, state, tell};
use super::supervise_words::ImportWish;
use crate::decide::supervise::order::Charges;
use crate::decide::usrsvc::codes::{self, Action};
use crate::host::{definitions, files, surroundings};
use crate::model::process::{Answer, Outcome, Request, Verdict};
use crate::say;
use crate::supervise::{self, Given, usrsvc as story};

const FILE: &str = "usrsvc.cfg";
const USAGE: &str =
    "usage: wharf usrsvc [--debug] start|stop|restart|status PROGRAM|all [--parallel|-P]";
/// Who may read the definitions: the owner alone, since an environment may hold secrets.
const MODE: u32 = 0o600;

/// Does as usrsvc does, with its exit codes.
pub(super) async fn usrsvc(words: &[String]) -> u8 {
    if words
        .iter()
        .any(|it| ["--help", "--readme", "--version", "-h"].contains(&it.as_str()))
    {
        say::talk(USAGE);
        return codes::HELP_MESSAGE;
    }
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|it| *it != "--debug")
        .collect();
    let (typed, name, parallel) = match words.as_slice() {
        [action, name] => (*action, *name, false),
        [action, "all", "--parallel" | "-P"] if *action != "status" => (*action, "all", true),
        _ => {
            say::talk("Invalid number of arguments");
            say::talk(USAGE);
            return codes::GENERAL_FAILURE;
        }
    };
    let Some(action) = codes::action(typed) else {
        say::talk(&format!("Unknown action: {typed}"));
        return codes::INVALID_ACTION;
    };
    let (Some(home), Some(folder)) = (surroundings::home(), state(None)) else {
        return homeless();
    };
    // What is wrong in the files is told whoever does the work.
    let services = match supervise::given(&Given::Usrsvc(home.join(FILE))) {
        Ok(services) => services,
        Err(wrong) => {
            tell(&wrong);
            return codes::INVALID_CONFIG;
        }
    };
    let outcomes = match asked(&folder, action, name, parallel).await {
        Some(outcomes) => outcomes,
        None => match alone(services, &folder, action, name, parallel).await {
            Ok(outcomes) => outcomes,
            Err(code) => return code,
        },
    };
    told(action, name, &outcomes)
}

/// Has the supervisor do it; None when there is none.
async fn asked(folder: &Path, action: Action, name: &str, parallel: bool) -> Option<Vec<Outcome>> {
    let names = vec![name.to_owned()];
    let request = match action {
        Action::Start => Request::Start { names, parallel },
        Action::Stop => Request::Stop { names, parallel },
        Action::Restart => Request::Restart { names, parallel },
        Action::Status => Request::Status { names },
    };
    let mut outcomes = Vec::new();
    let socket = supervise::socket(folder);
    let answered = supervise::ask(&socket, &request, |answer| match answer {
        Answer::Outcome(it) => outcomes.push(it),
        Answer::Standing(it) => outcomes.push(Outcome {
            verdict: match it.pid {
                Some(_) => Verdict::Running,
                None => Verdict::NotRunning,
            },
            name: it.name,
            why: it.why,
            pid: it.pid,
        }),
        Answer::Reloaded(_) | Answer::Refused(_) | Answer::End => {}
    });
    answered.await.ok().map(|()| outcomes)
}

async fn alone(
    services: Charges,
    folder: &Path,
    action: Action,
    name: &str,
    parallel: bool,
) -> Result<Vec<Outcome>, u8> {
    let names = match name {
        "all" => Vec::new(),
        name => vec![name.to_owned()],
    };
    let done = story::act(services, folder, action, &names, parallel).await;
    done.map_err(|why| {
        say::error(&why.to_string(), None);
        let kind = why.kind();
        if kind == ErrorKind::WouldBlock {
            codes::TRY_AGAIN
        } else if kind == ErrorKind::PermissionDenied {
            codes::INSUFFICIENT_PERMISSIONS
        } else {
            codes::UNKNOWN_FAILURE
        }
    })
}

fn told(action: Action, name: &str, outcomes: &[Outcome]) -> u8 {
    let mut all = Vec::new();
    for it in outcomes {
        let code = codes::of(action, it);
        say::answer_line(&say::supervise::as_usrsvc(it, code));
        all.push(code);
    }
    match (name, all.as_slice()) {
        ("all", all) => codes::of_all(all),
        (_, [code]) => *code,
        _ => codes::UNKNOWN_FAILURE,
    }
}

/// Writes definitions of what usrsvc's files say.
pub(super) fn import(wish: &ImportWish) -> u8 {
    let ImportWish::Usrsvc {
        file,
        into,
        dry_run,
    } = wish;
    let usual = || Some(surroundings::home()?.join(FILE));
    let Some(file) = file.clone().or_else(usual) else {
        return homeless();
    };
    let carried = match story::read(&file) {
        Ok(carried) => carried,
        Err(why) => {
            say::error(
                &why.to_string(),
                Some("wharf import usrsvc FILE names another one"),
            );
            return super::REFUSED;
        }
    };
    for it in &carried.notices {
        say::talk(&format!("note: {}:{}: {}", it.file, it.line, it.what));
    }
    // Whether they work as definitions is looked at before any of them is written.
    if let Err(wrong) = supervise::given(&Given::Usrsvc(file)) {
        tell(&wrong);
        return super::BAD_DEFINITION;
    }
    let folder = into
        .clone()
        .or_else(|| definitions::own().into_iter().next());
    let Some(folder) = folder else {
        return homeless();
    };
    for (name, definition) in &carried.definitions {
        let text = say::yaml::yaml(definition);
        if let Err(code) = write(&folder.join(format!("{name}.yaml")), &text, *dry_run) {
            return code;
        }
    }
    super::DONE
}

fn write(path: &Path, text: &str, dry_run: bool) -> Result<(), u8> {
    if dry_run {
        say::answer(&format!("# {}\n{text}\n", path.display()));
        return Ok(());
    }
    let failed = |why: std::io::Error, next: &str| {
        say::error(&format!("{}: {why}", path.display()), Some(next));
        super::REFUSED
    };
    if files::read(path).is_ok_and(|it| it != text) {
        let why = std::io::Error::other("there is another definition of this name");
        return Err(failed(why, "remove it, or name another folder with --into"));
    }
    let folder = path.parent().unwrap_or(path);
    let made =
        files::private_folder(folder).and_then(|()| files::write(path, text.as_bytes(), MODE));
    made.map_err(|why| failed(why, "name another folder with --into"))?;
    say::answer_line(&path.display().to_string());
    Ok(())
}
