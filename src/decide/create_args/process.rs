//! What runs in the container, as whom, with which surroundings, and how docker handles it.

use std::{path::PathBuf, time::Duration};

use crate::decide::quote::quoted;
use crate::model::service::Pull;

use super::{draft::Draft, words::Wrong};

#[derive(Clone, Copy)]
pub(super) enum Process {
    Entrypoint,
    Env,
    EnvFile,
    Init,
    Label,
    LogDriver,
    LogOption,
    Pull,
    StopSignal,
    StopTimeout,
    Tty,
    User,
    Workdir,
}

impl Process {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        let asked = &mut draft.asked;
        let spec = &mut asked.spec;
        match self {
            // An empty one takes the image's away, as docker's client does it.
            Process::Entrypoint => spec.entrypoint = Some(vec![value.to_owned()]),
            Process::Env => {
                let (key, value) = variable(value)?;
                spec.environment.insert(key, value);
            }
            Process::EnvFile => spec.env_files.push(file(value)?),
            Process::Init => spec.init = switch(value)?,
            Process::Label => {
                let (key, value) = label(value)?;
                spec.labels.insert(key, value);
            }
            Process::LogDriver => spec.log_driver = Some(driver(value)?),
            Process::LogOption => {
                let (key, value) = pair(value, "max-size=10m")?;
                spec.log_options.insert(key, value);
            }
            Process::Pull => asked.pull = Some(pull(value)?),
            Process::StopSignal => asked.stop_signal = Some(signal(value)?),
            Process::StopTimeout => asked.stop_timeout = Some(seconds(value)?),
            Process::Tty => spec.tty = switch(value)?,
            Process::User => spec.user = Some(user(value)?),
            Process::Workdir => spec.workdir = Some(workdir(value)?),
        }
        Ok(())
    }
}

/// `true`, `false` and their short forms, as docker's client takes them.
pub(super) fn switch(value: &str) -> Result<bool, Wrong> {
    match value {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err(Wrong::new(format!(
            "{} is neither true nor false",
            quoted(value)
        ))),
    }
}

/// `KEY=VALUE`, both as text.
pub(super) fn pair(value: &str, example: &str) -> Result<(String, String), Wrong> {
    match value.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => {
            let wrong = Wrong::new(format!("{} is no `key=value`", quoted(value)));
            Err(wrong.hint(format!("write it like `{example}`")))
        }
    }
}

fn variable(value: &str) -> Result<(String, String), Wrong> {
    if !value.contains('=') && !value.is_empty() {
        let what = format!("{} has no value", quoted(value));
        let hint = "a unit has no shell to take it from: write `KEY=VALUE`, or use `env_file` or `secrets`";
        return Err(Wrong::new(what).hint(hint));
    }
    pair(value, "KEY=VALUE")
}

fn label(value: &str) -> Result<(String, String), Wrong> {
    let (key, text) = value.split_once('=').unwrap_or((value, ""));
    if key.trim().is_empty() {
        return Err(Wrong::new(format!("{} has no key", quoted(value))));
    }
    if key.starts_with("io.wharf.") {
        let what = format!("{} is a label of wharf's own", quoted(key));
        return Err(Wrong::new(what).hint("by these it knows its containers: choose another name"));
    }
    Ok((key.to_owned(), text.to_owned()))
}

fn file(value: &str) -> Result<PathBuf, Wrong> {
    if !value.starts_with('/') {
        let what = format!("{} is a relative path", quoted(value));
        return Err(Wrong::new(what)
            .hint("a unit has no working directory to start from: write the path from `/`"));
    }
    Ok(PathBuf::from(value))
}

fn driver(value: &str) -> Result<String, Wrong> {
    match value {
        "" => Err(Wrong::new("`--log-driver` needs a name")),
        "none" => {
            let what = "with the log driver `none` nothing reaches the journal after a restart of the shim";
            Err(Wrong::new(what).hint("leave it out: wharf keeps docker's own copy small"))
        }
        name => Ok(name.to_owned()),
    }
}

fn pull(value: &str) -> Result<Pull, Wrong> {
    match value {
        "missing" => Ok(Pull::Missing),
        "always" => Ok(Pull::Always),
        "never" => Ok(Pull::Never),
        _ => {
            let wrong = Wrong::new(format!("{} is no way to pull", quoted(value)));
            Err(wrong.hint("known: missing, always, never"))
        }
    }
}

/// Returns the signal as docker takes it: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
fn signal(value: &str) -> Result<String, Wrong> {
    match crate::decide::signals::docker_signal(value) {
        Some(signal) => Ok(signal),
        None => {
            let wrong = Wrong::new(format!("{} is no signal", quoted(value)));
            Err(wrong.hint("write `SIGTERM`, `SIGQUIT`, `SIGRTMIN+3` or a number up to 64"))
        }
    }
}

fn seconds(value: &str) -> Result<Duration, Wrong> {
    match value.parse::<u32>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds.into())),
        Err(_) => {
            let wrong = Wrong::new(format!("{} is no number of seconds", quoted(value)));
            Err(wrong.hint("write `30`; a service that may take for ever never stops"))
        }
    }
}

fn user(value: &str) -> Result<String, Wrong> {
    if value.is_empty() || value.contains(char::is_whitespace) {
        let wrong = Wrong::new(format!("{} is no user", quoted(value)));
        return Err(wrong.hint("write `name`, `1000` or `1000:1000`"));
    }
    Ok(value.to_owned())
}

fn workdir(value: &str) -> Result<String, Wrong> {
    if !value.starts_with('/') {
        let what = format!("{} is no absolute path in the container", quoted(value));
        return Err(Wrong::new(what));
    }
    Ok(value.to_owned())
}
