//! What docker, and buttervolume's users, ask of a volume driver: the path and the JSON of one request.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::making::making;
use super::retention::{Pattern, pattern};
use super::schedule::{Timer, action, timer};
use crate::model::volume::{Making, SnapshotName, VolumeName};

/// One request, every name in it checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Activate,
    Capabilities,
    List,
    Create(VolumeName, Making),
    Remove(VolumeName),
    Mount(VolumeName),
    Unmount,
    Path(VolumeName),
    Get(VolumeName),
    Snapshot(VolumeName),
    Snapshots(Option<VolumeName>),
    RemoveSnapshot(SnapshotName),
    Send(SnapshotName, String),
    Replicate(VolumeName, String),
    Receive(VolumeName, String),
    Restore(From, Option<VolumeName>),
    Clone(VolumeName, VolumeName),
    Purge(VolumeName, Pattern, bool),
    Sync(Vec<VolumeName>, Vec<String>),
    Schedule(VolumeName, String, Timer),
    Scheduled,
    PauseAll(bool),
}

/// What a restore starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    Snapshot(SnapshotName),
    NewestOf(VolumeName),
}

/// All fields there are; who asks for what is the path's business.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Body {
    name: String,
    target: Option<String>,
    host: String,
    pattern: String,
    dryrun: bool,
    action: String,
    timer: serde_json::Value,
    volumes: Vec<String>,
    hosts: Vec<String>,
    opts: Option<BTreeMap<String, String>>,
}

/// Reads a request; an empty body counts as one without fields.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn asked(path: &str, body: &[u8]) -> Result<Asked, String> {
    let body = match body.trim_ascii() {
        [] => Body::default(),
        text => serde_json::from_slice(text)
            .map_err(|why| format!("this is no request in JSON: {why}"))?,
    };
    let path = path.trim_start_matches('/');
    if let Some(plugin) = path.strip_prefix("VolumeDriver.") {
        return driver(plugin, &body);
    }
    match path {
        "Plugin.Activate" => Ok(Asked::Activate),
        _ => Err(format!("there is no /{path} here")),
    }
}

fn driver(word: &str, body: &Body) -> Result<Asked, String> {
    let (word, rest) = word.split_once('/').unwrap_or((word, ""));
    let name = || volume(&body.name);
    Ok(match word {
        "Capabilities" => Asked::Capabilities,
        "List" => Asked::List,
        "Create" => Asked::Create(name()?, options(body)?),
        "Remove" => Asked::Remove(name()?),
        "Mount" => Asked::Mount(name()?),
        "Unmount" => Asked::Unmount,
        "Path" => Asked::Path(name()?),
        "Get" => Asked::Get(name()?),
        "Snapshot" => Asked::Snapshot(name()?),
        "Snapshot.List" => Asked::Snapshots(one_of(rest, &body.name)?),
        "Snapshot.Remove" => Asked::RemoveSnapshot(snapshot(&body.name)?),
        "Snapshot.Send" => Asked::Send(snapshot(&body.name)?, host(&body.host)?),
        "Snapshot.Receive" => Asked::Receive(name()?, host(&body.host)?),
        "Replicate" => Asked::Replicate(name()?, host(&body.host)?),
        "Snapshot.Restore" => Asked::Restore(from(&body.name)?, target(body)?),
        "Clone" => Asked::Clone(name()?, volume(body.target.as_deref().unwrap_or_default())?),
        "Snapshots.Purge" => Asked::Purge(name()?, pattern(&body.pattern)?, body.dryrun),
        "Volume.Sync" => Asked::Sync(each(&body.volumes, volume)?, each(&body.hosts, host)?),
        "Schedule" => scheduled(name()?, body)?,
        "Schedule.List" => Asked::Scheduled,
        "Schedule.Pause" => Asked::PauseAll(true),
        "Schedule.Resume" => Asked::PauseAll(false),
        _ => return Err(format!("there is no /VolumeDriver.{word} here")),
    })
}

fn volume(text: &str) -> Result<VolumeName, String> {
    text.parse().map_err(|why| format!("{text:?}: {why}"))
}

fn snapshot(text: &str) -> Result<SnapshotName, String> {
    text.parse().map_err(|why| format!("{text:?}: {why}"))
}

/// The rules for hosts are those of a schedule's.
fn host(text: &str) -> Result<String, String> {
    action(&format!("replicate:{text}")).map(|_| text.to_owned())
}

fn each<T>(texts: &[String], how: fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    texts.iter().map(|it| how(it)).collect()
}

fn one_of(path: &str, body: &str) -> Result<Option<VolumeName>, String> {
    let named = [path, body].into_iter().find(|it| !it.is_empty());
    named.map(volume).transpose()
}

fn from(text: &str) -> Result<From, String> {
    match text.contains('@') {
        true => snapshot(text).map(From::Snapshot),
        false => volume(text).map(From::NewestOf),
    }
}

