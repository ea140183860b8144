//! The word that was probably meant, by edit distance.

/// Longest word compared, in characters: a longer one is no typing slip of a key.
const LONGEST_WORD: usize = 64;

/// Returns the known word nearest to `typed`, when it is near enough to be a slip:
/// one edit for every three letters, at least one, at most three. Letter case and `-` against `_` cost nothing.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = plain(typed);
    if typed.is_empty() || typed.len() > LONGEST_WORD {
        return None;
    }
    let allowed = (typed.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|word| (distance(&typed, &plain(word)), word))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

fn plain(word: &str) -> Vec<char> {
    word.chars()
        .map(|it| if it == '-' { '_' } else { it })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, have) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, want) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(have != want);
            let mut cost = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && from[row - 1] == *want && to[column - 1] == *have;
            if swapped {
                cost = cost.min(before_last[column - 1] + 1);
            }
            current.push(cost);
        }
        before_last = last;
        last = current;
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["image", "environment", "env_file", "health_check"];

    #[test]
    fn slips_find_their_word() {
        assert_eq!(nearest("imagee", KEYS), Some("image"));
        assert_eq!(nearest("iamge", KEYS), Some("image"));
        assert_eq!(nearest("Health-Check", KEYS), Some("health_check"));
        assert_eq!(nearest("enviroment", KEYS), Some("environment"));
    }

    #[test]
    fn strangers_find_none() {
        assert_eq!(nearest("replicas", KEYS), None);
        assert_eq!(nearest("", KEYS), None);
        assert_eq!(nearest(&"i".repeat(10_000), KEYS), None);
    }
}
