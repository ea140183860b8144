//! The words one can type.

/// Runs what was typed and returns the process's exit code.
pub fn run(_words: Vec<std::ffi::OsString>) -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
