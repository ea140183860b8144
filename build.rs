//! Bundles the page's script and style, where the page is built at all.

use std::path::Path;
use std::process::Command;

/// What the bundle is made from, below `web`.
const SOURCES: [&str; 5] = [
    "build.mjs",
    "package.json",
    "package-lock.json",
    "icons",
    "src",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_WEB").is_none() {
        return;
    }
    for source in SOURCES {
        println!("cargo::rerun-if-changed=web/{source}");
    }
    installed();
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    run("node", &["build.mjs", &out]);
}

/// Packages as the lock names them. What is there already, from this very lock, is left.
fn installed() {
    let lock = Path::new("web/package-lock.json");
    let mark = Path::new("web/node_modules/.installed");
    let read = |path: &Path| std::fs::read(path).ok();
    if read(mark).is_none() || read(mark) != read(lock) {
        run(
            "npm",
            &[
                "ci",
                "--omit=dev",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ],
        );
        std::fs::copy(lock, mark).expect("web/node_modules takes a file");
    }
}

// It builds, and is no room of the program.
#[allow(clippy::disallowed_methods)]
fn run(program: &str, words: &[&str]) {
    let line = format!("{program} {}", words.join(" "));
    let ended = Command::new(program)
        .args(words)
        .current_dir("web")
        .output();
    let why = match ended {
        Ok(it) if it.status.success() => return,
        Ok(it) => String::from_utf8_lossy(&it.stderr).into_owned(),
        Err(why) => why.to_string(),
    };
    println!(
        "cargo::error=the page could not be bundled: `{line}` in web/: {}",
        why.trim().replace('\n', "; ")
    );
    println!(
        "cargo::error=next: install node 20 or newer with npm, or build without the page: --no-default-features"
    );
    std::process::exit(1);
}
