//! A container's exit code in words, and as an exit code of the unit.

use super::signal;

/// What the shell and docker add to a signal's number.
const BY_SIGNAL: i64 = 128;
/// The last code a real-time signal can give.
const LAST_SIGNAL: i64 = BY_SIGNAL + 64;

/// Returns the unit's exit code; a code no Linux process can return becomes 255.
pub(super) fn of_unit(code: i64) -> u8 {
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Returns the signal's name when the code is one of a killed process.
pub(super) fn signal(code: i64) -> Option<String> {
    if !(BY_SIGNAL + 1..=LAST_SIGNAL).contains(&code) {
        return None;
    }
    signal::name(u8::try_from(code - BY_SIGNAL).ok()?)
}

/// Returns `exited with code 3`, `ended by SIGSEGV (exit code 139)` and the like.
pub(super) fn in_words(code: i64) -> String {
    if let Some(name) = signal(code) {
        return format!("ended by {name} (exit code {code})");
    }
    match meaning(code) {
        Some(meaning) => format!("exited with code {code}: {meaning}"),
        None => format!("exited with code {code}"),
    }
}

/// Codes that docker, its runtime and the shell agree on; 78 is the container's own, but it matters
/// to systemd.
fn meaning(code: i64) -> Option<&'static str> {
    match code {
        78 => Some("a bad configuration, by convention, so it is not restarted"),
        125 => Some("docker itself could not run it"),
        126 => Some(
            "its command cannot be executed; is the file executable, and for this architecture?",
        ),
        127 => Some(
            "its command was not found; check the image's PATH and the first of `service_args`",
        ),
        128 => Some("docker could not start it, or it returned that code itself"),
        255 => Some("lost by docker's runtime, or a code of its own such as exit(-1)"),
        _ => None,
    }
}
