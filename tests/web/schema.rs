//! The API against its own description, by a program that makes up requests: schemathesis.

use std::path::PathBuf;
use std::process::Command;

use crate::client::{Served, cluster};

/// Made-up requests for each operation, the same ones every time.
const EXAMPLES: [&str; 4] = ["--max-examples", "30", "--seed", "7"];

/// Where tests/lab/install puts it. None where it is not, which is an error wherever all parts are demanded.
fn schemathesis() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let lab = set("WHARF_LAB_CACHE").or_else(|| Some(cache?.join("wharf-lab")))?;
    let program = lab.join("schemathesis/bin/schemathesis");
    if program.is_file() {
        return Some(program);
    }
    let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
    let text = "there is no schemathesis; tests/lab/install brings it";
    assert!(needed.iter().all(Option::is_none), "{text}");
    println!("SKIPPED: {text}");
    None
}

#[test]
fn the_api_is_as_it_is_described_whatever_is_asked() {
    let Some(program) = schemathesis() else {
        return;
    };
    let served = Served::start(&cluster(None, 1), &[]);
    let login = served.owner();
    let address = format!("http://{}", served.host());
    let headers = [
        format!("Cookie: {}", login.cookie),
        format!("X-CSRF-Token: {}", login.csrf),
        format!("Origin: {address}"),
    ];
    let ran = Command::new(program)
        .args(["run", "--url", &address, "--no-color"])
        .args(EXAMPLES)
        .args(headers.iter().flat_map(|it| ["-H", it]))
        .arg(format!("{address}/api/v1/openapi.json"))
        .current_dir(served.folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}");
    assert!(told.contains("Tested: 10"), "{told}");
    assert_eq!(served.get(&login, "/healthz").status, 200);
}
