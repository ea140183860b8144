//! Mail addresses that definitions name in place of a channel: each is a channel as long as it has a part.

use std::collections::BTreeSet;

use crate::model::alert::{Book, Postbox, Stage};

/// Whether a recipient is an address; a channel's name has no such sign.
pub fn is_address(name: &str) -> bool {
    name.contains('@')
}

/// Returns the addresses that are to be told something, or still wait for the rest of it.
pub fn addresses(book: &Book) -> BTreeSet<String> {
    let wished = book.incidents.iter().filter_map(|it| it.wish.to.as_ref());
    let open = book.incidents.iter().flat_map(|it| &it.told);
    let open = open.filter(|(_, told)| told.stage != Stage::Closed);
    let waiting = book.postboxes.iter().filter(|(_, it)| is_in_use(it));
    let letters = book.letters.iter().map(|it| &it.channel);
    let all = wished.flatten().chain(open.map(|(name, _)| name));
    let all = all.chain(waiting.map(|(name, _)| name)).chain(letters);
    all.filter(|it| is_address(it)).cloned().collect()
}

/// What it holds is told later, or counts against the ceiling of the hour.
fn is_in_use(postbox: &Postbox) -> bool {
    !postbox.written.is_empty()
        || !postbox.blips.is_empty()
        || !postbox.owed.is_empty()
        || postbox.beyond > 0
        || postbox.held.is_some()
}
