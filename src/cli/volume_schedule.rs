//! `wharf volume schedule`, `scheduled` and `due`.

use std::path::PathBuf;

use super::volume::{Ended, done, reached, told, typed};
use super::volume_words::{ScheduledVerb, WayWords};
use crate::decide::volume::schedule;
use crate::model::volume::{Job, VolumeName};
use crate::say;
use crate::volume::{Ground, Refusal};

pub(super) async fn schedule(
    ground: &Ground,
    action: &str,
    timer: &str,
    name: &VolumeName,
    way: &WayWords,
    json: bool,
) -> Ended {
    schedule::action(action).map_err(typed)?;
    let timer = schedule::timer(timer).map_err(typed)?;
    let files = way
        .file
        .iter()
        .filter(|it| !it.is_empty())
        .map(std::fs::canonicalize);
    let files: Result<Vec<PathBuf>, _> = files.collect();
    let job = Job {
        files: files.map_err(|why| typed(format!("--file: {why}")))?,
        peer_root: way.peer_root.clone(),
        ..Job::new(action.to_owned())
    };
    if let Some(left) = ground.schedule(name, job, timer).await? {
        say::talk(&format!("note: have something run this: {left}"));
    }
    done(&format!("{name}: {action} noted"), json)
}

pub(super) fn scheduled(ground: &Ground, what: Option<&ScheduledVerb>, json: bool) -> Ended {
    match what {
        None | Some(ScheduledVerb::List) => {
            let all = ground.scheduled()?;
            let jobs: Vec<_> = all.iter().map(|it| (&it.volume, &it.job)).collect();
            let paused = ground.all_paused();
            let value = serde_json::json!({"paused": paused, "jobs": all});
            told(&value, json, || say::volume::scheduled(&jobs, paused))
        }
        Some(ScheduledVerb::Pause) => {
            ground.pause_all(true)?;
            done("no job is done until: wharf volume scheduled resume", json)
        }
        Some(ScheduledVerb::Resume) => {
            ground.pause_all(false)?;
            done("jobs are done again", json)
        }
    }
}

/// What the timer calls. While a job stands failed, so does the unit.
pub(super) async fn due(ground: &Ground, name: &VolumeName) -> Ended {
    let reach = |job: &Job, host: &str| reached(host, &words(job));
    let tell = |job: &Job, ended: &Result<String, Refusal>| match ended {
        Ok(what) => say::answer_line(&format!("{name}: {}: {what}", job.action)),
        Err(why) => say::error(
            &format!("{name}: {}: {why}", job.action),
            why.next.as_deref(),
        ),
    };
    match ground.do_due(name, reach, tell).await? {
        false => Ok(super::DONE),
        true => Ok(super::REFUSED),
    }
}

fn words(job: &Job) -> WayWords {
    WayWords {
        file: job
            .files
            .iter()
            .map(|it| it.clone().into_os_string())
            .collect(),
        peer_root: job.peer_root.clone(),
        rate: None,
        full: false,
        patience: 60,
    }
}
