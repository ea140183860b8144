//! `container_create_args`, each remark put where its item stands.

use crate::decide::create_args::{self, Asked, Remark};

use super::{fields::Entry, findings::Findings};

/// Returns what the flags ask for.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Asked {
    let items = entry.items(found);
    let args: Vec<String> = items
        .iter()
        .map(|it| it.text(found).unwrap_or_default())
        .collect();
    // A wrong item makes its neighbours look wrong too.
    if items.iter().any(|it| it.scalar().is_none()) {
        return Asked::default();
    }
    let parsed = create_args::read(&args);
    let at = |remark: &Remark| items.get(remark.index).unwrap_or(entry).clone();
    for remark in &parsed.mistakes {
        let item = at(remark);
        match &remark.hint {
            Some(hint) => item.mistake_with(&remark.what, hint, found),
            None => item.mistake(&remark.what, found),
        }
    }
    for remark in parsed.notices.iter() {
        let item = at(remark);
        let place = item.value_place();
        found.notice(place, &item.path, &remark.what, remark.hint.clone());
    }
    parsed.asked
}