fn target(body: &Body) -> Result<Option<VolumeName>, String> {
    let named = body.target.as_deref().filter(|it| !it.is_empty());
    named.map(volume).transpose()
}

fn options(body: &Body) -> Result<Making, String> {
    let options = body.opts.iter().flatten();
    making(options.map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Minutes came as a number or as a text.
fn scheduled(name: VolumeName, body: &Body) -> Result<Asked, String> {
    action(&body.action)?;
    let text = body.timer.as_str().map(str::to_owned);
    let typed = text.unwrap_or_else(|| body.timer.to_string());
    Ok(Asked::Schedule(name, body.action.clone(), timer(&typed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> VolumeName {
        text.parse().unwrap()
    }

    #[test]
    fn dockers_words_are_understood() {
        assert_eq!(asked("/Plugin.Activate", b""), Ok(Asked::Activate));
        assert_eq!(asked("/VolumeDriver.List", b"{}\n"), Ok(Asked::List));
        let Ok(Asked::Create(created, making)) = asked(
            "/VolumeDriver.Create",
            br#"{"Name":"db","Opts":{"copyonwrite":"false"}}"#,
        ) else {
            panic!("docker's own request");
        };
        assert!(created == name("db") && !making.copy_on_write);
        assert!(asked("/VolumeDriver.Create", br#"{"Name":"db","Opts":null}"#).is_ok());
        let mount = asked(
            "/VolumeDriver.Mount",
            br#"{"Name":"db","ID":"b87d7442095999a92b65b3d9691e697b"}"#,
        );
        assert_eq!(mount, Ok(Asked::Mount(name("db"))));
    }

    #[test]
    fn buttervolumes_words_are_understood() {
        let list = asked("/VolumeDriver.Snapshot.List/db", b"");
        assert_eq!(list, Ok(Asked::Snapshots(Some(name("db")))));
        assert_eq!(
            asked("/VolumeDriver.Snapshot.List", b""),
            Ok(Asked::Snapshots(None))
        );
        let restore = asked(
            "/VolumeDriver.Snapshot.Restore",
            br#"{"Name":"db","Target":"copy"}"#,
        );
        assert_eq!(
            restore,
            Ok(Asked::Restore(
                From::NewestOf(name("db")),
                Some(name("copy"))
            ))
        );
        for timer in [r#""60""#, "60"] {
            let body = format!(r#"{{"Name":"db","Action":"snapshot","Timer":{timer}}}"#);
            let found = asked("/VolumeDriver.Schedule", body.as_bytes());
            assert_eq!(
                found,
                Ok(Asked::Schedule(
                    name("db"),
                    "snapshot".into(),
                    Timer::Minutes(60)
                ))
            );
        }
        assert_eq!(
            asked("/VolumeDriver.Schedule.Pause", b"{}"),
            Ok(Asked::PauseAll(true))
        );
    }

    #[test]
    fn what_is_wrong_is_told_and_reaches_no_disk() {
        for (path, body) in [
            ("/VolumeDriver.Create", "{"),
            ("/VolumeDriver.Create", "[]x"),
            ("/VolumeDriver.Create", r#"{"Name":"../x"}"#),
            (
                "/VolumeDriver.Create",
                r#"{"Name":"x","Opts":{"size":"1G"}}"#,
            ),
            ("/VolumeDriver.Remove", r#"{"Name":""}"#),
            ("/VolumeDriver.Remove", r#"{"Name":".."}"#),
            (
                "/VolumeDriver.Snapshot.Remove",
                r#"{"Name":"db@2026-11-21T23:02:00.123456Z/../../volumes/db"}"#,
            ),
            (
                "/VolumeDriver.Snapshot.Send",
                r#"{"Name":"db@2026-11-21T23:02:00.123456Z","Host":"-x"}"#,
            ),
            ("/VolumeDriver.Snapshot.List/..", ""),
            ("/VolumeDriver.Clone", r#"{"Name":"db"}"#),
            (
                "/VolumeDriver.Snapshots.Purge",
                r#"{"Name":"db","Pattern":"5x"}"#,
            ),
            (
                "/VolumeDriver.Schedule",
                r#"{"Name":"db","Action":"snapshot","Timer":"tomorrow"}"#,
            ),
            (
                "/VolumeDriver.Schedule",
                r#"{"Name":"db","Action":"snapshot"}"#,
            ),
            (
                "/VolumeDriver.Volume.Sync",
                r#"{"Volumes":["a b"],"Hosts":["n2"]}"#,
            ),
            ("/VolumeDriver.Nonsense", ""),
            ("/", ""),
        ] {
            let why = asked(path, body.as_bytes()).unwrap_err();
            assert!(!why.is_empty(), "{path} {body}");
        }
    }
}
