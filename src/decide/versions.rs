//! Whether the wharf on a node and the one at hand understand each other.

use std::cmp::Ordering;

/// Returns what to tell about a node whose wharf is another version than the one at hand; None: nothing.
/// It never is a reason to refuse: nodes are upgraded one after the other.
pub fn notice(node: &str, there: &str, here: &str) -> Option<String> {
    let apart = match (numbers(there), numbers(here)) {
        (Some(theirs), Some(ours)) => compared(theirs, ours)?,
        (_, _) if there == here => return None,
        (_, _) => "another version",
    };
    Some(format!(
        "{node} has wharf {there}, {apart} than the {here} here; next: wharf setup --nodes {node}"
    ))
}

fn compared(theirs: [u64; 3], ours: [u64; 3]) -> Option<&'static str> {
    let near = theirs[..2] == ours[..2];
    match (theirs.cmp(&ours), near) {
        (Ordering::Equal, _) => None,
        (Ordering::Less, true) => Some("a little older"),
        (Ordering::Greater, true) => Some("a little newer"),
        (Ordering::Less, false) => Some("older, and it may not know all of what it is told,"),
        (Ordering::Greater, false) => Some("newer, and it may tell what is not understood here,"),
    }
}

/// `0.1.0`, with anything behind a dash or a plus.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(str::parse);
    let mut number = || parts.next()?.ok();
    let found = [number()?, number()?, number()?];
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::notice;

    #[test]
    fn the_same_version_is_not_worth_a_word() {
        assert_eq!(notice("n1", "0.1.0", "0.1.0"), None);
        assert_eq!(notice("n1", "odd", "odd"), None);
    }

    #[test]
    fn another_one_is_told_with_what_to_do() {
        for (there, here, part) in [
            (
                "0.1.0",
                "0.1.1",
                "0.1.0, a little older than the 0.1.1 here",
            ),
            ("0.1.2-rc1", "0.1.1", "a little newer"),
            ("0.1.9", "0.2.0", "older, and it may not know"),
            ("1.0.0", "0.9.0", "newer, and it may tell"),
            ("", "0.9.0", "another version"),
            ("1.2", "1.2.0", "another version"),
        ] {
            let told = notice("n1", there, here).unwrap();
            assert!(told.contains(part), "{told}");
            assert!(told.ends_with("next: wharf setup --nodes n1"), "{told}");
        }
    }
}
