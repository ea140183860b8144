//! The volume driver docker calls: its requests, and buttervolume's own, answered one by one.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::LocalSet;

use super::peer::Way;
use super::{Ground, Refusal};
use crate::decide::volume::plugin::{self, Asked, From};
use crate::host::plugin::Door;
use crate::host::signals;
use crate::model::volume::{Job, VolumeName};

/// Answers until it is told to stop. `reach` finds the way to a host.
///
/// # Errors
/// The socket cannot be opened.
pub async fn serve(
    ground: Ground,
    socket: &Path,
    reach: impl Fn(&str) -> Result<Way, Refusal> + 'static,
) -> Result<(), Refusal> {
    let door = Door::open(socket)?;
    let (mut stop, _reload) = signals::listen()?;
    let shared = Rc::new((ground, reach));
    let work = async {
        loop {
            let Ok(call) = door.next().await else {
                continue;
            };
            let shared = Rc::clone(&shared);
            // One caller that waits for a transfer keeps no other waiting.
            tokio::task::spawn_local(call.serve(async move |path, body| {
                answer(&shared.0, path, body, &shared.1).await.to_string()
            }));
        }
    };
    let local = LocalSet::new();
    local
        .run_until(async {
            tokio::select! {
                () = work => {}
                () = stop.asked() => {}
            }
        })
        .await;
    Ok(())
}

async fn answer(
    ground: &Ground,
    path: &str,
    body: &[u8],
    reach: &impl Fn(&str) -> Result<Way, Refusal>,
) -> Value {
    let done = match plugin::asked(path, body) {
        Ok(asked) => act(ground, asked, reach).await,
        Err(why) => Err(Refusal::new(why)),
    };
    match done {
        Ok(value) => value,
        Err(why) => json!({"Err": match why.next {
            Some(next) => format!("{}; next: {next}", why.what),
            None => why.what,
        }}),
    }
}

async fn act(
    ground: &Ground,
    asked: Asked,
    reach: &impl Fn(&str) -> Result<Way, Refusal>,
) -> Result<Value, Refusal> {
    let good = json!({"Err": ""});
    Ok(match asked {
        Asked::Activate => json!({"Implements": ["VolumeDriver"]}),
        Asked::Capabilities => json!({"Capabilities": {"Scope": "local"}}),
        Asked::List => json!({"Volumes": listed(ground)?, "Err": ""}),
        Asked::Create(name, making) => {
            ground.create(&name, &making).await?;
            good
        }
        Asked::Remove(name) => {
            ground.remove(&name, true).await?;
            good
        }
        Asked::Mount(name) => {
            ground.mountable(&name)?;
            json!({"Mountpoint": ground.path(&name)?, "Err": ""})
        }
        Asked::Unmount => good,
        Asked::Path(name) => json!({"Mountpoint": ground.path(&name)?, "Err": ""}),
        Asked::Get(name) => json!({"Volume": one(ground, &name)?, "Err": ""}),
        Asked::Snapshot(name) => {
            let taken = ground.snapshot(&name).await?;
            json!({"Snapshot": taken.snapshot, "Created": taken.created, "Err": ""})
        }
        Asked::Snapshots(name) => {
            let listed = ground.list_snapshots(name.as_ref())?;
            let names: Vec<_> = listed.into_iter().map(|it| it.name).collect();
            json!({"Snapshots": names, "Err": ""})
        }
        Asked::RemoveSnapshot(name) => {
            ground.remove_snapshot(&name, false).await?;
            good
        }
        Asked::Restore(from, target) => restored(ground, from, target).await?,
        Asked::Clone(name, target) => {
            ground.clone_volume(&name, &target).await?;
            json!({"VolumeCloned": target, "Err": ""})
        }
        Asked::Purge(name, pattern, dry_run) => {
            let judged = ground.purge(&name, &pattern, dry_run).await?;
            let gone: Vec<_> = judged
                .into_iter()
                .filter(|it| it.gone)
                .map(|it| it.snapshot)
                .collect();
            json!({"Purged": gone, "Err": ""})
        }
        Asked::Send(name, host) => {
            ground.send(&reach(&host)?, &name, |_| ()).await?;
            good
        }
        Asked::Replicate(name, host) => {
            let sent = ground.replicate(&reach(&host)?, &name, |_| ()).await?;
            json!({"Snapshot": sent.snapshot, "Err": ""})
        }
        Asked::Receive(name, host) => {
            let brought = ground.bring(&reach(&host)?, &name).await?;
            json!({"Snapshot": brought.snapshot, "Err": ""})
        }
        Asked::Sync(volumes, hosts) => synced(ground, &volumes, &hosts, reach).await?,
        Asked::Schedule(name, action, timer) => {
            ground.schedule(&name, Job::new(action), timer).await?;
            good
        }
        Asked::Scheduled => scheduled(ground)?,
        Asked::PauseAll(paused) => {
            ground.pause_all(paused)?;
            good
        }
    })
}

fn listed(ground: &Ground) -> Result<Vec<Value>, Refusal> {
    let names = ground.present().into_iter();
    names.map(|it| one(ground, &it)).collect()
}

fn one(ground: &Ground, name: &VolumeName) -> Result<Value, Refusal> {
    Ok(json!({"Name": name, "Mountpoint": ground.path(name)?}))
}

async fn restored(
    ground: &Ground,
    from: From,
    target: Option<VolumeName>,
) -> Result<Value, Refusal> {
    let restored = match from {
        From::Snapshot(name) => {
            let target = target.unwrap_or_else(|| name.volume.clone());
            ground.restore(&name, &target).await?
        }
        From::NewestOf(name) => {
            let target = target.unwrap_or_else(|| name.clone());
            ground.restore_newest(&name, &target).await?
        }
    };
    let before = restored
        .before
        .map_or_else(String::new, |it| it.to_string());
    Ok(json!({"VolumeBackup": before, "Restored": restored.from, "Err": ""}))
}

/// All are tried; what failed is told together.
async fn synced(
    ground: &Ground,
    volumes: &[VolumeName],
    hosts: &[String],
    reach: &impl Fn(&str) -> Result<Way, Refusal>,
) -> Result<Value, Refusal> {
    let mut failed = Vec::new();
    for (name, host) in volumes
        .iter()
        .flat_map(|it| hosts.iter().map(move |host| (it, host)))
    {
        if let Err(why) = ground.sync(&reach(host)?, name).await {
            failed.push(why.what);
        }
    }
    Ok(json!({"Err": failed.join("; ")}))
}

fn scheduled(ground: &Ground) -> Result<Value, Refusal> {
    let all = ground.scheduled()?.into_iter();
    let jobs: Vec<_> = all
        .map(|it| json!({"Name": it.volume, "Action": it.job.action, "Timer": it.job.minutes.to_string(), "Active": it.job.active.to_string()}))
        .collect();
    Ok(json!({"Schedule": jobs, "Paused": ground.all_paused(), "Err": ""}))
}
