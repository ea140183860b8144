//! Lines for a shell on another machine: every word arrives byte for byte, and nothing of it is executed.

use crate::model::fleet::{ENDED_255, SUDO_REFUSED};

/// A word that no shell can be given: it has a NUL in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasNul;

impl std::fmt::Display for HasNul {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a word for a shell has a NUL byte in it; take it out")
    }
}

impl std::error::Error for HasNul {}

/// Returns the word as a POSIX shell reads it back: as it is where nothing in it means anything, else in
/// single quotes.
///
/// # Errors
/// It has a NUL in it.
pub fn word(text: &str) -> Result<String, HasNul> {
    if text.contains('\0') {
        return Err(HasNul);
    }
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&it);
    if !text.is_empty() && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Returns the words as one line.
///
/// # Errors
/// One of them has a NUL in it.
pub fn line(words: &[&str]) -> Result<String, HasNul> {
    let words: Result<Vec<_>, _> = words.iter().map(|it| word(it)).collect();
    Ok(words?.join(" "))
}

/// Returns what to hand to ssh so that `line` runs as root under `sh`, whatever the user's own shell is:
/// at once where the user is root, through `sudo -n` where not. Two ends that look like others are marked
/// on stderr, as [`ENDED_255`] and [`SUDO_REFUSED`] say. The line's stdin is ssh's. The folders of root's
/// programs and of what an operator installs end the PATH, where sudo has none of its own.
///
/// # Errors
/// It has a NUL in it.
pub fn elevated(line: &str) -> Result<String, HasNul> {
    Ok(format!("exec sh -c {} sh {}", word(&outer())?, word(line)?))
}

/// sudo is asked a second time only where the line ended with 1, which is also how sudo itself refuses.
fn outer() -> String {
    format!(
        "PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"; export PATH; \
         if [ \"$(id -u)\" = 0 ]; then sh -c \"$1\"; e=$?; else \
         sudo -n -- sh -c \"$1\"; e=$?; \
         [ $e != 1 ] || sudo -n -- sh -c : </dev/null >/dev/null 2>&1 || {{ echo '{SUDO_REFUSED}' >&2; exit 255; }}; fi; \
         [ $e != 255 ] || echo '{ENDED_255}' >&2; exit $e"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_nothing_stay_as_they_are() {
        for plain in ["web", "a-b_c.d", "root@10.0.0.1:22", "/var/lib", "50%"] {
            assert_eq!(word(plain).unwrap(), plain);
        }
    }

    #[test]
    fn all_others_are_quoted() {
        for (text, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~", "'~'"),
            ("a=b", "'a=b'"),
            ("line\nline", "'line\nline'"),
            ("\\", "'\\'"),
        ] {
            assert_eq!(word(text).unwrap(), quoted);
        }
        assert_eq!(line(&["rm", "-f", "a b"]).unwrap(), "rm -f 'a b'");
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(word("a\0b"), Err(HasNul));
        assert_eq!(line(&["a", "\0"]), Err(HasNul));
        assert_eq!(elevated("a\0"), Err(HasNul));
    }

    #[test]
    fn an_elevated_line_is_three_words_behind_sh() {
        let text = elevated("echo it's").unwrap();
        assert!(text.starts_with("exec sh -c '"), "{text}");
        assert!(text.ends_with(r" sh 'echo it'\''s'"), "{text}");
    }
}
