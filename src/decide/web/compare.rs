//! Two texts side by side, line by line: what went, what came, and a few lines around it.

use sha2::{Digest, Sha256};

use crate::model::web::shown::Change;

/// Lines shown around a change.
const AROUND: usize = 3;
/// Lines on either side, beginning and end that are the same apart, up to which the shortest way from one to the
/// other is looked for; beyond, all of one goes and all of the other comes.
const MOST: usize = 2_000;

/// Names a text: its SHA-256.
pub fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

/// Returns what leads from one text to the other; empty when they are the same.
pub fn compare(old: &str, new: &str) -> Vec<Change> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new {
        return Vec::new();
    }
    let begin = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - begin;
    let ends = old.iter().rev().zip(new.iter().rev());
    let end = ends.take(rest).take_while(|(a, b)| a == b).count();
    let mut steps: Vec<Change> = same(&old[..begin]).collect();
    steps.extend(between(
        &old[begin..old.len() - end],
        &new[begin..new.len() - end],
    ));
    steps.extend(same(&old[old.len() - end..]));
    folded(steps)
}

fn same<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = Change> + 'a {
    lines.iter().map(|it| Change::Same((*it).to_owned()))
}

/// The longest common lines stay, by the table every book has.
fn between(old: &[&str], new: &[&str]) -> Vec<Change> {
    let gone = |it: &str| Change::Gone(it.to_owned());
    let came = |it: &str| Change::New(it.to_owned());
    if old.len() > MOST || new.len() > MOST {
        let all = old.iter().map(|it| gone(it));
        return all.chain(new.iter().map(|it| came(it))).collect();
    }
    let lengths = lengths(old, new);
    let (mut a, mut b) = (0, 0);
    let mut steps = Vec::new();
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            steps.push(Change::Same(old[a].to_owned()));
            (a, b) = (a + 1, b + 1);
        } else if a < old.len() && (b == new.len() || lengths[a + 1][b] >= lengths[a][b + 1]) {
            steps.push(gone(old[a]));
            a += 1;
        } else {
            steps.push(came(new[b]));
            b += 1;
        }
    }
    steps
}

/// How many lines are common from line `a` of the one and `b` of the other on.
fn lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u16>> {
    let mut table = vec![vec![0u16; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            table[a][b] = match old[a] == new[b] {
                true => table[a + 1][b + 1] + 1,
                false => table[a + 1][b].max(table[a][b + 1]),
            };
        }
    }
    table
}

/// Leaves out what is far from every change.
fn folded(steps: Vec<Change>) -> Vec<Change> {
    let changed = |it: &Change| !matches!(it, Change::Same(_));
    let near = |index: usize| {
        let from = index.saturating_sub(AROUND);
        let to = (index + AROUND + 1).min(steps.len());
        steps[from..to].iter().any(changed)
    };
    let shown: Vec<bool> = (0..steps.len()).map(near).collect();
    let mut folded = Vec::new();
    for (step, shown) in steps.into_iter().zip(shown) {
        match (shown, folded.last_mut()) {
            (true, _) => folded.push(step),
            (false, Some(Change::Gap(count))) => *count += 1,
            (false, _) => folded.push(Change::Gap(1)),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::compare;
    use crate::model::web::shown::Change;

    fn text(steps: &[Change]) -> String {
        let line = |it: &Change| match it {
            Change::Same(it) => format!(" {it}"),
            Change::Gone(it) => format!("-{it}"),
            Change::New(it) => format!("+{it}"),
            Change::Gap(count) => format!("@{count}"),
        };
        steps.iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_changed_is_shown_with_a_little_around_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\ni";
        assert_eq!(text(&compare(old, new)), "@1| b| c| d|-e|+E| f| g| h|@1");
        assert_eq!(text(&compare("a\n", "a\nb\n")), " a|+b");
        assert_eq!(text(&compare("a\nb\n", "")), "-a|-b");
        assert_eq!(compare("a\n", "a"), []);
    }

    proptest! {
        #[test]
        fn what_stays_and_what_came_is_the_new_text(old in "([ab]\n){0,12}", new in "([abc]\n){0,12}") {
            let steps = compare(&old, &new);
            let lines = |pick: fn(&Change) -> Option<&String>| steps.iter().filter_map(pick).count();
            let came = lines(|it| match it { Change::New(it) => Some(it), Change::Same(_) | Change::Gone(_) | Change::Gap(_) => None });
            let gone = lines(|it| match it { Change::Gone(it) => Some(it), Change::Same(_) | Change::New(_) | Change::Gap(_) => None });
            prop_assert_eq!(new.lines().count() + gone, old.lines().count() + came);
        }
    }
}
