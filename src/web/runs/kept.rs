//! Runs on the disk: one file each, so that a link to one outlives this process.

use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{RUNS_MOST, Run};
use crate::decide::web::output::Tail;
use crate::host::files;
use crate::model::plan::Plan;
use crate::model::web::shown::RunRow;
use crate::web::server::locked;

/// What was said is for whoever serves the page.
const MODE: u32 = 0o600;

#[derive(Serialize, Deserialize)]
struct Kept {
    row: RunRow,
    plan: Option<Plan>,
    lines: Vec<String>,
    dropped: usize,
}

/// The oldest first; what cannot be read is left alone.
pub(super) fn read(folder: &Path) -> Vec<Run> {
    let mut names = files::names(folder);
    names.retain(|it| it.ends_with(".json"));
    names.sort();
    let newest = names.len().saturating_sub(RUNS_MOST);
    let read = |name: &String| {
        let text = files::read(&folder.join(name)).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        Some(run(kept))
    };
    names[newest..].iter().filter_map(read).collect()
}

fn run(kept: Kept) -> Run {
    let mut row = kept.row;
    // It was under way when the process that kept it ended: nobody knows what became of it.
    row.ended = row.ended.or(Some(row.began));
    Run {
        id: row.id.clone(),
        row: Mutex::new(row),
        plan: kept.plan,
        tail: Mutex::new(Tail::of(kept.lines, kept.dropped)),
        handle: Mutex::default(),
        news: watch::Sender::new(0),
    }
}

/// A disk that takes nothing more costs the link, not the run.
pub(super) fn write(folder: &Path, run: &Run) {
    let tail = locked(&run.tail);
    let kept = Kept {
        row: locked(&run.row).clone(),
        plan: run.plan.clone(),
        lines: tail.lines().map(str::to_owned).collect(),
        dropped: tail.dropped,
    };
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    let _ = files::private_folder(folder)
        .and_then(|()| files::write(&folder.join(format!("{}.json", run.id)), &text, MODE));
}

pub(super) fn forget(folder: &Path, id: &str) {
    let _ = files::remove(&folder.join(format!("{id}.json")));
}
