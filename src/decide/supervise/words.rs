//! How a host process ended, in words and as an exit code of its unit.

use crate::decide::exit::signal;
use crate::model::process::Ended;

/// What a shell adds to a signal's number.
const BY_SIGNAL: i32 = 128;
/// The end was seen, its exit code never.
const UNKNOWN: u8 = 4;

/// Returns `exited with code 3`, `ended by SIGSEGV` and the like.
pub fn ended(how: Ended) -> String {
    match how {
        Ended::Code(code) => match meaning(code) {
            Some(meaning) => format!("exited with code {code}: {meaning}"),
            None => format!("exited with code {code}"),
        },
        Ended::Signal(number) => {
            let name = u8::try_from(number).ok().and_then(signal::name);
            format!(
                "ended by {}",
                name.unwrap_or_else(|| format!("signal {number}"))
            )
        }
        Ended::Unknown => "ended, its exit code unknown, since it was taken over".to_owned(),
    }
}

/// Codes shells agree on; 78 is the program's own, but it matters to systemd.
fn meaning(code: i32) -> Option<&'static str> {
    match code {
        78 => Some("a bad configuration, by convention"),
        126 => Some("its command cannot be executed; is the file executable?"),
        127 => Some("its command was not found"),
        _ => None,
    }
}

/// Returns the unit's exit code for an end nobody asked for.
pub fn of_unit(how: Ended) -> u8 {
    match how {
        Ended::Code(code) => u8::try_from(code).unwrap_or(u8::MAX),
        Ended::Signal(number) => u8::try_from(BY_SIGNAL + number).unwrap_or(u8::MAX),
        Ended::Unknown => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_words_and_its_code() {
        for (how, words, code) in [
            (Ended::Code(0), "exited with code 0", 0),
            (Ended::Code(3), "exited with code 3", 3),
            (
                Ended::Code(127),
                "exited with code 127: its command was not found",
                127,
            ),
            (Ended::Signal(11), "ended by SIGSEGV", 139),
            (
                Ended::Unknown,
                "ended, its exit code unknown, since it was taken over",
                4,
            ),
        ] {
            assert_eq!((ended(how).as_str(), of_unit(how)), (words, code));
        }
    }
}
