//! The door: words in, exit code out.

fn main() -> std::process::ExitCode {
    wharf::cli::run(std::env::args_os().collect())
}
