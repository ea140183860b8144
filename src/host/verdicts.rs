//! What became of revisions on this host: one small file for each that was judged.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::model::places::Places;
use crate::model::revision::RevisionId;
use crate::model::rollout::Verdict;

/// A verdict is a report of a page; a larger file is something else.
const LARGEST_BYTES: u64 = 1 << 20;

/// Returns every revision that was judged, in no order. A file that is no verdict counts as none: its
/// revision is judged anew.
pub fn all(places: &Places) -> Vec<(RevisionId, Verdict)> {
    let entries = std::fs::read_dir(places.verdicts());
    let names = entries.into_iter().flatten().flatten();
    let names = names.filter_map(|it| it.file_name().into_string().ok());
    let ids = names.filter_map(|it| it.strip_suffix(".json")?.parse().ok());
    ids.filter_map(|id: RevisionId| {
        let verdict = read(&places.verdict(&id))?;
        Some((id, verdict))
    })
    .collect()
}

fn read(path: &Path) -> Option<Verdict> {
    let file = File::open(path).ok()?.take(LARGEST_BYTES);
    serde_json::from_reader(std::io::BufReader::new(file)).ok()
}
