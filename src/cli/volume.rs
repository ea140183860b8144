//! `wharf volume …`, and what other nodes ask of this one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::volume_schedule;
use super::volume_words::{NodeVolumeVerb, NodeVolumeWish, VolumeVerb, VolumeWish, WayWords};
use crate::cluster::load;
use crate::decide::amounts;
use crate::decide::volume::{making, retention};
use crate::host::kernel;
use crate::host::ssh::Ssh;
use crate::model::volume::outcome::Sent;
use crate::model::volume::{SnapshotName, VolumeName};
use crate::say;
use crate::volume::peer::{PATIENCE, Way};
use crate::volume::receive::{Parcel, Received};
use crate::volume::{self, Ground, Refusal};

/// A code to leave with, after something was said.
pub(super) type Ended = Result<u8, Refusal>;

pub(super) async fn volume(wish: VolumeWish) -> u8 {
    let json = wish.json;
    let ended = match volume::open(&wish.at.root) {
        Ok(ground) => act(&ground, wish.what, json).await,
        Err(why) => Err(why),
    };
    ended.unwrap_or_else(|why| refused(&why, json))
}

fn refused(why: &Refusal, json: bool) -> u8 {
    if json {
        let error = serde_json::json!({"error": why.what, "next": why.next});
        say::answer_line(&error.to_string());
    } else {
        say::error(&why.what, why.next.as_deref());
    }
    match why.away {
        true => super::UNREACHABLE,
        false => super::REFUSED,
    }
}

async fn act(ground: &Ground, what: VolumeVerb, json: bool) -> Ended {
    match what {
        VolumeVerb::Create { name, options } => create(ground, &name, &options, json).await,
        VolumeVerb::List => {
            let listed = ground.list()?;
            told(&listed, json, || say::volume::list(&listed))
        }
        VolumeVerb::Snapshot { name } => {
            let taken = ground.snapshot(&name).await?;
            told(&taken, json, || say::volume::taken(&taken))
        }
        VolumeVerb::Snapshots { name } => {
            let listed = ground.list_snapshots(name.as_ref())?;
            told(&listed, json, || say::volume::snapshots(&listed))
        }
        VolumeVerb::Restore { from, target } => restore(ground, &from, target, json).await,
        VolumeVerb::Clone { name, target } => {
            ground.clone_volume(&name, &target).await?;
            done(&format!("{target} holds what {name} does"), json)
        }
        VolumeVerb::Rm { name, force } => remove(ground, &name, force, json).await,
        VolumeVerb::Purge {
            pattern,
            name,
            dry_run,
        } => {
            let pattern = retention::pattern(&pattern).map_err(typed)?;
            let judged = ground.purge(&name, &pattern, dry_run).await?;
            told(&judged, json, || say::volume::purged(&judged, dry_run))
        }
        VolumeVerb::Send {
            host,
            snapshot,
            way,
        } => {
            let way = reached(&host, &way)?;
            sent(
                ground.send(&way, &snapshot, progress(json)).await?,
                &way,
                json,
            )
        }
        VolumeVerb::Receive { host, name, way } => {
            let way = reached(&host, &way)?;
            let brought = ground.bring(&way, &name).await?;
            told(&brought, json, || say::volume::brought(&brought, &way.peer))
        }
        VolumeVerb::Schedule {
            action,
            timer,
            name,
            way,
        } => volume_schedule::schedule(ground, &action, &timer, &name, &way, json).await,
        VolumeVerb::Scheduled { what } => volume_schedule::scheduled(ground, what.as_ref(), json),
        VolumeVerb::Plugin { socket, way } => {
            let reach = move |host: &str| reached(host, &way);
            let served = volume::plugin::serve(ground.clone(), &socket, reach).await;
            served.map(|()| super::DONE)
        }
        VolumeVerb::Due { name } => volume_schedule::due(ground, &name).await,
        VolumeVerb::Sync { name, hosts, way } => sync(ground, &name, &hosts, &way, json).await,
        VolumeVerb::Replicate { host, name, way } => {
            let way = reached(&host, &way)?;
            sent(
                ground.replicate(&way, &name, progress(json)).await?,
                &way,
                json,
            )
        }
    }
}

async fn create(ground: &Ground, name: &VolumeName, options: &[String], json: bool) -> Ended {
    let pairs = options
        .iter()
        .map(|it| it.split_once('=').unwrap_or((it, "")));
    let making = making::making(pairs).map_err(typed)?;
    match ground.create(name, &making).await? {
        true => done(
            &format!("{name} is at {}", ground.path(name)?.display()),
            json,
        ),
        false => done(&format!("{name} was there already"), json),
    }
}

/// One node that fails keeps no other one from being asked.
async fn sync(
    ground: &Ground,
    name: &VolumeName,
    hosts: &[String],
    way: &WayWords,
    json: bool,
) -> Ended {
    let mut failed = None;
    for host in hosts {
        let way = reached(host, way)?;
        match ground.sync(&way, name).await {
            Ok(()) => {
                done(&format!("{name} has what {host} has"), json)?;
            }
            Err(why) => {
                refused(&why, json);
                failed = Some(why.away);
            }
        }
    }
    Ok(match failed {
        None => super::DONE,
        Some(true) => super::UNREACHABLE,
        Some(false) => super::REFUSED,
    })
}

