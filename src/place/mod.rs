//! The story of a definition from elsewhere: placed on this host, its unit restarted, and put back when it fails.

mod after;
mod application;
pub mod composed;
mod kept;

use std::io;
use std::path::PathBuf;

use crate::decide::definition;
use crate::decide::units::escape;
use crate::host::{definitions, files, systemd};
use crate::model::mistake::Mistake;
use crate::model::rollout::Report;
use crate::model::service::Service;
use kept::Kept;

/// How it ended.
#[derive(Debug)]
pub enum End {
    Done,
    /// The file is the same and its unit is up: nothing was touched.
    Unchanged,
    /// It did not come up; what was there before is back, unless the report says otherwise.
    Failed(Box<Report>),
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the definition has mistakes")]
    Mistakes(Vec<Mistake>),
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Checks the definition, writes it to where this host's definitions are, and restarts its unit. When the
/// unit does not come up, the file that was there is put back. `tell` gets each step.
///
/// # Errors
/// [`Refusal`]; nothing was touched then.
pub async fn place(
    name: &str,
    text: &str,
    note: &str,
    tell: impl Fn(&str),
) -> Result<End, Refusal> {
    let (path, service) = checked(name, text)?;
    let commit = bring(&service, &tell).await?;
    let before = files::read(&path).ok();
    let unit = escape::unit(name);
    let known = before.as_deref().and_then(definition::canonical) == definition::canonical(text);
    let same =
        known && before.is_some() && (commit.is_none() || commit == application::current(name));
    if same && is_up(&unit) {
        tell("as it was: nothing to do");
        return Ok(End::Unchanged);
    }
    if !same {
        Kept::of(&path, before, name).write(name)?;
        tell(&format!("write {}", path.display()));
        write(&path, &pretty(text))?;
        take(name, commit.as_deref())?;
    }
    match up(&unit, &tell) {
        Ok(()) => {
            after::tell(name, &unit, note).await;
            Ok(End::Done)
        }
        Err(why) => {
            let mut report = after::report(name, &unit, &why.to_string()).await;
            tell("it did not come up: going back");
            if let Err(why) = restore(name, &tell) {
                report.what += &format!("; and what was there before did not come back: {why}");
            }
            Ok(End::Failed(Box::new(report)))
        }
    }
}

/// Brings back what the last [`place`] found; fine when it is back already.
///
/// # Errors
/// [`Refusal::Unfit`] when it does not come up any more.
pub fn back(name: &str, tell: impl Fn(&str)) -> Result<(), Refusal> {
    restore(name, &tell).map_err(|why| Refusal::Unfit(why.to_string()))
}

/// Stops the unit and removes the definition.
///
/// # Errors
/// systemd or the disk refuse.
pub async fn remove(name: &str, tell: impl Fn(&str)) -> Result<(), Refusal> {
    let path = definitions::find(name, &definitions::search_path());
    down(&escape::unit(name), &tell)?;
    if let Ok((service, compose)) = composed::application(name) {
        tell("remove its containers; its volumes stay");
        let gone = application::down(&service, &compose).await;
        gone.map_err(Refusal::Unfit)?;
    }
    if let Some(path) = path {
        tell(&format!("remove {}", path.display()));
        files::remove(&path)?;
    }
    Kept::forget(name)?;
    reload()?;
    Ok(())
}

/// Brings what an application needs, whatever runs of it; returns its commit.
///
/// # Errors
/// [`Refusal::Unfit`]; what ran still runs.
pub async fn bring(service: &Service, tell: &impl Fn(&str)) -> Result<Option<String>, Refusal> {
    match &service.compose {
        Some(compose) => application::ready(service, compose, tell)
            .await
            .map_err(Refusal::Unfit),
        None => Ok(None),
    }
}

/// Brings an application from its repository and makes it the one the next start runs.
///
/// # Errors
/// As [`bring`], or there is no such application.
pub async fn fetch(name: &str, tell: impl Fn(&str)) -> Result<(), Refusal> {
    let (service, _) = composed::application(name).map_err(Refusal::Unfit)?;
    let commit = bring(&service, &tell).await?;
    Ok(take(name, commit.as_deref())?)
}

fn take(name: &str, commit: Option<&str>) -> io::Result<()> {
    commit.map_or(Ok(()), |it| application::take(name, it))
}

/// Returns where the definition belongs: where there is one already, or in the first folder.
fn checked(name: &str, text: &str) -> Result<(PathBuf, Service), Refusal> {
    let reading = definition::read(text, name);
    let Some(service) = reading.service else {
        return Err(Refusal::Mistakes(reading.mistakes));
    };
    if service.name != name {
        let what = format!("it names itself {} and is placed as {name}", service.name);
        return Err(Refusal::Unfit(what));
    }
    let folders = definitions::search_path();
    let usual = || Some(folders.first()?.join(format!("{name}.yaml")));
    let path = definitions::find(name, &folders)
        .or_else(usual)
        .ok_or_else(|| Refusal::Unfit("WHARF_CONFIG_PATH names no folder".to_owned()))?;
    Ok((path, service))
}

/// People read these files as well. JSON is YAML.
fn pretty(text: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    let pretty = value.and_then(|it| serde_json::to_string_pretty(&it));
    pretty.map_or_else(|_| text.to_owned(), |it| it + "\n")
}

fn write(path: &std::path::Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    files::write(path, text.as_bytes(), 0o644)
}

fn restore(name: &str, tell: &impl Fn(&str)) -> io::Result<()> {
    let Some(kept) = Kept::read(name) else {
        return Ok(());
    };
    let unit = escape::unit(name);
    match &kept.text {
        Some(text) => {
            tell(&format!("write {} as it was", kept.path.display()));
            write(&kept.path, text)?;
            take(name, kept.commit.as_deref())?;
            match kept.active {
                true => up(&unit, tell)?,
                false => systemctl(&["stop", &unit])?,
            }
        }
        None => {
            down(&unit, tell)?;
            tell(&format!("remove {}", kept.path.display()));
            files::remove(&kept.path)?;
            reload()?;
        }
    }
    Kept::forget(name)
}

/// Returns when the unit's job has its result: active is healthy.
fn up(unit: &str, tell: &impl Fn(&str)) -> io::Result<()> {
    reload()?;
    systemctl(&["enable", "--quiet", unit])?;
    tell(&format!("restart {unit}"));
    systemctl(&["restart", unit])?;
    tell(&format!("{unit} is active"));
    Ok(())
}

fn down(unit: &str, tell: &impl Fn(&str)) -> io::Result<()> {
    tell(&format!("stop {unit}"));
    systemctl(&["disable", "--quiet", "--now", unit])
}

/// The generator makes slices of definitions.
fn reload() -> io::Result<()> {
    systemctl(&["daemon-reload"])
}

fn systemctl(words: &[&str]) -> io::Result<()> {
    let words = ["systemctl"].iter().chain(words);
    systemd::run(&words.map(|it| (*it).to_owned()).collect::<Vec<_>>())
}

fn is_up(unit: &str) -> bool {
    let shown = systemd::show(unit, &["ActiveState"]).unwrap_or_default();
    let state = shown.first().and_then(|it| it.get("ActiveState"));
    state.is_some_and(|it| it == "active")
}
