//! A container of a test's own, in the daemon the tests are given.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use wharf::host::docker::Docker;

/// Tries to remove a container, and the pause between them.
const REMOVALS: u32 = 5;
const REMOVAL_PAUSE: Duration = Duration::from_millis(300);
const IMAGE: &str = "wharf-box:1";

/// Its id; removed with it.
pub(crate) struct Sandbox(pub(crate) String);

impl Sandbox {
    pub(crate) fn start(options: &[&str], line: &str) -> Sandbox {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("wharf-test-{}-{number}", std::process::id());
        let mut words = vec!["run", "-d", "--init", "--name", &name];
        words.extend(options);
        words.extend([IMAGE, "/bin/sh", "-c", line]);
        Sandbox(docker(&words))
    }
}

impl Drop for Sandbox {
    /// A daemon that is just cleaning up after a killed container may refuse once.
    fn drop(&mut self) {
        for _ in 0..REMOVALS {
            let removed = Command::new("docker")
                .args(["rm", "-f", "-v", &self.0])
                .output();
            if removed.as_ref().is_ok_and(|it| it.status.success()) {
                return;
            }
            println!("cannot remove container {}: {removed:?}", self.0);
            std::thread::sleep(REMOVAL_PAUSE);
        }
    }
}

pub(crate) fn docker(words: &[&str]) -> String {
    let ran = Command::new("docker").args(words).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "docker {words:?}: {said}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// The daemon, or None where there is none and it may be missing.
pub(crate) async fn daemon() -> Option<Docker> {
    let image = || {
        let mut asked = Command::new("docker");
        asked.args(["image", "inspect", IMAGE]);
        asked.stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|it| it.success())
    };
    let why = match Docker::connect().await {
        Ok(docker) if image() => return Some(docker),
        Ok(_) => format!("image {IMAGE} is not there"),
        Err(why) => why.to_string(),
    };
    let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
    assert!(needed.iter().all(Option::is_none), "{why}");
    println!("SKIPPED: {why}");
    None
}