async fn restore(ground: &Ground, from: &str, target: Option<VolumeName>, json: bool) -> Ended {
    let restored = match from.parse::<SnapshotName>() {
        Ok(name) => {
            let target = target.unwrap_or_else(|| name.volume.clone());
            ground.restore(&name, &target).await?
        }
        Err(_) => {
            let name = volume_name(from)?;
            let target = target.unwrap_or_else(|| name.clone());
            ground.restore_newest(&name, &target).await?
        }
    };
    told(&restored, json, || say::volume::restored(&restored))
}

async fn remove(ground: &Ground, name: &str, force: bool, json: bool) -> Ended {
    if let Ok(snapshot) = name.parse::<SnapshotName>() {
        ground.remove_snapshot(&snapshot, force).await?;
        return done(&format!("{snapshot} removed"), json);
    }
    let name = volume_name(name)?;
    let kept = ground.remove(&name, force).await?;
    let kept = kept.map(|it| format!("; {it} was taken before"));
    done(&format!("{name} removed{}", kept.unwrap_or_default()), json)
}

/// A name with an `@` was meant as a snapshot's.
fn volume_name(text: &str) -> Result<VolumeName, Refusal> {
    if text.contains('@') {
        let why = text.parse::<SnapshotName>().err();
        return Err(typed(
            why.map_or_else(String::new, |it| format!("{text:?}: {it}")),
        ));
    }
    text.parse()
        .map_err(|why| typed(format!("{text:?}: {why}")))
}

pub(super) fn typed(what: String) -> Refusal {
    Refusal {
        what,
        next: None,
        away: false,
    }
}

pub(super) fn done(text: &str, json: bool) -> Ended {
    told(&serde_json::json!({"done": text}), json, || {
        format!("{text}\n")
    })
}

pub(super) fn told(value: &impl Serialize, json: bool, text: impl FnOnce() -> String) -> Ended {
    match json {
        true => say::answer_line(&serde_json::to_string(value).unwrap_or_default()),
        false => say::answer(&text()),
    }
    Ok(super::DONE)
}

fn sent(sent: Sent, way: &Way, json: bool) -> Ended {
    told(&sent, json, || say::volume::sent(&sent, &way.peer))
}

/// Somebody who watches sees it grow.
fn progress(json: bool) -> impl FnMut(u64) {
    let shown = !json && say::on_terminal();
    let mut last = 0;
    move |bytes| {
        if shown && bytes >= last + say::volume::PROGRESS_STEP {
            last = bytes;
            say::talk_part(&say::volume::progress(bytes));
        }
    }
}

pub(super) fn reached(host: &str, words: &WayWords) -> Result<Way, Refusal> {
    let files: Vec<PathBuf> = words
        .file
        .iter()
        .filter(|it| !it.is_empty())
        .map(Into::into)
        .collect();
    let (ssh, destination) = match files.is_empty() {
        true => (Ssh::new(None)?, host.to_owned()),
        false => named(host, files)?,
    };
    let rate = words.rate.as_deref().map(|it| {
        let why = || typed(format!("--rate {it}: write bytes a second, 20M"));
        amounts::bytes(it).filter(|it| *it > 0).ok_or_else(why)
    });
    Ok(Way {
        ssh,
        peer: host.to_owned(),
        destination,
        root: words.peer_root.clone(),
        me: kernel::host_name(),
        rate: rate.transpose()?,
        full: words.full,
        patience: Duration::from_secs(words.patience),
    })
}

/// The way to a node of a cluster file.
fn named(host: &str, files: Vec<PathBuf>) -> Result<(Ssh, String), Refusal> {
    let wish = load::Wish {
        files,
        ..load::Wish::default()
    };
    let loaded = load::load(&wish).map_err(|why| typed(why.to_string()))?;
    match loaded.cluster.node(host) {
        Some(node) => Ok((loaded.ssh, node.destination.clone())),
        None => {
            let nodes = loaded.cluster.nodes.iter().map(|it| it.name.as_str());
            let nodes = nodes.collect::<Vec<_>>().join(", ");
            Err(typed(format!(
                "the cluster file has no node {host}; it has {nodes}"
            )))
        }
    }
}

/// What another node asks. Its wharf reads the last `error:` and `next:` on stderr.
pub(super) async fn asked(wish: &NodeVolumeWish) -> u8 {
    match answered(&wish.at.root, &wish.what).await {
        Ok(answer) => {
            if !answer.is_empty() {
                say::answer_line(&answer);
            }
            super::DONE
        }
        Err(why) => refused(&why, false),
    }
}

async fn answered(root: &Path, what: &NodeVolumeVerb) -> Result<String, Refusal> {
    let ground = volume::open(root)?;
    match what {
        NodeVolumeVerb::Have { name } => {
            let there = ground.have(name).await?;
            serde_json::to_string(&there).map_err(|why| typed(why.to_string()))
        }
        NodeVolumeVerb::Receive {
            snapshot,
            id,
            term,
            from,
            packed,
            patience,
        } => {
            let parcel = Parcel {
                snapshot: snapshot.clone(),
                id: *id,
                term: *term,
                from: from.clone(),
                packed: *packed,
                fetched: false,
            };
            let patience = Duration::from_secs(*patience);
            let received = ground
                .receive(&parcel, tokio::io::stdin(), patience)
                .await?;
            Ok(match received.0 {
                Received::Now => format!("OK {id}"),
                Received::Before => format!("HAVE {id}"),
            })
        }
        NodeVolumeVerb::Give {
            snapshot,
            parent,
            packed,
            rate,
        } => {
            let to = tokio::io::stdout();
            let given = ground.give(snapshot, parent.as_ref(), *packed, *rate, to, PATIENCE);
            given.await.map(|()| String::new())
        }
    }
}
