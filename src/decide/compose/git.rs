//! The words for git: a branch fetched without a checkout, a commit laid out in a folder of its own.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::check::Order;

/// A commit, in hexadecimal: SHA-1 or SHA-256.
const LENGTHS: [usize; 2] = [40, 64];

/// Makes the place commits are fetched into; fine when it is there.
pub fn begin(into: &Path) -> Order {
    git(&["init", "--quiet", "--bare", &text(into)], &[])
}

/// Brings the branch, whatever happened to its history.
pub fn fetch(into: &Path, url: &str, branch: &str) -> Order {
    let refspec = format!("+refs/heads/{branch}:refs/heads/{branch}");
    let folder = format!("--git-dir={}", text(into));
    git(
        &[&folder, "fetch", "--quiet", "--no-tags", url, &refspec],
        &[],
    )
}

/// Prints the branch's commit.
pub fn commit(into: &Path, branch: &str) -> Order {
    let folder = format!("--git-dir={}", text(into));
    let name = format!("refs/heads/{branch}^{{commit}}");
    git(&[&folder, "rev-parse", "--verify", "--quiet", &name], &[])
}

/// Lays a commit out in an empty folder. The index is one of its own: the last one tells of another folder.
pub fn lay_out(from: &Path, commit: &str, folder: &Path, index: &Path) -> Order {
    let (from, to) = (
        format!("--git-dir={}", text(from)),
        format!("--work-tree={}", text(folder)),
    );
    let words = [
        &from, &to, "checkout", "--force", "--quiet", commit, "--", ".",
    ];
    git(&words, &[("GIT_INDEX_FILE", &text(index))])
}

/// Returns the commit in what git printed.
pub fn named(printed: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(printed).trim().to_owned();
    let hex = name.bytes().all(|it| it.is_ascii_hexdigit());
    (hex && LENGTHS.contains(&name.len())).then_some(name)
}

/// Nobody is there to be asked for a password, and no address starts a program.
fn git(words: &[&str], more: &[(&str, &str)]) -> Order {
    let fixed = [
        ("GIT_TERMINAL_PROMPT", "0"),
        (
            "GIT_SSH_COMMAND",
            "ssh -o BatchMode=yes -o ConnectTimeout=15",
        ),
        ("GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file"),
    ];
    let environment: BTreeMap<String, String> = fixed
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Order {
        argv: ["git"]
            .iter()
            .chain(words)
            .map(|it| (*it).to_owned())
            .collect(),
        environment,
        ..Order::default()
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_a_commit() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(named(format!("{sha}\n").as_bytes()).unwrap(), sha);
        for other in ["", "main", "../../etc", &sha[1..], &format!("{sha}\n{sha}")] {
            assert_eq!(named(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn nothing_asks_and_the_branch_is_one_word() {
        let order = fetch(Path::new("/a"), "git@host:team/app", "release/14");
        assert_eq!(order.environment["GIT_TERMINAL_PROMPT"], "0");
        let last = order.argv.last().unwrap();
        assert_eq!(last, "+refs/heads/release/14:refs/heads/release/14");
        assert_eq!(order.argv[order.argv.len() - 2], "git@host:team/app");
    }
}
