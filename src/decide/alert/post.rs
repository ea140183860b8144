//! The spool: which letter is tried now, and what became of it.

use crate::model::alert::{Book, Failure, Item, Letter};
use crate::model::channel::Rules;

use super::MOST_OWED;

/// The pause after a letter was not taken the first time, in seconds; each further one is twice as long.
const FIRST_PAUSE: u64 = 30;
const LONGEST_PAUSE: u64 = 900;
/// How long a letter is tried that was refused for good, in seconds: somebody may correct the channel.
const REFUSED_FOR: u64 = 3600;

/// Returns the letters to try now.
pub fn due(book: &Book, now: u64) -> Vec<Letter> {
    let due = book.letters.iter().filter(|it| it.next <= now);
    due.cloned().collect()
}

/// Takes a letter that was delivered out of the spool.
pub fn delivered(book: &mut Book, id: &str) {
    book.letters.retain(|it| it.id != id);
}

/// Notes that it was not; returns whether that is news: it went wrong for the first time. A letter that
/// was tried for too long is given up, and what it says comes with the next one.
pub fn failed(book: &mut Book, id: &str, failure: &Failure, rules: &Rules, now: u64) -> bool {
    let Some(letter) = book.letters.iter_mut().find(|it| it.id == id) else {
        return false;
    };
    letter.tries += 1;
    letter.why = Some(failure.why.clone());
    letter.next = now + pause(letter.tries);
    let (first, age) = (letter.tries == 1, now.saturating_sub(letter.made));
    let patience = match failure.refused {
        true => rules.expire.as_secs().min(REFUSED_FOR),
        false => rules.expire.as_secs(),
    };
    if age >= patience {
        give_up(book, id);
    }
    first
}

/// Returns how many seconds after so many failed attempts the next one comes.
pub fn pause(tries: u32) -> u64 {
    let doubled = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10));
    doubled.min(LONGEST_PAUSE)
}

fn give_up(book: &mut Book, id: &str) {
    let Some(place) = book.letters.iter().position(|it| it.id == id) else {
        return;
    };
    let letter = book.letters.remove(place);
    let postbox = book.postboxes.entry(letter.channel).or_default();
    postbox.expired += 1 + letter.expired;
    postbox.beyond += letter.beyond;
    for (label, count) in letter.blips {
        super::hear::count(&mut postbox.blips, label, count);
    }
    for it in letter.items {
        owe(&mut postbox.owed, it);
    }
    let surplus = postbox.owed.len().saturating_sub(MOST_OWED);
    postbox.owed.drain(..surplus);
    postbox.beyond += u32::try_from(surplus).unwrap_or(u32::MAX);
}

/// One line for each incident: the last word on it.
fn owe(owed: &mut Vec<Item>, mut item: Item) {
    item.report.last_lines.clear();
    item.report.answer = None;
    owed.retain(|it| it.key != item.key || it.since != item.since);
    owed.push(item);
}
