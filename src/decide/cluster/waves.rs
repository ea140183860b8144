//! `rollout` and `deploy_in`: in what portions nodes are taken.

use std::time::Duration;

use crate::decide::definition::{fields::Entry, findings::Findings};
use crate::model::cluster::{Offline, OnFailure, Size, Waves};

use super::{keys, section};

/// The longest pause between two waves.
const LONGEST_PAUSE: Duration = Duration::from_secs(86_400);
/// Waves of one service.
const MOST_WAVES: usize = 100;
/// Nodes one wave can count.
const MOST_NODES: u64 = 100_000;

const FAILURES: [(&str, OnFailure); 3] = [
    ("rollback-all", OnFailure::RollbackAll),
    ("rollback-host", OnFailure::RollbackHost),
    ("pause", OnFailure::Pause),
];
const OFFLINE: [(&str, Offline); 2] = [("fail", Offline::Fail), ("skip", Offline::Skip)];

/// Returns the waves asked for; what is not there is as in `usual`.
pub(super) fn read(entry: &Entry<'_>, usual: &Waves, found: &mut Findings) -> Option<Waves> {
    let fields = section(entry, keys::WAVES, found)?;
    let mut waves = usual.clone();
    if let Some(sizes) = fields.read("waves", found, sizes) {
        waves.sizes = sizes;
    }
    if let Some(pause) = fields.read("pause", found, pause) {
        waves.pause = pause;
    }
    if let Some(failure) = fields.read("on_failure", found, |it, found| it.choice(&FAILURES, found))
    {
        waves.on_failure = failure;
    }
    if let Some(offline) = fields.read("offline", found, |it, found| it.choice(&OFFLINE, found)) {
        waves.offline = offline;
    }
    Some(waves)
}

/// Each reaches further than the one before it; the last one is all.
fn sizes(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<Size>> {
    let items = match entry.scalar() {
        Some(_) => vec![entry.clone()],
        None => entry.items(found),
    };
    if items.len() > MOST_WAVES {
        entry.mistake(format!("more than {MOST_WAVES} waves"), found);
        return None;
    }
    let mut sizes: Vec<Size> = Vec::new();
    for item in &items {
        let Some(size) = size(item, found) else {
            continue;
        };
        if sizes.iter().any(|before| !grows(*before, size)) {
            let hint = "each number is how many nodes are done after that wave: `[1, 25%, 100%]`";
            item.mistake_with("a wave reaches no further than one before it", hint, found);
        }
        sizes.push(size);
    }
    if sizes.last() != Some(&Size::Percent(100)) {
        sizes.push(Size::Percent(100));
    }
    Some(sizes)
}

/// A count and a share cannot be compared before the nodes are known.
fn grows(before: Size, after: Size) -> bool {
    match (before, after) {
        (Size::Nodes(before), Size::Nodes(after)) => before < after,
        (Size::Percent(before), Size::Percent(after)) => before < after,
        (Size::Percent(before), Size::Nodes(_)) => before < 100,
        (Size::Nodes(_), Size::Percent(_)) => true,
    }
}

fn size(entry: &Entry<'_>, found: &mut Findings) -> Option<Size> {
    let size = entry
        .scalar()
        .and_then(|typed| match typed.strip_suffix('%') {
            Some(share) => {
                let share = share.trim_end().parse::<u8>().ok();
                share.filter(|it| (1..=100).contains(it)).map(Size::Percent)
            }
            None => {
                let count = typed.parse::<u64>().ok();
                let count = count.filter(|it| (1..=MOST_NODES).contains(it));
                count
                    .and_then(|it| usize::try_from(it).ok())
                    .map(Size::Nodes)
            }
        });
    if size.is_none() {
        entry.wrong("a number of nodes like `1`, or a share like `25%`", found);
    }
    size
}

fn pause(entry: &Entry<'_>, found: &mut Findings) -> Option<Duration> {
    let pause = entry.duration(found)?;
    if pause > LONGEST_PAUSE {
        entry.wrong("a pause of at most a day", found);
        return None;
    }
    Some(pause)
}
