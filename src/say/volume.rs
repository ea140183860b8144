//! Volumes and snapshots, as a person reads them.

use std::time::Duration;

use super::columns::{Row, columns};
use super::words::{age, bytes, plain};
use crate::model::stamp;
use crate::model::volume::outcome::{
    Listed, ListedSnapshot, Purged, Replica, Restored, Sent, Taken,
};
use crate::model::volume::{Job, Role, VolumeName};

/// In a second.
const NANOS: u64 = 1_000_000_000;
/// Letters of `done 2026-11-21T23:02:00`.
const SECONDS: usize = 24;
/// Progress is told each time so many bytes have gone.
pub const PROGRESS_STEP: u64 = 16 << 20;

/// Returns one line for each volume, with those who use it and each replica below.
pub fn list(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "no volumes here; wharf volume create NAME makes one\n".to_owned();
    }
    let mut rows = vec![row(
        ["VOLUME", "ROLE", "SNAPSHOTS", "NEWEST", "REPLICAS"].map(str::to_owned)
    )];
    rows.extend(listed.iter().map(volume));
    columns(&rows, 0)
}

fn row<const CELLS: usize>(cells: [String; CELLS]) -> Row {
    Row::new(cells.into())
}

fn volume(it: &Listed) -> Row {
    let role = match (it.role, it.present) {
        (Role::Master, true) if !it.users.is_empty() => "in use",
        (Role::Master, true) => "master",
        (Role::Master, false) => "removed",
        (Role::Replica, _) => "replica",
        (Role::Fenced, _) => "fenced",
    };
    let newest = it.newest.as_ref().map(|it| it.date());
    let replicas: Vec<String> = it.replicas.iter().map(replica).collect();
    row([
        it.name.to_string(),
        role.to_owned(),
        it.snapshots.to_string(),
        newest.unwrap_or_else(|| "-".into()),
        match replicas.is_empty() {
            true => "-".to_owned(),
            false => replicas.join(", "),
        },
    ])
}

fn replica(it: &Replica) -> String {
    let behind = match it.lag.map(Duration::try_from_secs_f64) {
        Some(Ok(lag)) => format!("{} {} behind", it.peer, age(lag)),
        Some(Err(_)) | None => format!("{} has nothing", it.peer),
    };
    match &it.error {
        Some(why) => format!("{behind} (failed: {})", plain(why)),
        None => behind,
    }
}

/// Returns one line for each snapshot.
pub fn snapshots(listed: &[ListedSnapshot]) -> String {
    if listed.is_empty() {
        return "no snapshots\n".to_owned();
    }
    let mut rows = Vec::new();
    for it in listed {
        let mut marks = Vec::new();
        if it.received {
            marks.push("received".to_owned());
        }
        if !it.common_with.is_empty() {
            marks.push(format!("last at {}", it.common_with.join(", ")));
        }
        rows.push(row([it.name.to_string(), marks.join("; ")]));
    }
    columns(&rows, 0)
}

/// Returns the snapshot's name, and where it was there already, that it was.
pub fn taken(taken: &Taken) -> String {
    match taken.created {
        true => format!("{}\n", taken.snapshot),
        false => format!("{}  (nothing has changed since)\n", taken.snapshot),
    }
}

/// Returns what was put back, and how to undo it.
pub fn restored(it: &Restored) -> String {
    match &it.before {
        Some(before) => format!(
            "{} holds what {} has; to undo: wharf volume restore {before}\n",
            it.volume, it.from
        ),
        None => format!("{} holds what {} has\n", it.volume, it.from),
    }
}

/// Returns one line for each snapshot that goes, or stays against the pattern, and the sum.
pub fn purged(judged: &[Purged], dry_run: bool) -> String {
    let line = |it: &Purged| match (it.spared, dry_run) {
        (Some(why), _) => format!("stays    {}: {why}\n", it.snapshot),
        (None, true) => format!("would go {}\n", it.snapshot),
        (None, false) => format!("removed  {}\n", it.snapshot),
    };
    let gone = judged.iter().filter(|it| it.gone).count();
    let sum = match (gone, dry_run) {
        (0, _) => "nothing to remove\n".to_owned(),
        (gone, true) => format!("{gone} would go\n"),
        (gone, false) => format!("{gone} removed\n"),
    };
    judged.iter().map(line).collect::<String>() + &sum
}

/// Returns what went over, and how fast.
pub fn sent(it: &Sent, peer: &str) -> String {
    if !it.moved {
        return format!("{peer} has {} already\n", it.snapshot);
    }
    let what = match &it.parent {
        Some(parent) => format!("the difference to {parent}"),
        None => "all of it".to_owned(),
    };
    format!(
        "{peer} has {}: {what}, {} in {:.1}s\n",
        it.snapshot,
        bytes(it.bytes),
        it.seconds
    )
}

/// Returns what was fetched.
pub fn brought(it: &Sent, peer: &str) -> String {
    match it.moved {
        true => format!(
            "{} of {peer} is here, {} in {:.1}s\n",
            it.snapshot,
            bytes(it.bytes),
            it.seconds
        ),
        false => format!("{} of {peer} was here already\n", it.snapshot),
    }
}

/// Returns one line for each job, in buttervolume's order of words, with when it was last done and what is wrong.
pub fn scheduled(jobs: &[(&VolumeName, &Job)], paused: bool) -> String {
    let mut rows = Vec::new();
    for (volume, job) in jobs {
        let marks = [
            (!job.active).then_some("(paused)"),
            paused.then_some("(all are paused)"),
        ];
        let done = job
            .done
            .map(|it| format!("done {}", stamp::format(it.saturating_mul(NANOS))));
        let mut state = vec![done.map_or_else(
            || "not done yet".to_owned(),
            |it| it[..SECONDS].to_owned() + "Z",
        )];
        state.extend(marks.into_iter().flatten().map(str::to_owned));
        if let Some(why) = &job.error {
            state.push(format!("failed {} times: {}", job.failures, plain(why)));
        }
        rows.push(row([
            job.action.clone(),
            job.minutes.to_string(),
            volume.to_string(),
            state.join(" "),
        ]));
    }
    match rows.is_empty() {
        true => "nothing is scheduled\n".to_owned(),
        false => columns(&rows, 0),
    }
}

/// Returns a line that replaces the one before it.
pub fn progress(sent: u64) -> String {
    format!("\r{} sent\u{1b}[K\r", bytes(sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_how_far_behind_each_replica_is() {
        let listed = Listed {
            name: "db".parse().unwrap(),
            present: true,
            role: Role::Master,
            term: 1,
            snapshots: 3,
            newest: "db@2026-11-21T23:02:00.123456Z".parse().ok(),
            users: Vec::new(),
            replicas: vec![
                Replica {
                    peer: "n2".into(),
                    snapshot: None,
                    lag: Some(600.4),
                    error: Some("n2: no\u{1b} answer".into()),
                },
                Replica {
                    peer: "n3".into(),
                    snapshot: None,
                    lag: None,
                    error: None,
                },
            ],
        };
        assert_eq!(
            list(&[listed]),
            "VOLUME  ROLE    SNAPSHOTS  NEWEST                       REPLICAS\n\
             db      master  3          2026-11-21T23:02:00.123456Z  n2 10m behind (failed: n2: no\u{fffd} answer), n3 has nothing\n"
        );
    }
}
