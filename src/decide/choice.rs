//! Names chosen by patterns: `web-*`, `n?`, `!n3`.

/// Returns whether the patterns choose this name: any of them fits and none with a `!` does. No pattern
/// chooses all, and so do patterns that only exclude.
pub fn chosen(name: &str, patterns: &[String]) -> bool {
    let (not, yes): (Vec<_>, Vec<_>) = patterns.iter().partition(|it| it.starts_with('!'));
    let wanted = yes.is_empty() || yes.iter().any(|it| fits(name, it));
    wanted && !not.iter().any(|it| fits(name, &it[1..]))
}

/// Returns the patterns that choose none of these names: probably mistyped.
pub fn idle<'a>(names: &[&str], patterns: &'a [String]) -> Vec<&'a String> {
    let bare = |it: &str| it.strip_prefix('!').unwrap_or(it).to_owned();
    let hits = |it: &&String| !names.iter().any(|name| fits(name, &bare(it)));
    patterns.iter().filter(hits).collect()
}

/// `*` is any number of characters, `?` one of them. Time is the product of both lengths at most.
fn fits(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) =
        (name.chars().collect(), pattern.chars().collect());
    let (mut n, mut p) = (0, 0);
    // Where the last star stands, and up to where of the name it reaches so far.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(it) if *it == '?' || *it == name[n] => (n, p) = (n + 1, p + 1),
            Some(_) | None => match star {
                Some((at, reach)) => {
                    star = Some((at, reach + 1));
                    (n, p) = (reach + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|it| *it == '*')
}

#[cfg(test)]
mod tests {
    use super::{chosen, fits, idle};
    use proptest::prelude::*;

    fn list(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn patterns_choose_and_exclude() {
        for (name, patterns, expected) in [
            ("n1", &[][..], true),
            ("n1", &["n1"], true),
            ("n1", &["n2", "n?"], true),
            ("web-12", &["web-*"], true),
            ("web-12", &["*-1?"], true),
            ("web-12", &["web"], false),
            ("web-12", &["*", "!web-1*"], false),
            ("db", &["!web-*"], true),
            ("", &["*"], true),
            ("", &["?"], false),
        ] {
            assert_eq!(
                chosen(name, &list(patterns)),
                expected,
                "{name} {patterns:?}"
            );
        }
        let typed = list(&["n1", "x*", "!n9"]);
        assert_eq!(idle(&["n1", "n2"], &typed), [&typed[1], &typed[2]]);
    }

    proptest! {
        #[test]
        fn a_star_is_whatever_is_cut_out(name in "[ab]{0,12}", from in 0..13_usize, to in 0..13_usize) {
            let (from, to) = (from.min(name.len()), to.min(name.len()));
            let (from, to) = (from.min(to), from.max(to));
            let starred = format!("{}*{}", &name[..from], &name[to..]);
            prop_assert!(fits(&name, &starred));
            let marks = format!("{}{}{}", &name[..from], "?".repeat(to - from), &name[to..]);
            prop_assert!(fits(&name, &marks));
            let (longer, absent) = (format!("{marks}?"), format!("{marks}*c"));
            prop_assert!(!fits(&name, &longer));
            prop_assert!(!fits(&name, &absent));
        }
    }
}
